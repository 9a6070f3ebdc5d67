// Coverage of intervals by counts, against cases worked out by hand.

#include "forecast/pit_coverage.h"

#include <gtest/gtest.h>

#include <functional>

namespace tillstream {
namespace {

using Quantiles = std::array<float, kQuantileCount>;

/// One item in one store, so that all levels are the same.
class PitCoverageTest : public testing::Test {
 protected:
  /// With the same quantiles for every day of the horizon.
  LevelAccuracy Score(const std::function<double(int32_t)>& units_of_day,
                      const Quantiles& of_day) const {
    std::vector<double> actual;
    std::vector<float> quantiles;
    for (int32_t h = 0; h < kHorizon; ++h) {
      actual.insert(actual.end(), static_cast<size_t>(hierarchy_.node_count()), units_of_day(h));
    }
    for (int32_t i = 0; i < hierarchy_.node_count() * kHorizon; ++i) {
      quantiles.insert(quantiles.end(), of_day.begin(), of_day.end());
    }
    Accuracy accuracy;
    AccuracyScales scales(hierarchy_);
    ScoreQuantiles(hierarchy_, scales.Now(), actual, quantiles, &accuracy);
    ScorePitCoverage(hierarchy_, actual, quantiles, &accuracy);
    EXPECT_EQ(accuracy.levels[0].pit_coverage, accuracy.levels[11].pit_coverage);
    return accuracy.levels[11];
  }

  Hierarchy hierarchy_{{{"A_1_1", "A_1", "A", "CA_1", "CA"}}};
};

/// None in 5 of 8 days, one in 5 of 18, as far as nine quantiles can tell.
constexpr Quantiles kSmall = {0, 0, 0, 0, 0, 1, 1, 2, 2};

TEST_F(PitCoverageTest, ADayCountsWithThePartOfItsProbabilityThatIsInside) {
  // P(0) is read at 1/2, between (0, .5) and (1, .75): .625. Of it .25 to .625 is in the middle
  // half.
  const LevelAccuracy none = Score([](int32_t) { return 0; }, kSmall);
  EXPECT_NEAR(none.pit_coverage[0], .375 / .625, 1e-9);
  EXPECT_NEAR(none.pit_coverage[1], (.625 - .165) / .625, 1e-9);
  EXPECT_NEAR(none.pit_coverage[2], (.625 - .025) / .625, 1e-9);
  EXPECT_EQ(none.coverage[0], 1);
  // P(0 or 1) at 3/2, between (1, .835) and (2, .975): .905.
  const LevelAccuracy one = Score([](int32_t) { return 1; }, kSmall);
  EXPECT_NEAR(one.pit_coverage[0], (.75 - .625) / (.905 - .625), 1e-9);
  EXPECT_NEAR(one.pit_coverage[1], (.835 - .625) / (.905 - .625), 1e-9);
  EXPECT_EQ(one.pit_coverage[2], 1);
  EXPECT_EQ(one.coverage[0], 1);
}

TEST_F(PitCoverageTest, WhatIsBeyondAllQuantilesIsOutside) {
  EXPECT_EQ(Score([](int32_t) { return 3; }, kSmall).pit_coverage, (std::array<double, 3>{}));
  constexpr Quantiles kLarge = {90, 92, 95, 97, 100, 103, 105, 108, 110};
  EXPECT_EQ(Score([](int32_t) { return 0; }, kLarge).pit_coverage, (std::array<double, 3>{}));
}

TEST_F(PitCoverageTest, SalesAsOftenAsForecastAreCoveredAsTheIntervalIsCalled) {
  // Of 28 days 17 or 18 without a sale, 8 with one, 2 or 3 with two: .625, .28, .095.
  const auto units = [](int32_t h) { return h < 17.5 ? 0 : h < 25.34 ? 1 : 2; };
  const LevelAccuracy score = Score(units, kSmall);
  EXPECT_EQ(score.coverage[0], 26 / 28.);  // What it cannot be is half.
  EXPECT_NEAR(score.pit_coverage[0], .5, .02);
  EXPECT_NEAR(score.pit_coverage[1], .67, .02);
  EXPECT_NEAR(score.pit_coverage[2], .95, .02);
}

TEST_F(PitCoverageTest, OfLargeCountsItIsTheShareOfDaysInside) {
  constexpr Quantiles kLarge = {9e4, 9.2e4, 9.5e4, 9.7e4, 1e5, 1.03e5, 1.05e5, 1.08e5, 1.1e5};
  const LevelAccuracy score = Score([](int32_t h) { return 9e4 + h * 800; }, kLarge);
  for (size_t k = 0; k < kIntervals.size(); ++k) {
    EXPECT_NEAR(score.pit_coverage[k], score.coverage[k], 1. / kHorizon) << k;
  }
  EXPECT_GT(score.pit_coverage[2], score.pit_coverage[0]);
}

TEST_F(PitCoverageTest, QuantilesThatAreAllTheSameAreASpot) {
  const Quantiles nothing{};
  EXPECT_EQ(Score([](int32_t) { return 0; }, nothing).pit_coverage[0], .5);
  EXPECT_EQ(Score([](int32_t) { return 1; }, nothing).pit_coverage[0], 0);
}

}  // namespace
}  // namespace tillstream
