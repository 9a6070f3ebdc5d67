#include "dataset/text_index.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace tillstream {
namespace {

TEST(TextIndexTest, TextsAreNumberedInTheOrderInWhichTheyCame) {
  std::mt19937 random(1);
  TextIndex index;
  std::map<std::string, int32_t> numbers;
  for (int i = 0; i < 30'000; ++i) {
    // Some again and again, some in runs, some once; the empty text too.
    const auto kind = random() % 3;
    const auto number = kind == 0 ? random() % 100 : kind == 1 ? i % 5'000U : random();
    const std::string text = number == 7 ? "" : std::to_string(number);
    const auto [entry, is_new] = numbers.try_emplace(text, index.size());
    const TextIndex::Found found = index.FindOrAdd(text);
    ASSERT_EQ(found.is_new, is_new) << text;
    ASSERT_EQ(found.index, entry->second) << text;
  }
  EXPECT_EQ(index.size(), static_cast<int32_t>(numbers.size()));
}

TEST(TextIndexTest, TextsThatRunTogetherAreToldApart) {
  TextIndex index;
  EXPECT_EQ(index.FindOrAdd("ab").index, 0);
  EXPECT_EQ(index.FindOrAdd("c").index, 1);
  EXPECT_EQ(index.FindOrAdd("a").index, 2);
  EXPECT_EQ(index.FindOrAdd("bc").index, 3);
  EXPECT_FALSE(index.FindOrAdd("ab").is_new);
}

}  // namespace
}  // namespace tillstream
