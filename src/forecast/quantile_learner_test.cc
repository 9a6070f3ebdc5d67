#include "forecast/quantile_learner.h"

#include <gtest/gtest.h>

#include <functional>
#include <limits>

#include "forecast/forecast_fixture.h"

namespace tillstream {
namespace {

/// A forecast of 10 units for every node and day, frozen week by week; what comes is drawn from a
/// known distribution.
class QuantileLearnerTest : public testing::Test {
 protected:
  QuantileLearnerTest() {
    panel_.items = 12;
    panel_.days = 1;
    panel_.Make();
    means_.assign(static_cast<size_t>(panel_.hierarchy->node_count()) * kHorizon, 10.0F);
  }
  /// `draw` gets whether the node is of levels 1 to 9.
  void Learn(QuantileLearner* learner, int32_t weeks, const std::function<float(bool)>& draw) {
    std::vector<float> units(static_cast<size_t>(panel_.hierarchy->node_count()));
    for (int32_t day = 1; day <= weeks * 7; ++day) {
      if (day % 7 == 1) learner->Freeze(Day(day), means_);
      for (size_t i = 0; i < units.size(); ++i) {
        units[i] = draw(static_cast<int32_t>(i) < panel_.hierarchy->aggregate_count());
      }
      learner->Observe(Day(day), units);
    }
  }
  /// Of the first day of a node.
  std::vector<double> QuantilesOf(const QuantileLearner& learner, int32_t node) {
    std::vector<float> quantiles(kHorizon * kQuantileCount);
    learner.Tables(means_).Quantiles(*panel_.hierarchy, means_, node, node + 1, quantiles);
    return {quantiles.begin(), quantiles.begin() + kQuantileCount};
  }

  SmallPanel panel_;
  std::vector<float> means_;
  std::mt19937_64 random_{1};
};

TEST_F(QuantileLearnerTest, ItemsHaveTheQuantilesOfTheirRatios) {
  QuantileLearner learner(*panel_.hierarchy, 2);
  std::exponential_distribution<double> ratio(1);
  Learn(&learner, 80, [&](bool) { return static_cast<float>(10 * ratio(random_)); });
  const std::vector<double> found = QuantilesOf(learner, panel_.hierarchy->first_node(12));
  for (size_t u = 2; u < kQuantileCount; ++u) {
    const double expected = -10 * std::log1p(-kQuantiles[u]);
    EXPECT_NEAR(found[u], expected, .12 * expected) << kQuantiles[u];
  }
}

TEST_F(QuantileLearnerTest, ManyZerosGiveQuantilesOfZero) {
  QuantileLearner learner(*panel_.hierarchy, 1);
  std::uniform_real_distribution<double> uniform(0, 1);
  Learn(&learner, 60, [&](bool) { return uniform(random_) < .6 ? 0.0F : 25.0F; });
  const std::vector<double> found = QuantilesOf(learner, panel_.hierarchy->first_node(12));
  EXPECT_EQ(found[4], 0);          // The median.
  EXPECT_NEAR(found[5], 25, 2.5);  // .75
  EXPECT_NEAR(found[8], 25, 2.5);
}

TEST_F(QuantileLearnerTest, AggregatesSpreadAsTheirLogs) {
  QuantileLearner learner(*panel_.hierarchy, 1);
  std::normal_distribution<double> error(0, .1);
  Learn(&learner, 80, [&](bool) { return static_cast<float>(10 * std::exp(error(random_))); });
  const std::vector<double> found = QuantilesOf(learner, panel_.hierarchy->first_node(9));
  EXPECT_NEAR(found[1], 10 * std::exp(-.196), .3);
  EXPECT_NEAR(found[4], 10, .15);
  EXPECT_NEAR(found[5], 10 * std::exp(.0674), .15);
  EXPECT_NEAR(found[7], 10 * std::exp(.196), .3);
}

TEST_F(QuantileLearnerTest, BeforeAnythingIsLearntTheyAreWide) {
  const QuantileLearner learner(*panel_.hierarchy, 1);
  const std::vector<double> item = QuantilesOf(learner, panel_.hierarchy->first_node(12));
  EXPECT_NEAR(item[4], 6.93, .01);  // As an exponential distribution.
  const std::vector<double> total = QuantilesOf(learner, 0);
  EXPECT_NEAR(total[7], 10 * std::exp(.2 * 1.96), .01);
}

TEST_F(QuantileLearnerTest, OldWeeksFade) {
  QuantileLearner learner(*panel_.hierarchy, 1);
  Learn(&learner, 100, [&](bool) { return 40.0F; });
  const std::vector<double> before = QuantilesOf(learner, panel_.hierarchy->first_node(12));
  EXPECT_NEAR(before[4], 40, 4);
  // Half as many weeks of another behaviour count more.
  Learn(&learner, 50, [&](bool) { return 10.0F; });
  const std::vector<double> after = QuantilesOf(learner, panel_.hierarchy->first_node(12));
  EXPECT_NEAR(after[4], 10, 1);
}

TEST_F(QuantileLearnerTest, UnknownDaysTeachNothing) {
  QuantileLearner learner(*panel_.hierarchy, 1);
  const auto wide = QuantilesOf(learner, panel_.hierarchy->first_node(12));
  Learn(&learner, 10, [](bool) { return std::numeric_limits<float>::quiet_NaN(); });
  EXPECT_EQ(QuantilesOf(learner, panel_.hierarchy->first_node(12)), wide);
}

}  // namespace
}  // namespace tillstream
