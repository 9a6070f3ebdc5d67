#include "log/sequence_header.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tillstream {
namespace {

std::optional<int64_t> Read(const std::vector<HeaderView>& headers) {
  RecordView record;
  record.headers = headers;
  return SequenceOf(record);
}

TEST(SequenceHeaderTest, IsAsItsFormatSays) {
  const SequenceBytes bytes = EncodeSequence(59'181'089);
  EXPECT_EQ(std::string(bytes.data(), bytes.size()), std::string("\0\0\0\0\x03\x87\x08\x21", 8));
}

TEST(SequenceHeaderTest, IsFoundBesideOtherHeaders) {
  const SequenceBytes bytes = EncodeSequence(6098);
  EXPECT_EQ(Read({{"trace", "12345678"}, {"sequence", {bytes.data(), bytes.size()}}}), 6098);
}

TEST(SequenceHeaderTest, WhatIsNoIndexIsNone) {
  EXPECT_EQ(Read({}), std::nullopt);
  EXPECT_EQ(Read({{"Sequence", std::string_view("\0\0\0\0\0\0\0\1", 8)}}), std::nullopt);
  EXPECT_EQ(Read({{"sequence", ""}}), std::nullopt);
  EXPECT_EQ(Read({{"sequence", std::string_view("\0\0\0\1", 4)}}), std::nullopt);
  EXPECT_EQ(Read({{"sequence", "\xff\xff\xff\xff\xff\xff\xff\xff"}}), std::nullopt);
}

}  // namespace
}  // namespace tillstream
