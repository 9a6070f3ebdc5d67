#include "log/record_block.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tillstream {
namespace {

TEST(RecordBlockTest, ForEachGivesTheRecordsThatWereAppended) {
  RecordBlock block;
  block.Clear(Timestamp(17));
  block.Append("key", "value");
  block.Append("", "");
  block.Append("gone", "ignored", /*has_value=*/false);
  block.Append(std::string(300, 'k'), std::string(70'000, 'v'));
  std::vector<std::string> keys;
  std::vector<std::string> values;
  const bool all = block.ForEach([&](const RecordView& record) {
    EXPECT_EQ(record.offset, Offset(static_cast<int64_t>(keys.size())));
    EXPECT_EQ(record.timestamp, Timestamp(17));
    EXPECT_TRUE(record.has_key);
    keys.emplace_back(record.key);
    values.emplace_back(record.has_value ? record.value : "null");
    return true;
  });
  EXPECT_TRUE(all);
  EXPECT_EQ(keys, (std::vector<std::string>{"key", "", "gone", std::string(300, 'k')}));
  EXPECT_EQ(values, (std::vector<std::string>{"value", "", "null", std::string(70'000, 'v')}));
}

TEST(RecordBlockTest, ForEachStopsWhenItIsTold) {
  RecordBlock block;
  block.Clear(Timestamp(1));
  for (int i = 0; i < 5; ++i) block.Append("k", "v");
  int count = 0;
  EXPECT_FALSE(block.ForEach([&](const RecordView& /*record*/) { return ++count < 3; }));
  EXPECT_EQ(count, 3);
  block.Clear(Timestamp(1));
  EXPECT_TRUE(block.ForEach([](const RecordView& /*record*/) { return false; }));
}

}  // namespace
}  // namespace tillstream
