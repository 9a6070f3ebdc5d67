#include "forecast/reconcile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tillstream {
namespace {

using testing::DoubleNear;
using testing::ElementsAre;

/// Two departments in one store: nodes of levels 1 to 3 are the total, so are 4, 6 and 8.
Hierarchy TwoGroups() {
  return Hierarchy({{"A_1_1", "A_1", "A", "CA_1", "CA"}, {"A_2_1", "A_2", "A", "CA_1", "CA"}});
}

TEST(ReconcileTest, ForecastsThatAgreeStayAsTheyAre) {
  const Hierarchy hierarchy = TwoGroups();
  std::vector<NodeForecast> nodes(static_cast<size_t>(hierarchy.aggregate_count()), {30, .01});
  for (const int32_t level : {5, 7, 9}) {
    nodes[static_cast<size_t>(hierarchy.first_node(level))] = {10, .02};
    nodes[static_cast<size_t>(hierarchy.first_node(level)) + 1] = {20, .03};
  }
  const std::vector<double> fallback = {1, 1};
  EXPECT_THAT(Reconcile(hierarchy, nodes, fallback),
              ElementsAre(DoubleNear(10, 1e-9), DoubleNear(20, 1e-9)));
}

TEST(ReconcileTest, WeighsByRelativeVariance) {
  const Hierarchy hierarchy = TwoGroups();
  std::vector<NodeForecast> nodes(static_cast<size_t>(hierarchy.aggregate_count()));
  // The total says 40, the groups 10 and 20, all with weight 1: F^2 S = 1. By hand: minimise
  // (a - 10)^2 + (b - 20)^2 + (a + b - 40)^2, so each moves by 10/3.
  nodes[0] = {40, 1.0 / 1600};
  const auto groups = static_cast<size_t>(hierarchy.first_node(9));
  nodes[groups] = {10, 1.0 / 100};
  nodes[groups + 1] = {20, 1.0 / 400};
  const std::vector<double> fallback = {0, 0};
  EXPECT_THAT(Reconcile(hierarchy, nodes, fallback),
              ElementsAre(DoubleNear(10 + 10.0 / 3, 1e-9), DoubleNear(20 + 10.0 / 3, 1e-9)));
}

TEST(ReconcileTest, WithoutForecastsTheFallbackHolds) {
  const Hierarchy hierarchy = TwoGroups();
  const std::vector<NodeForecast> nodes(static_cast<size_t>(hierarchy.aggregate_count()));
  const std::vector<double> fallback = {0, 7};
  EXPECT_THAT(Reconcile(hierarchy, nodes, fallback),
              ElementsAre(DoubleNear(0, 1e-9), DoubleNear(7, 1e-9)));
}

TEST(ReconcileTest, NoGroupGoesBelowNothing) {
  const Hierarchy hierarchy = TwoGroups();
  std::vector<NodeForecast> nodes(static_cast<size_t>(hierarchy.aggregate_count()));
  nodes[0] = {1, 1e-6};
  const auto groups = static_cast<size_t>(hierarchy.first_node(9));
  nodes[groups] = {100, 1e-5};
  nodes[groups + 1] = {3, 10};
  const std::vector<double> fallback = {0, 0};
  for (const double units : Reconcile(hierarchy, nodes, fallback)) EXPECT_GE(units, 0);
}

}  // namespace
}  // namespace tillstream
