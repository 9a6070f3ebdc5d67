#include "model/day_sums.h"

#include <gtest/gtest.h>

namespace tillstream {
namespace {

TEST(DaySumsTest, AddUpToWhatATotalSays) {
  DaySums sums;
  sums.Add(3, true, 250);
  sums.Add(4, false, 999);
  StoreDay total;
  total.events = 2;
  total.units = 7;
  total.revenue_cents = 750;
  total.unpriced_units = 4;
  EXPECT_EQ(sums, DaySums::Of(total));
}

TEST(DaySumsTest, AnEventThatIsTakenBackLeavesNothing) {
  DaySums sums;
  for (const bool is_priced : {true, false}) {
    sums.Add(5, is_priced, 120);
    sums.Add(5, is_priced, 120, -1);
    EXPECT_EQ(sums, DaySums());
  }
}

TEST(DaySumsTest, EachPartMakesADifference) {
  StoreDay total;
  for (const DaySums& other :
       {DaySums{1, 0, 0, 0}, DaySums{0, 1, 0, 0}, DaySums{0, 0, 1, 0}, DaySums{0, 0, 0, 1}}) {
    EXPECT_FALSE(other == DaySums::Of(total));
  }
}

}  // namespace
}  // namespace tillstream
