#include "forecast/zero_runs.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace tillstream {
namespace {

constexpr float kNone = std::numeric_limits<float>::quiet_NaN();

/// `lead` days of 3 units, `zeros` without, `tail` of 3.
std::vector<float> Days(size_t lead, size_t zeros, size_t tail) {
  std::vector<float> days(lead, 3);
  days.insert(days.end(), zeros, 0);
  days.insert(days.end(), tail, 3);
  return days;
}

TEST(ZeroRunsTest, TheLongestRunAndWhatWasUsual) {
  const ZeroRun run = LongestZeroRun(Days(10, 8, 12));
  EXPECT_EQ(run.begin, 10);
  EXPECT_EQ(run.end, 18);
  EXPECT_EQ(run.days, 8);
  EXPECT_DOUBLE_EQ(run.expected, 24);
  EXPECT_TRUE(IsLong(run));
}

TEST(ZeroRunsTest, ARunThatGoesOnCounts) {
  const ZeroRun run = LongestZeroRun(Days(10, 8, 0));
  EXPECT_EQ(run.end, 18);
  EXPECT_TRUE(IsLong(run));
}

TEST(ZeroRunsTest, DaysBeforeTheFirstSaleAreNoRun) {
  const ZeroRun run = LongestZeroRun(Days(0, 60, 30));
  EXPECT_EQ(run.days, 0);
  EXPECT_FALSE(IsLong(run));
}

TEST(ZeroRunsTest, WhatNeverSellsOrSeldomHasNoLongRun) {
  EXPECT_FALSE(IsLong(LongestZeroRun({})));
  EXPECT_FALSE(IsLong(LongestZeroRun(std::vector<float>(112, 0))));
  std::vector<float> seldom(112, 0);
  for (size_t t = 0; t < seldom.size(); t += 20) seldom[t] = 1;
  EXPECT_FALSE(IsLong(LongestZeroRun(seldom)));
}

TEST(ZeroRunsTest, AFewDaysAreChanceOfDeliveries) {
  EXPECT_FALSE(IsLong(LongestZeroRun(Days(50, 6, 50))));
}

TEST(ZeroRunsTest, ClosedAndUnknownDaysNeitherCountNorEndARun) {
  std::vector<float> days = Days(10, 4, 0);
  days.push_back(kNone);
  const std::vector<float> rest = Days(0, 4, 10);
  days.insert(days.end(), rest.begin(), rest.end());
  const ZeroRun run = LongestZeroRun(days);
  EXPECT_EQ(run.days, 8);
  EXPECT_EQ(run.end - run.begin, 9);
  EXPECT_DOUBLE_EQ(run.expected, 24);
}

TEST(ZeroRunsTest, SeveralSeriesAreSummed) {
  // Series 0 sells always, 1 runs out for ten days, 2 is not asked for.
  std::vector<std::vector<float>> days;
  for (int t = 0; t < 40; ++t) days.push_back({2, t >= 10 && t < 20 ? 0.0F : 3.0F, 0});
  const std::vector<int32_t> series = {0, 1};
  const ZeroRunSummary runs = SummarizeZeroRuns(days, series);
  EXPECT_EQ(runs.series, 1);
  EXPECT_DOUBLE_EQ(runs.expected, 30);
  EXPECT_DOUBLE_EQ(runs.sold, 80 + 90);
}

}  // namespace
}  // namespace tillstream
