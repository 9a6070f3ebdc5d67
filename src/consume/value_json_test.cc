#include "consume/value_json.h"

#include <gtest/gtest.h>

#include <limits>

#include "base/json.h"

namespace tillstream {
namespace {

std::string JsonOf(const std::string& schema, const Value& value) {
  std::string out;
  AppendJson(Schema::Parse(schema)->root(), value, &out);
  EXPECT_TRUE(ParseJson(out).has_value()) << out;
  return out;
}

Value Branch(int32_t branch, Value value) {
  value.branch = branch;
  return value;
}

TEST(ValueJsonTest, PrimitivesArePlain) {
  EXPECT_EQ(JsonOf("\"null\"", Value{Value::Null{}}), "null");
  EXPECT_EQ(JsonOf("\"boolean\"", Value{true}), "true");
  EXPECT_EQ(JsonOf("\"boolean\"", Value{false}), "false");
  EXPECT_EQ(JsonOf("\"int\"", Value{std::numeric_limits<int32_t>::min()}), "-2147483648");
  EXPECT_EQ(JsonOf("\"long\"", Value{std::numeric_limits<int64_t>::max()}), "9223372036854775807");
  EXPECT_EQ(JsonOf("\"string\"", Value{std::string("a \"b\"")}), R"("a \"b\"")");
}

TEST(ValueJsonTest, NumbersAreTheShortestThatReadBack) {
  EXPECT_EQ(JsonOf("\"float\"", Value{8.26F}), "8.26");
  EXPECT_EQ(JsonOf("\"float\"", Value{3.0F}), "3");
  EXPECT_EQ(JsonOf("\"float\"", Value{1e30F}), "1e+30");
  EXPECT_EQ(JsonOf("\"double\"", Value{0.1}), "0.1");
  EXPECT_EQ(JsonOf("\"double\"", Value{1.0 / 3}), "0.3333333333333333");
  EXPECT_EQ(JsonOf("\"double\"", Value{-0.0}), "-0");
}

TEST(ValueJsonTest, WhatIsNoNumberOfJsonIsNull) {
  for (const float value :
       {std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity(),
        std::numeric_limits<float>::quiet_NaN()}) {
    EXPECT_EQ(JsonOf("\"float\"", Value{value}), "null");
    EXPECT_EQ(JsonOf("\"double\"", Value{static_cast<double>(value)}), "null");
  }
}

TEST(ValueJsonTest, BytesAreCodePoints) {
  EXPECT_EQ(JsonOf("\"bytes\"", Value{Value::Bytes{std::string("\0A\xff", 3)}}),
            R"("\u0000\u0041\u00ff")");
  EXPECT_EQ(JsonOf(R"({"type":"fixed","name":"F","size":2})", Value{Value::Fixed{"\x01\x80"}}),
            R"("\u0001\u0080")");
}

TEST(ValueJsonTest, EnumsAreTheirSymbols) {
  EXPECT_EQ(JsonOf(R"({"type":"enum","name":"E","symbols":["A","B"]})", Value{Value::Enum{1}}),
            "\"B\"");
}

TEST(ValueJsonTest, UnionsArePlain) {
  const std::string schema = R"(["null","int","string"])";
  EXPECT_EQ(JsonOf(schema, Branch(0, Value{Value::Null{}})), "null");
  EXPECT_EQ(JsonOf(schema, Branch(1, Value{int32_t{5}})), "5");
  EXPECT_EQ(JsonOf(schema, Branch(2, Value{std::string("x")})), "\"x\"");
}

TEST(ValueJsonTest, RecordsArraysAndMapsNest) {
  const std::string schema = R"({"type":"record","name":"R","fields":[
      {"name":"list","type":{"type":"array","items":["null","long"]}},
      {"name":"map","type":{"type":"map","values":{"type":"array","items":"int"}}},
      {"name":"next","type":["null","R"]}]})";
  const auto record = [](Value next) {
    return Value{Value::Record{
        {Value{Value::Array{{Branch(1, Value{int64_t{1}}), Branch(0, Value{Value::Null{}})}}},
         Value{Value::Map{{"a\n", "b"},
                          {Value{Value::Array{{Value{int32_t{2}}}}}, Value{Value::Array{}}}}},
         std::move(next)}}};
  };
  const Value inner = Branch(1, record(Branch(0, Value{Value::Null{}})));
  EXPECT_EQ(JsonOf(schema, record(inner)),
            R"({"list":[1,null],"map":{"a\u000a":[2],"b":[]},)"
            R"("next":{"list":[1,null],"map":{"a\u000a":[2],"b":[]},"next":null}})");
}

std::string JsonString(std::string_view text) {
  std::string out;
  AppendJsonString(text, &out);
  EXPECT_TRUE(ParseJson(out).has_value()) << out;
  return out;
}

TEST(JsonStringTest, WhatIsUtf8StaysAsItIs) {
  EXPECT_EQ(JsonString(""), "\"\"");
  EXPECT_EQ(JsonString("caf\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80"),
            "\"caf\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80\"");
  EXPECT_EQ(JsonString("\xF4\x8F\xBF\xBF"), "\"\xF4\x8F\xBF\xBF\"");
}

TEST(JsonStringTest, ControlCharactersQuotesAndBackslashesAreEscaped) {
  EXPECT_EQ(JsonString(std::string_view("\0\x1f\"\\\n", 5)), R"("\u0000\u001f\"\\\u000a")");
}

TEST(JsonStringTest, WhatIsNotUtf8IsReplacedByteByByte) {
  const std::string bad = "\xEF\xBF\xBD";
  const auto replaced = [&](int count) {
    std::string text = "\"";
    for (int i = 0; i < count; ++i) text += bad;
    return text + "\"";
  };
  EXPECT_EQ(JsonString("\x80"), replaced(1));
  EXPECT_EQ(JsonString("\xC3"), replaced(1));
  EXPECT_EQ(JsonString("\xC0\x80"), replaced(2)) << "overlong";
  EXPECT_EQ(JsonString("\xE0\x80\x80"), replaced(3)) << "overlong";
  EXPECT_EQ(JsonString("\xED\xA0\x80"), replaced(3)) << "surrogate";
  EXPECT_EQ(JsonString("\xF4\x90\x80\x80"), replaced(4)) << "beyond U+10FFFF";
  EXPECT_EQ(JsonString("\xF0\x9F\x98"), replaced(3)) << "truncated";
}

TEST(JsonStringTest, EveryPairOfBytesIsValidJson) {
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const char text[] = {static_cast<char>(first), static_cast<char>(second)};
      std::string out;
      AppendJsonString({text, 2}, &out);
      ASSERT_TRUE(ParseJson(out).has_value()) << first << " " << second;
    }
  }
}

}  // namespace
}  // namespace tillstream
