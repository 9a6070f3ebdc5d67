#include "log/whole_record.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tillstream {
namespace {

TEST(WholeRecordTest, AWholeRecordWithHeadersTakesNoMoreThanWasSaid) {
  const std::string text(200, 'x');
  const std::vector<HeaderView> headers = {{"a", text}, {text, ""}};
  RecordView record;
  record.key = text;
  record.has_value = false;
  RecordBlock block;
  block.Clear(Timestamp(1));
  AppendWhole(record, headers, &block);
  EXPECT_LE(block.size_bytes(), WholeSizeMax(record.key, record.value, headers));
  EXPECT_TRUE(block.ForEach([&](const RecordView& read) {
    EXPECT_EQ(read.key, text);
    EXPECT_FALSE(read.has_value);
    return true;
  }));
}

}  // namespace
}  // namespace tillstream
