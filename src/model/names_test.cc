#include "model/names.h"

#include <gtest/gtest.h>

namespace tillstream {
namespace {

TEST(NamesTest, TopicNamesAreThoseThatKafkaTakes) {
  for (const char* name : {"sales", "a", "A.b_c-9", "...", "_schemas"}) {
    EXPECT_TRUE(IsTopicName(name)) << name;
  }
  EXPECT_TRUE(IsTopicName(std::string(249, 'x')));
  for (const char* name : {"", ".", "..", "a b", "a/b", "k\xC3\xA4se", "a\n", "a,b", "a:b"}) {
    EXPECT_FALSE(IsTopicName(name)) << name;
  }
  EXPECT_FALSE(IsTopicName(std::string(250, 'x')));
  EXPECT_FALSE(IsTopicName(std::string_view("a\0", 2)));
}

TEST(NamesTest, StoreIdsAreShorterTopicNames) {
  EXPECT_TRUE(IsStoreId("CA_1"));
  EXPECT_TRUE(IsStoreId(std::string(100, 'x')));
  EXPECT_FALSE(IsStoreId(std::string(101, 'x')));
  EXPECT_FALSE(IsStoreId("CA 1"));
  EXPECT_FALSE(IsStoreId(""));
}

TEST(NamesTest, NamesAreMadeOfTheirParts) {
  EXPECT_EQ(TotalsTopic("sales"), "sales-days");
  std::string key = ">";
  AppendSeriesKey("FOODS_3_090", "CA_1", &key);
  EXPECT_EQ(key, ">FOODS_3_090_CA_1");
}

}  // namespace
}  // namespace tillstream
