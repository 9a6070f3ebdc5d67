#include "consume/price_index.h"

#include <gtest/gtest.h>

#include <cmath>

namespace tillstream {
namespace {

// Two items: A 2.00 -> 3.00, sold 10 -> 4; B 5.00 -> 4.00, sold 1 -> 3.
//   L = (3*10 + 4*1) / (2*10 + 5*1) = 34/25
//   P = (3*4 + 4*3) / (2*4 + 5*3)   = 24/23
TEST(PriceIndexTest, IsFishersMeanOfLaspeyresAndPaasche) {
  PriceIndex index;
  index.Add({200, 1, 10}, {300, 1, 4});
  index.Add({500, 1, 1}, {400, 1, 3});
  EXPECT_EQ(index.matched_count(), 2);
  EXPECT_DOUBLE_EQ(*index.Value(), std::sqrt(34.0 / 25 * (24.0 / 23)));
}

TEST(PriceIndexTest, IsOneWhilePricesStandWhateverIsSold) {
  PriceIndex index;
  index.Add({199, 1, 10}, {199, 1, 400});
  index.Add({1399, 7, 3}, {1399, 7, 0});
  EXPECT_EQ(*index.Value(), 1.0);
}

// A week of five days at 1.00 and two at 1.70 has the mean 1.20.
TEST(PriceIndexTest, TakesTheMeanPriceOfTheListedDays) {
  PriceIndex index;
  index.Add({300, 3, 5}, {5 * 100 + 2 * 170, 7, 5});
  EXPECT_DOUBLE_EQ(*index.Value(), 1.2);
}

TEST(PriceIndexTest, WhatIsNotListedInOneOfTheTwoPeriodsIsLeftOut) {
  PriceIndex index;
  index.Add({100, 1, 7}, {110, 1, 7});
  index.Add({0, 0, 900}, {999, 1, 900});
  index.Add({999, 1, 900}, {0, 0, 900});
  EXPECT_EQ(index.matched_count(), 1);
  EXPECT_DOUBLE_EQ(*index.Value(), 1.1);
}

TEST(PriceIndexTest, HasNoValueWithoutMatchedSalesInBothPeriods) {
  EXPECT_EQ(PriceIndex().Value(), std::nullopt);
  PriceIndex unsold_now;
  unsold_now.Add({100, 1, 7}, {110, 1, 0});
  EXPECT_EQ(unsold_now.Value(), std::nullopt);
  PriceIndex unsold_before;
  unsold_before.Add({100, 1, 0}, {110, 1, 7});
  EXPECT_EQ(unsold_before.Value(), std::nullopt);
}

TEST(PriceIndexTest, TheLargestPricesAndQuantitiesDoNotOverflow) {
  PriceIndex index;
  const int64_t units = INT32_MAX;
  for (int i = 0; i < 1000; ++i) {
    index.Add({kPriceCentsMax * 31, 31, units * 31}, {kPriceCentsMax * 31, 31, units * 31});
  }
  EXPECT_DOUBLE_EQ(*index.Value(), 1.0);
}

}  // namespace
}  // namespace tillstream
