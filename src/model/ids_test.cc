#include "model/ids.h"

#include <gtest/gtest.h>

#include <type_traits>

namespace tillstream {
namespace {

TEST(IdsTest, CountsMoveAnIdAndDifferencesAreCounts) {
  Offset offset(5);
  EXPECT_EQ(offset + 3, Offset(8));
  EXPECT_EQ(offset - 5, Offset());
  EXPECT_EQ(Offset(8) - offset, 3);
  EXPECT_EQ(++offset, Offset(6));
  EXPECT_LT(offset, Offset(7));
}

TEST(IdsTest, KindsAreNotMixedUp) {
  static_assert(!std::is_convertible_v<int64_t, Offset>);
  static_assert(!std::is_convertible_v<Offset, int64_t>);
  static_assert(!std::is_convertible_v<Offset, Position>);
  static_assert(!std::is_constructible_v<Day, PartitionId>);
}

}  // namespace
}  // namespace tillstream
