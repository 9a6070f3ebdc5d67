#include "base/json.h"

#include <gtest/gtest.h>

namespace tillstream {
namespace {

std::string ErrorOf(std::string_view text, int depth_max = 64) {
  const Result<Json> json = ParseJson(text, depth_max);
  if (json) return "none";
  EXPECT_EQ(json.error().code, ErrorCode::kBadInput);
  return json.error().message;
}

TEST(JsonTest, KeysStayInTheirOrder) {
  const Result<Json> json = ParseJson(R"({ "z": 1, "a": [true, null, "x"], "m": {} })");
  ASSERT_TRUE(json);
  EXPECT_EQ(DumpJson(*json), R"({"z":1,"a":[true,null,"x"],"m":{}})");
}

TEST(JsonTest, WhatIsNoJsonIsRefusedWithItsByte) {
  EXPECT_EQ(ErrorOf(""), "json: byte 1: not valid JSON");
  EXPECT_EQ(ErrorOf("{\"a\":}"), "json: byte 6: not valid JSON");
  EXPECT_EQ(ErrorOf("1 2"), "json: byte 3: not valid JSON");
  EXPECT_EQ(ErrorOf("\"\xFF\""), "json: byte 2: not valid JSON");
  EXPECT_EQ(ErrorOf("[1,]"), "json: byte 4: not valid JSON");
}

TEST(JsonTest, NumberThatFitsNothingIsRefused) { EXPECT_NE(ErrorOf("[1e999]"), "none"); }

TEST(JsonTest, DeepNestingIsRefused) {
  const auto nested = [](int depth) {
    return std::string(static_cast<size_t>(depth), '[') +
           std::string(static_cast<size_t>(depth), ']');
  };
  EXPECT_EQ(ErrorOf(nested(64)), "none");
  EXPECT_EQ(ErrorOf(nested(65)), "json: nested deeper than 64");
  EXPECT_EQ(ErrorOf(nested(200'000)), "json: nested deeper than 64");
  EXPECT_EQ(ErrorOf("{\"a\":{\"b\":{}}}", 2), "json: nested deeper than 2");
}

TEST(JsonTest, BracketsInTextsDoNotNest) {
  EXPECT_EQ(ErrorOf(R"(["[[[","\"[[[",{"{{{":"\\"}])", 2), "none");
}

TEST(JsonTest, ObjectsOfTooManyKeysAreRefused) {
  const auto object = [](size_t keys) {
    std::string text = "{";
    for (size_t i = 0; i < keys; ++i) {
      text += (i > 0 ? ",\"k" : "\"k") + std::to_string(i) + "\":[1,2]";
    }
    return text + "}";
  };
  EXPECT_EQ(ErrorOf(object(2000)), "none");
  EXPECT_EQ(ErrorOf(object(2001)), "json: an object of more than 2000 keys");
}

TEST(JsonTest, ManyObjectsInAnArrayTakeLinearTime) {
  std::string text = "[{}";
  for (int i = 0; i < 500'000; ++i) text += ",{}";
  const Result<Json> json = ParseJson(text + "]");  // a quadratic parser takes minutes
  ASSERT_TRUE(json);
  EXPECT_EQ(json->size(), 500'001U);
}

TEST(JsonTest, InvalidUtf8IsReplacedWhenItIsWritten) {
  EXPECT_EQ(DumpJson(Json("a\xFF"
                          "b")),
            "\"a\xEF\xBF\xBD"
            "b\"");
  EXPECT_EQ(DumpJson(Json("K\xC3\xA4se")), "\"K\xC3\xA4se\"");
}

}  // namespace
}  // namespace tillstream
