#include "log/position_record.h"

#include <gtest/gtest.h>

namespace tillstream {
namespace {

const PositionRecord kRecord = {.position = Position(59'181'090),
                                .totals_count = 1941,
                                .owner = "5e6f7a8b-1",
                                .holder = "process 17 on till \"3\"",
                                .identity = "1a2b"};

TEST(PositionRecordTest, ComesBackAsItWasWritten) {
  const auto decoded = DecodePosition(EncodePosition(kRecord));
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(*decoded, kRecord);
}

TEST(PositionRecordTest, IsAsItsFormatSays) {
  EXPECT_EQ(EncodePosition(kRecord), R"({"position":59181090,"totals":1941,"owner":"5e6f7a8b-1",)"
                                     R"("holder":"process 17 on till \"3\"","identity":"1a2b"})");
}

TEST(PositionRecordTest, WhatWasLeftOutIsSaidWhereSomethingWas) {
  PositionRecord record = kRecord;
  record.left_out = 600;
  const std::string text = EncodePosition(record);
  EXPECT_EQ(text, R"({"position":59181090,"totals":1941,"owner":"5e6f7a8b-1",)"
                  R"("holder":"process 17 on till \"3\"","identity":"1a2b","left_out":600})");
  EXPECT_EQ(DecodePosition(text).value(), record);
  EXPECT_FALSE(DecodePosition(R"({"position":1,"totals":0,"owner":"","holder":"","identity":"",)"
                              R"("left_out":-1})")
                   .has_value());
}

TEST(PositionRecordTest, UnknownMembersArePassedOver) {
  EXPECT_TRUE(DecodePosition(R"({"position":1,"totals":0,"owner":"","holder":"","identity":"",)"
                             R"("later":[1]})")
                  .has_value());
}

TEST(PositionRecordTest, TruncatedAnywhereIsAnError) {
  const std::string text = EncodePosition(kRecord);
  for (size_t size = 0; size < text.size(); ++size) {
    const auto decoded = DecodePosition(text.substr(0, size));
    ASSERT_FALSE(decoded.has_value()) << size;
    EXPECT_EQ(decoded.error().code, ErrorCode::kCorrupt);
  }
}

TEST(PositionRecordTest, WrongValuesAreErrors) {
  for (const char* const text :
       {"1", "[]", "{}", R"({"position":-1,"totals":0,"owner":"","holder":"","identity":""})",
        R"({"position":1.5,"totals":0,"owner":"","holder":"","identity":""})",
        R"({"position":1,"totals":"0","owner":"","holder":"","identity":""})",
        R"({"position":1,"totals":0,"owner":7,"holder":"","identity":""})"}) {
    EXPECT_FALSE(DecodePosition(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace tillstream
