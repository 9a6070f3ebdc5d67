#include "web/percent.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tillstream {
namespace {

using Segments = std::vector<std::string>;

TEST(PercentTest, EscapesAreDecoded) {
  EXPECT_EQ(*DecodePercent(""), "");
  EXPECT_EQ(*DecodePercent("sales-value"), "sales-value");
  EXPECT_EQ(*DecodePercent("a%2Fb%3ac%25"), "a/b:c%");
  EXPECT_EQ(*DecodePercent("a+b"), "a+b");
  EXPECT_EQ(*DecodePercent("K%C3%A4se%F0%9F%8D%8E"), "K\xC3\xA4se\xF0\x9F\x8D\x8E");
  EXPECT_EQ(*DecodePercent("K\xC3\xA4se"), "K\xC3\xA4se");
}

TEST(PercentTest, BrokenEscapesAreErrors) {
  for (const char* text : {"%", "%2", "a%", "%G0", "%0G", "%%41", "% 1"}) {
    const auto decoded = DecodePercent(text);
    ASSERT_FALSE(decoded.has_value()) << text;
    EXPECT_EQ(decoded.error().code, ErrorCode::kBadInput);
    EXPECT_EQ(decoded.error().message,
              "\"" + std::string(text) + "\": needed two hex digits behind each %");
  }
}

TEST(PercentTest, WhatIsNoUtf8IsAnError) {
  for (const char* text : {"%FF", "%C0%AF", "%ED%A0%80", "\xFF", "%C3"}) {
    const auto decoded = DecodePercent(text);
    ASSERT_FALSE(decoded.has_value()) << text;
    EXPECT_NE(decoded.error().message.find("needed UTF-8"), std::string::npos);
  }
  EXPECT_EQ(*DecodePercent("a%0Ab"), "a\nb") << "control characters are the caller's matter";
}

TEST(PercentTest, PathIsSplitBeforeItIsDecoded) {
  EXPECT_EQ(*SplitPath("/"), Segments());
  EXPECT_EQ(*SplitPath(""), Segments());
  EXPECT_EQ(*SplitPath("/subjects/a%2Fb/versions"), (Segments{"subjects", "a/b", "versions"}));
  EXPECT_EQ(*SplitPath("/subjects/"), Segments{"subjects"});
  EXPECT_EQ(*SplitPath("//"), Segments{""});
  EXPECT_EQ(*SplitPath("/a//b"), (Segments{"a", "", "b"}));
  EXPECT_EQ(*SplitPath("/.."), Segments{".."});
  EXPECT_FALSE(SplitPath("/a/%").has_value());
}

TEST(PercentTest, QueryIsParsed) {
  const auto query = QueryParameters::Parse("a=1&&b=x%20y+z&c&d==&a=2&%26=%3D");
  ASSERT_TRUE(query.has_value());
  EXPECT_EQ(query->pairs().size(), 6U);
  EXPECT_EQ(query->Find("a"), "1");
  EXPECT_EQ(query->Find("b"), "x y z");
  EXPECT_EQ(query->Find("c"), "");
  EXPECT_EQ(query->Find("d"), "=");
  EXPECT_EQ(query->Find("&"), "=");
  EXPECT_EQ(query->Find("e"), std::nullopt);
  EXPECT_TRUE(QueryParameters::Parse("")->pairs().empty());
  EXPECT_FALSE(QueryParameters::Parse("a=%").has_value());
  EXPECT_FALSE(QueryParameters::Parse("%FF=a").has_value());
}

TEST(PercentTest, FlagsAreReadInAnyCase) {
  const auto query = QueryParameters::Parse("a=true&b=False&c=TRUE&d=&e=yes");
  ASSERT_TRUE(query.has_value());
  EXPECT_TRUE(query->Flag("a"));
  EXPECT_FALSE(query->Flag("b", true));
  EXPECT_TRUE(query->Flag("c"));
  EXPECT_TRUE(query->Flag("d", true));
  EXPECT_FALSE(query->Flag("e", true));
  EXPECT_FALSE(query->Flag("f"));
  EXPECT_TRUE(query->Flag("f", true));
}

}  // namespace
}  // namespace tillstream
