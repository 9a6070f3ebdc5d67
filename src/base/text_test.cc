#include "base/text.h"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

namespace tillstream {
namespace {

TEST(TextTest, QuoteShowsEveryByte) {
  EXPECT_EQ(Quote(""), "\"\"");
  EXPECT_EQ(Quote("1.5"), "\"1.5\"");
  EXPECT_EQ(Quote("a\tb\r\n"), "\"a\\x09b\\x0D\\x0A\"");
  EXPECT_EQ(Quote(std::string("\0\x7F", 2)), "\"\\x00\\x7F\"");
  EXPECT_EQ(Quote("K\xC3\xA4se \xE2\x82\xAC \xF0\x9F\x8D\x8E"),
            "\"K\xC3\xA4se \xE2\x82\xAC \xF0\x9F\x8D\x8E\"");
  EXPECT_EQ(Quote("\xFF\xC3"), "\"\\xFF\\xC3\"");
  EXPECT_EQ(Quote("\xED\xA0\x80"), "\"\\xED\\xA0\\x80\"");
}

TEST(TextTest, QuoteCutsLongText) {
  EXPECT_EQ(Quote("abcdef", 6), "\"abcdef\"");
  EXPECT_EQ(Quote("abcdefg", 6), "\"abcdef...\"");
}

TEST(TextTest, Utf8MayHaveControlCharacters) {
  EXPECT_TRUE(IsUtf8("a\n\x7F é€"));
  EXPECT_TRUE(IsUtf8(""));
  EXPECT_FALSE(IsUtf8("a\xC3"));
  EXPECT_FALSE(IsUtf8("\xED\xA0\x80"));
}

TEST(TextTest, PrintableUtf8IsToldFromOtherBytes) {
  for (const char* text : {"", "abc", "K\xC3\xA4se", "\xE2\x82\xAC", "\xF0\x9F\x8D\x8E",
                           "\xEF\xBF\xBD", "\xF4\x8F\xBF\xBF", "\xED\x9F\xBF", "\xEE\x80\x80"}) {
    EXPECT_TRUE(IsPrintableUtf8(text)) << Quote(text);
  }
  for (const char* text : {
           "\x01",
           "a\n",
           "\x7F",
           "\x80",
           "\xC3",
           "\xC3(",
           "\xE2\x82",
           "\xFF",
           "\xFE",
           "\xC0\x80",
           "\xC1\xBF",  // overlong, two bytes
           "\xE0\x80\x80",
           "\xE0\x9F\xBF",  // overlong, three bytes
           "\xF0\x80\x80\x80",
           "\xF0\x8F\xBF\xBF",
           "\xED\xA0\x80",
           "\xED\xBF\xBF",  // surrogates
           "\xF4\x90\x80\x80",
           "\xF5\x80\x80\x80",  // beyond U+10FFFF
       }) {
    EXPECT_FALSE(IsPrintableUtf8(text)) << Quote(text);
  }
  EXPECT_FALSE(IsPrintableUtf8(std::string_view("\0", 1)));
}

TEST(TextTest, ThousandsAreSetApart) {
  EXPECT_EQ(WithThousands(0), "0");
  EXPECT_EQ(WithThousands(999), "999");
  EXPECT_EQ(WithThousands(1000), "1,000");
  EXPECT_EQ(WithThousands(-1), "-1");
  EXPECT_EQ(WithThousands(-999), "-999");
  EXPECT_EQ(WithThousands(-1000), "-1,000");
  EXPECT_EQ(WithThousands(59'181'090), "59,181,090");
  EXPECT_EQ(WithThousands(std::numeric_limits<int64_t>::min()), "-9,223,372,036,854,775,808");
}

TEST(TextTest, BytesAreGivenInTheNearestUnit) {
  EXPECT_EQ(HumanBytes(0), "0 B");
  EXPECT_EQ(HumanBytes(1023), "1023 B");
  EXPECT_EQ(HumanBytes(1024), "1.0 KiB");
  EXPECT_EQ(HumanBytes(1'610'612'736), "1.5 GiB");
  EXPECT_EQ(HumanBytes(int64_t{1} << 50), "1024.0 TiB");
}

TEST(TextTest, NearestNameIsFoundWhenOneIsNear) {
  const std::vector<std::string> stores = {"CA_1", "CA_2", "TX_1"};
  EXPECT_EQ(Nearest("CA_1", stores), "CA_1");
  EXPECT_EQ(Nearest("CA_9", stores), "CA_1");
  EXPECT_EQ(Nearest("CA1", stores), "CA_1");
  EXPECT_EQ(Nearest("TX_2", stores), "TX_1");
  EXPECT_EQ(Nearest("WI_3", stores), "");
  EXPECT_EQ(Nearest("", stores), "");
  EXPECT_EQ(Nearest("CA_1", {}), "");
  const std::vector<std::string> commands = {"replay", "consume", "verify"};
  EXPECT_EQ(Nearest("relpay", commands), "replay");
  EXPECT_EQ(Nearest("consumer", commands), "consume");
}

TEST(TextTest, WordsOfOthersAreQuotedOnlyWhereTheyAreNotOnePrintableLine) {
  EXPECT_EQ(PlainOrQuoted("Subject not found.", 300), "Subject not found.");
  EXPECT_EQ(PlainOrQuoted("ünï", 300), "ünï");
  EXPECT_EQ(PlainOrQuoted("a\nerror: b", 300), "\"a\\x0Aerror: b\"");
  EXPECT_EQ(PlainOrQuoted("\x1B[2J", 300), "\"\\x1B[2J\"");
  EXPECT_EQ(PlainOrQuoted("12345", 5), "12345");
  EXPECT_EQ(PlainOrQuoted("123456", 5), "\"12345...\"");
}

TEST(TextTest, SameTextSeesEveryByteOfEveryLength) {
  for (size_t size = 0; size <= 40; ++size) {
    const std::string text = std::string(40, 'b').substr(0, size);
    EXPECT_TRUE(SameText(text, std::string(size, 'b'))) << size;
    EXPECT_FALSE(SameText(text, text + 'b')) << size;
    for (size_t at = 0; at < size; ++at) {
      std::string other = text;
      other[at] = 'c';
      EXPECT_FALSE(SameText(text, other)) << size << ", " << at;
    }
  }
}

}  // namespace
}  // namespace tillstream
