// The filters against the same recursion written with dense matrices.

#include "forecast/filter_bank.h"

#include <gtest/gtest.h>

#include <Eigen/Core>
#include <map>
#include <set>

#include "forecast/forecast_fixture.h"
#include "forecast/triangle.h"

namespace tillstream {
namespace {

TEST(TriangleTest, IsTheDenseMatrixInLess) {
  constexpr int kSize = 23;
  const Eigen::MatrixXd half = Eigen::MatrixXd::Random(kSize, kSize);
  Eigen::MatrixXd dense = half * half.transpose();
  std::vector<double> triangle;
  for (int j = 0; j < kSize; ++j) {
    for (int i = j; i < kSize; ++i) triangle.push_back(dense(i, j));
  }
  ASSERT_EQ(triangle.size(), TriangleSize(kSize));
  std::vector<double> product(kSize);
  AddColumn(triangle, 5, 2.5, product);
  AddColumn(triangle, 22, 1, product);
  const Eigen::VectorXd expected = 2.5 * dense.col(5) + dense.col(22);
  for (int i = 0; i < kSize; ++i) EXPECT_NEAR(product[static_cast<size_t>(i)], expected(i), 1e-12);

  Downdate(product, 3, triangle);
  dense -= expected * expected.transpose() / 3;
  size_t at = 0;
  for (int j = 0; j < kSize; ++j) {
    for (int i = j; i < kSize; ++i) EXPECT_NEAR(triangle[at++], dense(i, j), 1e-12);
  }
}

FilterConstants SomeConstants() {
  FilterConstants constants;
  constants.short_level_memory = .98;
  constants.variance_gain = .03;
  constants.huber = 3.5;
  constants.variance_share = 1.4;
  const auto set = [&](Regressor kind, double prior, double walk) {
    constants.variances[static_cast<size_t>(kind)] = {prior, walk};
  };
  set(Regressor::kLevel, 1000, .005);
  set(Regressor::kShortLevel, .1, .005);
  set(Regressor::kWeekday, 10, 1e-4);
  set(Regressor::kSeason, .4, 2e-6);
  set(Regressor::kEventToday, 1, 0);
  set(Regressor::kSnap, 4, 3e-5);
  set(Regressor::kWeekendSnap, 1, 3e-5);
  return constants;
}

/// Returns the log of the forecast of day `days + 1`, without the share of the variance, and the
/// calendar's part of it.
std::pair<double, double> DenseForecast(const SmallPanel& panel, const CalendarDesign& design,
                                        const FilterConstants& constants,
                                        const std::vector<double>& totals) {
  const int32_t state = panel.hierarchy->StateOf(0);
  const int32_t p = design.ColumnCount(state);
  Eigen::VectorXd theta = Eigen::VectorXd::Zero(p);
  Eigen::MatrixXd covariance = Eigen::MatrixXd::Zero(p, p);
  Eigen::MatrixXd walk = Eigen::MatrixXd::Zero(p, p);
  for (int32_t j = 0; j < p; ++j) {
    covariance(j, j) = design.OfColumn(j).prior;
    walk(j, j) = design.OfColumn(j).walk;
  }
  double variance = .01;
  int observations = 0;
  for (int32_t day = 1;; ++day) {
    theta(1) *= constants.short_level_memory;
    covariance.row(1) *= constants.short_level_memory;
    covariance.col(1) *= constants.short_level_memory;
    covariance += walk;
    Eigen::VectorXd x = Eigen::VectorXd::Zero(p);
    std::vector<CalendarDesign::Entry> entries;
    design.Append(Day(day), state, &entries);
    for (const auto& [column, value] : entries) x(column) += value;
    const double calendar = x.dot(theta);
    x(0) = x(1) = 1;
    if (day > static_cast<int32_t>(totals.size())) return {x.dot(theta), calendar};
    const double units = totals[static_cast<size_t>(day - 1)];
    if (units <= 0) continue;
    const Eigen::VectorXd k = covariance * x;
    const double f = 1 + x.dot(k);
    const double e = std::log(units) - x.dot(theta);
    if (++observations > 30) variance += .03 * (std::min(e * e / f, 9 * variance) - variance);
    double weight = 1;
    if (observations > 60) weight = std::min(1.0, 3.5 * std::sqrt(f * variance) / std::abs(e));
    theta += k * (e * weight / f);
    covariance -= k * k.transpose() / f;
  }
}

TEST(FilterBankTest, IsTheDenseRecursion) {
  SmallPanel panel;
  panel.stores = 3;
  panel.days = 150;
  panel.Make();
  const FilterConstants constants = SomeConstants();
  const CalendarDesign design(panel.known, *panel.hierarchy, constants.variances);
  FilterBank filters(*panel.hierarchy, design, constants);
  const auto aggregates = static_cast<size_t>(panel.hierarchy->aggregate_count());
  const auto groups = static_cast<size_t>(panel.hierarchy->group_count());
  std::vector<double> all(aggregates * 150);
  std::vector<double> totals;
  for (int32_t day = 1; day <= 150; ++day) {
    const std::span<double> nodes =
        std::span<double>(all).subspan(static_cast<size_t>(day - 1) * aggregates, aggregates);
    panel.hierarchy->AggregateGroups(panel.UnitsOf(day), nodes);
    if (day == 100) nodes[0] *= 40;  // An outlier, for Huber's weight.
    totals.push_back(nodes[0]);
  }
  std::vector<float> factors(groups * 150);
  filters.Advance(Day(1), 150, all, 2, factors);
  std::vector<double> forecast(aggregates * kHorizon);
  std::vector<float> ahead(groups * kHorizon);
  filters.Forecast(Day(151), 2, forecast, ahead);
  const auto [log, calendar] = DenseForecast(panel, design, constants, totals);
  EXPECT_NEAR(std::log(forecast[0]), log + 1.4 * filters.VarianceOf(0), 1e-8);
}

TEST(FilterBankTest, AWeakGroupTakesTheFactorOfWhatStandsAboveIt) {
  SmallPanel panel;
  panel.stores = 3;
  panel.days = 150;
  panel.Make();
  const FilterConstants constants = SomeConstants();
  const CalendarDesign design(panel.known, *panel.hierarchy, constants.variances);
  FilterBank filters(*panel.hierarchy, design, constants);
  const auto aggregates = static_cast<size_t>(panel.hierarchy->aggregate_count());
  const auto groups = static_cast<size_t>(panel.hierarchy->group_count());
  // The first group sells 1,000 units a day, the others 3: what is above them is strong.
  std::vector<double> sums(groups, 3);
  std::vector<double> totals(aggregates * 150);
  for (size_t t = 0; t < 150; ++t) {
    sums[0] = 1000 + 300 * std::sin(static_cast<double>(t));
    panel.hierarchy->SumGroups(sums, std::span<double>(totals).subspan(t * aggregates, aggregates));
  }
  std::vector<float> factors(groups * 150);
  filters.Advance(Day(1), 150, totals, 1, factors);
  const int32_t first_group = panel.hierarchy->first_node(9);
  EXPECT_TRUE(filters.IsStrong(0));
  EXPECT_TRUE(filters.IsStrong(first_group));
  EXPECT_FALSE(filters.IsStrong(first_group + 1));
  std::vector<double> forecast(aggregates * kHorizon);
  std::vector<float> ahead(groups * kHorizon);
  filters.Forecast(Day(151), 1, forecast, ahead);
  // Another store's group of the same department has that department's factor; groups of other
  // departments have the total's.
  const auto department_of = [&](int32_t group) {
    return panel.hierarchy->series(panel.hierarchy->group_begin(group)).dept;
  };
  std::map<std::string, std::set<float>> by_department;
  for (int32_t group = 1; group < static_cast<int32_t>(groups); ++group) {
    by_department[department_of(group)].insert(ahead[static_cast<size_t>(group)]);
  }
  for (const auto& [department, values] : by_department) EXPECT_EQ(values.size(), 1U) << department;
  EXPECT_GT(by_department.size(), 2U);
}

}  // namespace
}  // namespace tillstream
