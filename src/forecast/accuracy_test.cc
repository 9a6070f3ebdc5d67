// Measures against small cases worked out by hand.

#include "forecast/accuracy.h"

#include <gtest/gtest.h>

#include <cmath>

namespace tillstream {
namespace {

/// Two items in one store.
class AccuracyTest : public testing::Test {
 protected:
  void Follow(const std::vector<std::vector<float>>& days, const std::vector<float>& prices) {
    for (const std::vector<float>& units : days) {
      std::vector<float> revenue;
      for (size_t i = 0; i < units.size(); ++i) revenue.push_back(units[i] * prices[i]);
      scales_.Advance(units, revenue);
    }
  }
  int32_t Series(int32_t i) const { return hierarchy_.first_node(12) + i; }
  double Squared(int32_t node) const { return scales_.Now().squared[static_cast<size_t>(node)]; }
  /// The same units on every day of the horizon, summed.
  std::vector<double> Always(float first, float second) const {
    std::vector<float> days;
    for (int32_t h = 0; h < kHorizon; ++h) days.insert(days.end(), {first, second});
    return AggregateDays(hierarchy_, days);
  }
  const LevelAccuracy& Level(const Accuracy& accuracy, int32_t level) const {
    return accuracy.levels[static_cast<size_t>(level - 1)];
  }

  Hierarchy hierarchy_{{{"A_1_1", "A_1", "A", "CA_1", "CA"}, {"A_1_2", "A_1", "A", "CA_1", "CA"}}};
  AccuracyScales scales_{hierarchy_};
};

TEST_F(AccuracyTest, ScalesBeginAtTheFirstSaleOfTheNodeItself) {
  Follow({{0, 0}, {0, 3}, {2, 3}, {2, 1}, {5, 1}}, {1, 1});
  // The first: 2, 2, 5; the second: 3, 3, 1, 1; their sum: 3, 5, 3, 6.
  EXPECT_DOUBLE_EQ(Squared(Series(0)), (0 + 9) / 2.0);
  EXPECT_DOUBLE_EQ(Squared(Series(1)), (0 + 4 + 0) / 3.0);
  EXPECT_DOUBLE_EQ(Squared(0), (4 + 4 + 9) / 3.0);
  EXPECT_DOUBLE_EQ(scales_.Now().absolute[0], (2 + 2 + 3) / 3.0);
}

TEST_F(AccuracyTest, WeightsAreShareOfTheLast28DaysRevenue) {
  std::vector<std::vector<float>> days(28, {1, 1});
  days.insert(days.begin(), {100, 0});  // Too long ago to count.
  Follow(days, {3, 1});
  const std::vector<double> weights = scales_.Now().weights;
  EXPECT_DOUBLE_EQ(weights[0], 1);
  EXPECT_DOUBLE_EQ(weights[static_cast<size_t>(Series(0))], .75);
  EXPECT_DOUBLE_EQ(weights[static_cast<size_t>(Series(1))], .25);
}

TEST_F(AccuracyTest, NothingSoldMeansNoWeight) {
  Follow(std::vector<std::vector<float>>(28, {0, 0}), {1, 1});
  const Scales scales = scales_.Now();
  for (const double weight : scales.weights) EXPECT_EQ(weight, 0);
}

TEST_F(AccuracyTest, WrmsseIsTheMeanOfLevelsOfWeightedScaledErrors) {
  // Squared scales: 4 for the first, 1 for the second, 4 or so for the sum, by hand:
  // sums 2, 5, 2, 5: differences 3, 3, 3: scale 9.
  Follow({{1, 1}, {3, 2}, {1, 1}, {3, 2}}, {1, 2});
  EXPECT_DOUBLE_EQ(Squared(Series(0)), 4);
  EXPECT_DOUBLE_EQ(Squared(Series(1)), 1);
  EXPECT_DOUBLE_EQ(Squared(0), 9);
  // Revenue 8 and 12: weights .4 and .6. Errors of 1 and 2 on every day, 3 for the sum.
  const Accuracy accuracy = ScoreMeans(hierarchy_, scales_.Now(), Always(3, 2), Always(2, 4));
  EXPECT_DOUBLE_EQ(Level(accuracy, 12).wrmsse, .4 * 1 / 2 + .6 * 2 / 1);
  EXPECT_DOUBLE_EQ(Level(accuracy, 1).wrmsse, 1.0 / 3);  // |5 - 6| over 3.
  // Levels 1 to 9 are the same node, levels 10 to 12 the two series.
  EXPECT_DOUBLE_EQ(accuracy.wrmsse(), (9 * 1.0 / 3 + 3 * 1.4) / 12);
  EXPECT_DOUBLE_EQ(Level(accuracy, 12).wape, 3.0 / 5);
  EXPECT_DOUBLE_EQ(Level(accuracy, 1).wape, 1.0 / 5);
  EXPECT_DOUBLE_EQ(Level(accuracy, 12).bias, 1.0 / 5);
}

TEST_F(AccuracyTest, WsplIsScaledPinballLossOverNineQuantiles) {
  Follow({{1, 1}, {3, 2}, {1, 1}, {3, 2}}, {1, 2});
  // Every quantile of every node is 1 below what comes: the loss is u, their mean .5.
  const std::vector<double> actual = Always(3, 2);
  const auto nodes = static_cast<size_t>(hierarchy_.node_count());
  std::vector<float> quantiles(nodes * kHorizon * kQuantileCount);
  for (size_t node = 0; node < nodes; ++node) {
    for (size_t k = 0; k < kHorizon * kQuantileCount; ++k) {
      quantiles[node * kHorizon * kQuantileCount + k] = static_cast<float>(actual[node] - 1);
    }
  }
  Accuracy accuracy;
  ScoreQuantiles(hierarchy_, scales_.Now(), actual, quantiles, &accuracy);
  EXPECT_NEAR(Level(accuracy, 12).wspl, .4 * .5 / 2 + .6 * .5 / 1, 1e-9);
  EXPECT_NEAR(Level(accuracy, 1).wspl, .5 / 3, 1e-9);
  EXPECT_EQ(Level(accuracy, 1).coverage[0], 0);
  // 1 above: the loss is 1 - u, the same mean. On the spot: none.
  for (float& q : quantiles) q += 1;
  ScoreQuantiles(hierarchy_, scales_.Now(), actual, quantiles, &(accuracy = {}));
  EXPECT_NEAR(accuracy.wspl(), 0, 1e-9);
  EXPECT_EQ(Level(accuracy, 12).coverage[2], 1);
}

TEST_F(AccuracyTest, ANodeWithoutAScaleIsLeftOut) {
  Follow({{0, 1}, {0, 2}, {0, 1}, {4, 2}}, {1, 1});  // The first has sold on its last day only.
  EXPECT_EQ(Squared(Series(0)), 0);
  const Accuracy accuracy = ScoreMeans(hierarchy_, scales_.Now(), Always(4, 2), Always(0, 1));
  EXPECT_DOUBLE_EQ(Level(accuracy, 12).wrmsse, .6);
}

TEST_F(AccuracyTest, WithoutWeightsThereIsNoScore) {
  Follow({{1, 1}, {2, 2}}, {0, 0});
  const Accuracy accuracy = ScoreMeans(hierarchy_, scales_.Now(), Always(1, 1), Always(1, 1));
  EXPECT_TRUE(std::isnan(accuracy.wrmsse()));
  EXPECT_EQ(Level(accuracy, 1).wape, 0);
}

TEST_F(AccuracyTest, RatiosToNothingAreNotDefined) {
  Follow({{1, 1}, {2, 2}}, {1, 1});
  const Accuracy accuracy = ScoreMeans(hierarchy_, scales_.Now(), Always(0, 0), Always(1, 1));
  EXPECT_TRUE(std::isnan(Level(accuracy, 1).wape));
  EXPECT_TRUE(std::isnan(Level(accuracy, 1).bias));
  EXPECT_TRUE(std::isfinite(accuracy.wrmsse()));
}

TEST_F(AccuracyTest, SavedScalesGoOnAsTheOthersDo) {
  Follow({{0, 1}, {3, 2}, {1, 1}}, {1, 2});
  std::string state;
  StateWriter out(&state);
  scales_.Save(&out);
  AccuracyScales loaded(hierarchy_);
  StateReader in(state);
  ASSERT_TRUE(loaded.Load(&in) && in.at_end());
  Follow({{5, 0}}, {1, 2});
  loaded.Advance(std::vector<float>{5, 0}, std::vector<float>{5, 0});
  EXPECT_EQ(loaded.Now().squared, scales_.Now().squared);
  EXPECT_EQ(loaded.Now().absolute, scales_.Now().absolute);
  EXPECT_EQ(loaded.Now().weights, scales_.Now().weights);
  StateReader cut(std::string_view(state).substr(0, state.size() - 1));
  EXPECT_FALSE(loaded.Load(&cut));
}

}  // namespace
}  // namespace tillstream
