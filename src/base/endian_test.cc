#include "base/endian.h"

#include <gtest/gtest.h>

#include <string>

namespace tillstream {
namespace {

TEST(EndianTest, BigEndianBytesAreMostSignificantFirst) {
  char bytes[8];
  StoreBigEndian(uint16_t{0x0102}, bytes);
  EXPECT_EQ(std::string(bytes, 2), "\x01\x02");
  StoreBigEndian(uint32_t{0x01020304}, bytes);
  EXPECT_EQ(std::string(bytes, 4), "\x01\x02\x03\x04");
  StoreBigEndian(int64_t{-2}, bytes);
  EXPECT_EQ(std::string(bytes, 8), "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFE");
  EXPECT_EQ(LoadBigEndian<int64_t>(bytes), -2);
  StoreBigEndian(int8_t{-3}, bytes);
  EXPECT_EQ(LoadBigEndian<int8_t>(bytes), -3);
}

TEST(EndianTest, LittleEndianBytesAreLeastSignificantFirst) {
  char bytes[9] = {};
  StoreLittleEndian(uint16_t{0x0102}, bytes);
  EXPECT_EQ(std::string(bytes, 2), "\x02\x01");
  StoreLittleEndian(uint32_t{0x01020304}, bytes + 1);  // At any address.
  EXPECT_EQ(std::string(bytes + 1, 4), "\x04\x03\x02\x01");
  EXPECT_EQ(LoadLittleEndian<uint32_t>(bytes + 1), 0x01020304U);
  StoreLittleEndian(uint64_t{0x0102030405060708}, bytes);
  EXPECT_EQ(std::string(bytes, 8), "\x08\x07\x06\x05\x04\x03\x02\x01");
  EXPECT_EQ(LoadLittleEndian<uint64_t>(bytes), 0x0102030405060708U);
}

}  // namespace
}  // namespace tillstream
