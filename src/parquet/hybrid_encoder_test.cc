#include "parquet/hybrid_encoder.h"

#include <gtest/gtest.h>

#include <random>
#include <string_view>
#include <vector>

namespace tillstream {
namespace {

/// Reads back by the format's own words; fails the test on bytes that are left or missing.
std::vector<uint32_t> Decode(std::string_view bytes, int bits, size_t count) {
  size_t at = 0;
  const auto byte = [&] {
    EXPECT_LT(at, bytes.size());
    return at < bytes.size() ? static_cast<uint8_t>(bytes[at++]) : uint8_t{0};
  };
  std::vector<uint32_t> values;
  while (values.size() < count && at < bytes.size()) {
    uint64_t header = 0;
    for (int shift = 0;; shift += 7) {
      const uint8_t part = byte();
      header |= uint64_t{part & 0x7FU} << shift;
      if (part < 0x80) break;
    }
    if ((header & 1) == 0) {
      uint32_t value = 0;
      for (int i = 0; i < bits; i += 8) value |= uint32_t{byte()} << i;
      values.insert(values.end(), header >> 1, value);
      continue;
    }
    uint64_t pending = 0;
    int pending_bits = 0;
    for (uint64_t i = 0; i < (header >> 1) * 8; ++i) {
      while (pending_bits < bits) {
        pending |= uint64_t{byte()} << pending_bits;
        pending_bits += 8;
      }
      values.push_back(static_cast<uint32_t>(pending & ((uint64_t{1} << bits) - 1)));
      pending >>= bits;
      pending_bits -= bits;
    }
  }
  EXPECT_EQ(at, bytes.size());
  // What fills up the last group.
  EXPECT_LT(values.size(), count + 8);
  values.resize(count);
  return values;
}

std::string Encode(const std::vector<uint32_t>& values, int bits) {
  std::string bytes;
  AppendHybrid(values, bits, &bytes);
  return bytes;
}

TEST(HybridEncoderTest, BytesAreThoseOfTheFormat) {
  EXPECT_EQ(Encode({}, 3), "");
  // The example of the format's description: 0 to 7 in three bits each.
  EXPECT_EQ(Encode({0, 1, 2, 3, 4, 5, 6, 7}, 3), "\x03\x88\xC6\xFA");
  EXPECT_EQ(Encode(std::vector<uint32_t>(100, 5), 3), "\xC8\x01\x05");
  EXPECT_EQ(Encode(std::vector<uint32_t>(9, 0x1234), 13), "\x12\x34\x12");
}

TEST(HybridEncoderTest, AColumnOfOneValueTakesNoBits) {
  EXPECT_EQ(BitsFor(0), 0);
  EXPECT_EQ(BitsFor(1), 0);
  EXPECT_EQ(BitsFor(2), 1);
  EXPECT_EQ(BitsFor(256), 8);
  EXPECT_EQ(BitsFor(257), 9);
  EXPECT_EQ(Encode(std::vector<uint32_t>(8, 0), 0), "\x10");
  EXPECT_EQ(Decode(Encode(std::vector<uint32_t>(3, 0), 0), 0, 3), std::vector<uint32_t>(3, 0));
}

TEST(HybridEncoderTest, WhatWasWrittenIsReadBack) {
  constexpr uint32_t kSeed = 20110129;
  std::mt19937 random(kSeed);
  for (int round = 0; round < 2000; ++round) {
    const int bits = static_cast<int>(random() % 33);
    const uint64_t limit = uint64_t{1} << bits;
    std::vector<uint32_t> values;
    const size_t pieces = random() % 12;
    for (size_t piece = 0; piece < pieces; ++piece) {
      const bool is_run = random() % 2 == 0;
      const size_t length = random() % 40;
      const auto value = static_cast<uint32_t>(random() % limit);
      for (size_t i = 0; i < length; ++i) {
        values.push_back(is_run ? value : static_cast<uint32_t>(random() % limit));
      }
    }
    ASSERT_EQ(Decode(Encode(values, bits), bits, values.size()), values)
        << "round " << round << ", " << bits << " bits";
  }
}

}  // namespace
}  // namespace tillstream
