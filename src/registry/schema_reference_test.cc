#include "registry/schema_reference.h"

#include <gtest/gtest.h>

namespace tillstream {
namespace {

TEST(SchemaReferenceTest, WhatIsWrittenIsRead) {
  const std::vector<SchemaReference> references = {{"m.Money", "money", 2}, {"A", "a/b", 1}};
  Json object = Json::object();
  PutReferences(references, &object);
  EXPECT_EQ(DumpJson(object), R"({"references":[{"name":"m.Money","subject":"money","version":2},)"
                              R"({"name":"A","subject":"a/b","version":1}]})");
  EXPECT_EQ(*ReferencesOf(object), references);
}

TEST(SchemaReferenceTest, NoneAreNotWrittenAndNotMissed) {
  Json object = Json::object();
  PutReferences({}, &object);
  EXPECT_TRUE(object.empty());
  EXPECT_TRUE(ReferencesOf(object)->empty());
  EXPECT_TRUE(ReferencesOf(Json{{"references", nullptr}})->empty());
  EXPECT_TRUE(ReferencesOf(Json::array())->empty()) << "what is no object has none";
}

TEST(SchemaReferenceTest, AnythingElseIsSaid) {
  for (const char* list :
       {"3", "{}", "[3]", "[null]", R"([{"name":"A","subject":"a"}])",
        R"([{"name":"A","subject":"a","version":0}])",
        R"([{"name":"A","subject":"a","version":"1"}])",
        R"([{"name":"A","subject":"a","version":4294967297}])", R"([{"subject":"a","version":1}])",
        R"([{"name":"A","subject":7,"version":1}])"}) {
    const auto read = ReferencesOf(Json{{"references", *ParseJson(list)}});
    ASSERT_FALSE(read) << list;
    EXPECT_EQ(read.error().code, ErrorCode::kBadInput);
    EXPECT_TRUE(read.error().message.starts_with("references: found \"")) << read.error().message;
  }
}

}  // namespace
}  // namespace tillstream
