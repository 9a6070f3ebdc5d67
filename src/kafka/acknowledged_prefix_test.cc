#include "kafka/acknowledged_prefix.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace tillstream {
namespace {

TEST(AcknowledgedPrefixTest, GoesOnFromWhereItBegan) {
  AcknowledgedPrefix prefix(100);
  EXPECT_EQ(prefix.end(), 100);
  prefix.Acknowledge(100);
  prefix.Acknowledge(101);
  EXPECT_EQ(prefix.end(), 102);
}

TEST(AcknowledgedPrefixTest, StopsBeforeWhatIsMissing) {
  AcknowledgedPrefix prefix;
  for (const int64_t index : {0, 1, 3, 4, 6}) prefix.Acknowledge(index);
  EXPECT_EQ(prefix.end(), 2);
  prefix.Acknowledge(2);
  EXPECT_EQ(prefix.end(), 5);
  prefix.Acknowledge(5);
  EXPECT_EQ(prefix.end(), 7);
}

TEST(AcknowledgedPrefixTest, IsNeverAheadInAnyOrder) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  std::vector<int64_t> order(1000);
  for (size_t i = 0; i < order.size(); ++i) order[i] = static_cast<int64_t>(i);
  std::shuffle(order.begin(), order.end(), random);
  AcknowledgedPrefix prefix;
  std::vector<bool> acknowledged(order.size() + 1);
  for (const int64_t index : order) {
    prefix.Acknowledge(index);
    acknowledged[static_cast<size_t>(index)] = true;
    const auto expected = std::find(acknowledged.begin(), acknowledged.end(), false);
    ASSERT_EQ(prefix.end(), expected - acknowledged.begin());
  }
}

}  // namespace
}  // namespace tillstream
