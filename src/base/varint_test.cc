#include "base/varint.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <random>
#include <string>

namespace tillstream {
namespace {

constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
constexpr int64_t kMax = std::numeric_limits<int64_t>::max();

std::string Encode(int64_t value) {
  char bytes[kVarintBytesMax];
  return {bytes, static_cast<size_t>(EncodeVarint(value, bytes) - bytes)};
}

TEST(VarintTest, BytesAreThoseOfTheAvroSpecification) {
  EXPECT_EQ(Encode(0), std::string("\x00", 1));
  EXPECT_EQ(Encode(-1), "\x01");
  EXPECT_EQ(Encode(1), "\x02");
  EXPECT_EQ(Encode(-64), "\x7F");
  EXPECT_EQ(Encode(64), "\x80\x01");
  EXPECT_EQ(Encode(8192), "\x80\x80\x01");
  EXPECT_EQ(Encode(kMax), "\xFE\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01");
  EXPECT_EQ(Encode(kMin), "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01");
}

void ExpectRoundTrip(int64_t value) {
  const std::string bytes = Encode(value);
  EXPECT_EQ(bytes.size(), VarintSize(value)) << value;
  int64_t decoded = 0;
  EXPECT_EQ(DecodeVarint(bytes.data(), bytes.data() + bytes.size(), &decoded),
            bytes.data() + bytes.size());
  EXPECT_EQ(decoded, value);
  // Cut anywhere, it is none.
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_EQ(DecodeVarint(bytes.data(), bytes.data() + size, &decoded), nullptr) << value;
  }
}

TEST(VarintTest, EveryNumberComesBack) {
  for (int bit = 0; bit < 63; ++bit) {
    const int64_t power = int64_t{1} << bit;
    for (const int64_t value : {power - 1, power, power + 1}) {
      ExpectRoundTrip(value);
      ExpectRoundTrip(-value);
    }
  }
  ExpectRoundTrip(kMin);
  ExpectRoundTrip(kMax);
  std::mt19937_64 random(1);
  for (int i = 0; i < 10'000; ++i) {
    ExpectRoundTrip(static_cast<int64_t>(random()) >> (random() % 64));
  }
}

TEST(VarintTest, NumberThatDoesNotFitIsNone) {
  int64_t value = 0;
  const std::string too_large = "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x02";
  EXPECT_EQ(DecodeVarint(too_large.data(), too_large.data() + too_large.size(), &value), nullptr);
  const std::string too_long(11, '\x80');
  EXPECT_EQ(DecodeVarint(too_long.data(), too_long.data() + too_long.size(), &value), nullptr);
}

TEST(VarintTest, ReadingStopsAtItsLastByte) {
  const std::string bytes = "\x02\xFF";
  int64_t value = 0;
  EXPECT_EQ(DecodeVarint(bytes.data(), bytes.data() + bytes.size(), &value), bytes.data() + 1);
  EXPECT_EQ(value, 1);
}

TEST(VarintTest, ZigZagTurnsBack) {
  for (const int64_t value : {int64_t{0}, int64_t{-1}, int64_t{1}, kMin, kMax}) {
    EXPECT_EQ(UnZigZag(ZigZag(value)), value);
  }
  EXPECT_EQ(ZigZag(kMin), std::numeric_limits<uint64_t>::max());
}

}  // namespace
}  // namespace tillstream
