#include "avro/framing.h"

#include <gtest/gtest.h>

namespace tillstream {
namespace {

using std::string_view_literals::operator""sv;

TEST(FramingTest, FrameIsAZeroByteAndTheIdBigEndian) {
  std::string out = "x";
  AppendFrame(SchemaId(0x01020304), &out);
  EXPECT_EQ(out, "x\0\1\2\3\4"sv);
  const auto frame = ParseFrame("\0\1\2\3\4payload"sv);
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->schema, SchemaId(0x01020304));
  EXPECT_EQ(frame->payload, "payload");
}

TEST(FramingTest, PayloadMayBeEmpty) { EXPECT_EQ(ParseFrame("\0\0\0\0\1"sv)->payload, ""); }

TEST(FramingTest, WhatIsNoFrameIsCorruptAndSaysWhatWasFound) {
  const auto error_of = [](std::string_view value) {
    const auto frame = ParseFrame(value);
    EXPECT_EQ(frame.error().code, ErrorCode::kCorrupt);
    return frame.error().message;
  };
  for (size_t size = 0; size < kFrameBytes; ++size) {
    EXPECT_EQ(error_of(std::string(size, '\0')),
              "frame: found " + std::to_string(size) +
                  " bytes, needed at least 5: a zero byte and a schema id");
  }
  EXPECT_EQ(error_of("\xFE\0\0\0\1"sv), "frame: found magic byte 0xfe, needed 0x00");
  EXPECT_EQ(error_of("{\"a\":1}"), "frame: found magic byte 0x7b, needed 0x00");
  EXPECT_EQ(error_of("\0\0\0\0\0"sv), "frame: found schema id 0, needed 1 or more");
  EXPECT_EQ(error_of("\0\xFF\xFF\xFF\xFF"sv), "frame: found schema id -1, needed 1 or more");
}

}  // namespace
}  // namespace tillstream
