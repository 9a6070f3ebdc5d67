#include "postgres/copy_rows.h"

#include <gtest/gtest.h>

#include <string>

namespace tillstream {
namespace {

std::string Hex(std::string_view bytes) {
  std::string hex;
  for (const char c : bytes) {
    constexpr const char* kDigits = "0123456789abcdef";
    hex += kDigits[static_cast<unsigned char>(c) >> 4];
    hex += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return hex;
}

/// The bytes of one field.
template <typename Append>
std::string Field(Append append) {
  CopyRows rows;
  rows.BeginRow(1, 0);
  append(rows);
  const std::string hex = Hex(rows.bytes());
  EXPECT_EQ(hex.substr(0, 4), "0001");
  return hex.substr(4);
}
std::string Money(Cents cents) {
  return Field([&](CopyRows& rows) { rows.AppendMoney(cents); });
}
std::string DateField(Date date) {
  return Field([&](CopyRows& rows) { rows.AppendDate(date); });
}

TEST(CopyRowsTest, AStreamHasHeaderRowsAndTrailer) {
  CopyRows rows;
  rows.AppendHeader();
  rows.BeginRow(3, 2);
  rows.AppendText("CA");
  rows.AppendNull();
  rows.AppendInt32(7);
  rows.AppendTrailer();
  EXPECT_EQ(Hex(rows.bytes()),
            "5047434f50590aff0d0a00"
            "00000000"
            "00000000"
            "0003"
            "000000024341"
            "ffffffff"
            "0000000400000007"
            "ffff");
}

TEST(CopyRowsTest, NumbersAreBigEndian) {
  EXPECT_EQ(Field([](CopyRows& rows) { rows.AppendInt32(-2); }), "00000004fffffffe");
  EXPECT_EQ(Field([](CopyRows& rows) { rows.AppendInt64(0x0102030405060708); }),
            "000000080102030405060708");
}

TEST(CopyRowsTest, DatesCountFrom2000) {
  using std::chrono::year;
  EXPECT_EQ(DateField(year(2000) / 1 / 1), "0000000400000000");
  EXPECT_EQ(DateField(year(1999) / 12 / 31), "00000004ffffffff");
  EXPECT_EQ(DateField(year(2011) / 1 / 29), "0000000400000fce");
}

// Size, count of digits, weight of the first, sign, decimals, digits to base 10000.
TEST(CopyRowsTest, MoneyIsANumericWithTwoDecimals) {
  EXPECT_EQ(Money(0),
            "0000000a"
            "0001"
            "ffff"
            "0000"
            "0002"
            "0000");
  EXPECT_EQ(Money(7),
            "0000000a"
            "0001"
            "ffff"
            "0000"
            "0002"
            "02bc");
  EXPECT_EQ(Money(958),
            "0000000c"
            "0002"
            "0000"
            "0000"
            "0002"
            "0009"
            "16a8");
  EXPECT_EQ(Money(1'000'000),
            "0000000e"
            "0003"
            "0001"
            "0000"
            "0002"
            "0001"
            "0000"
            "0000");
  EXPECT_EQ(Money(kPriceCentsMax),
            "0000000e"
            "0003"
            "0001"
            "0000"
            "0002"
            "0863"
            "12e3"
            "125c");
  EXPECT_EQ(Money(INT64_MAX),
            "00000014"
            "0006"
            "0004"
            "0000"
            "0002"
            "0009"
            "08b9"
            "1c23"
            "1ac6"
            "1e4e"
            "02bc");
}

TEST(CopyRowsTest, ARowMayHaveLongTexts) {
  const std::string long_text(1'000'000, 'x');
  CopyRows rows;
  for (int i = 0; i < 3; ++i) {
    rows.BeginRow(1, long_text.size());
    rows.AppendText(long_text);
  }
  EXPECT_EQ(rows.size_bytes(), 3 * (2 + 4 + long_text.size()));
  rows.Clear();
  EXPECT_EQ(rows.size_bytes(), 0U);
}

}  // namespace
}  // namespace tillstream
