#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "forecast/calendar_design.h"
#include "forecast/hierarchy.h"
#include "forecast/horizon.h"
#include "forecast/state_stream.h"

namespace tillstream {

/// Constants of the filters of one rung of the ladder. Variances are in units of the variance of
/// the observations, which each filter estimates for itself.
struct FilterConstants {
  DesignVariances variances{};
  double short_level_memory = 0;  ///< phi of the AR(1) level.
  double variance_gain = 0;       ///< Of the estimate of the observations' variance.
  double huber = 0;               ///< Errors of more than so many deviations count less.
  double variance_share = 0;      ///< Of the variance that is added to the log of a forecast.
  bool uses_last_year = false;    ///< Whether last year's residuals shift the forecast.
};

/// A dynamic linear model of log(units) on the calendar for each node of levels 1 to 9: a Kalman
/// filter with discounted variances and Huber's weights (West and Harrison: Bayesian Forecasting
/// and Dynamic Models).
///
/// Not thread safe; it spreads its own work over threads, one node at a time, so that results do
/// not depend on their number. Memory: about p^2/2 doubles a node, p being the columns of the
/// design.
class FilterBank {
 public:
  /// The references must outlive the bank.
  FilterBank(const Hierarchy& hierarchy, const CalendarDesign& design,
             const FilterConstants& constants);

  /// The `count` days from `first` on. `totals` is [count][aggregate]: units, or NaN where not
  /// known. `factors`, [count][group], receives each group's calendar factor as it was expected
  /// before the day was seen. A group that is not strong takes the factor of the nearest node above
  /// it that is.
  void Advance(Day first, int32_t count, std::span<const double> totals, int32_t threads,
               std::span<float> factors);

  /// The days from `first`, the first one not seen: `totals` is [kHorizon][aggregate], `factors`
  /// [kHorizon][group]. All finite and >= 0.
  void Forecast(Day first, int32_t threads, std::span<double> totals,
                std::span<float> factors) const;

  /// The calendar's factors of the `count` days from `first` on, as the coefficients are now, by
  /// driver (the level's is 1): [count][group]. The days may be past ones.
  std::vector<DriverFactors> Explain(Day first, int32_t count) const;

  /// Of the log of a node's units, around the forecast.
  double VarianceOf(int32_t aggregate) const {
    return nodes_[static_cast<size_t>(aggregate)].variance;
  }
  /// Whether a node sells enough, and on enough days, for its own log to say something.
  bool IsStrong(int32_t aggregate) const {
    return nodes_[static_cast<size_t>(aggregate)].is_strong != 0;
  }

  void Save(StateWriter* out) const;
  bool Load(StateReader* in);

 private:
  using Entries = std::vector<CalendarDesign::Entry>;

  struct Node {
    int32_t state = -1;
    std::vector<double> theta;
    std::vector<double> covariance;  ///< Lower triangle, column by column.
    std::vector<double> residuals;   ///< log(units) without the calendar, a ring; NaN for none.
    double variance = 0;
    double mean = 0;        ///< Of recent units a day.
    double zero_share = 0;  ///< Recent share of open days without a sale.
    int64_t observations = 0;
    uint8_t is_strong = 0;
  };
  /// What a coefficient's random walk adds to its element of the covariance a day.
  struct Walk {
    size_t element;
    double variance;
  };
  struct Scratch {
    std::vector<double> gain;
  };

  void Start(Node* node) const;
  static void Follow(double units, Node* node);
  /// One day: returns the calendar's part of the log of what is expected.
  double Step(Day day, double units, const Entries& entries, Node* node, Scratch* scratch) const;
  void Observe(double z, const Entries& entries, Node* node, Scratch* scratch) const;
  /// The node whose factor a group takes; `are_strong` is [aggregate].
  int32_t SourceOf(int32_t group, std::span<const uint8_t> are_strong) const;
  double LastYear(Day first, int32_t h, const Node& node) const;
  /// [day][state + 1]: the entries of nodes in several states, then of those in each.
  std::vector<std::vector<Entries>> EntriesOf(Day first, int32_t count) const;

  const Hierarchy& hierarchy_;
  const CalendarDesign& design_;
  const FilterConstants constants_;
  std::vector<Node> nodes_;
  std::vector<std::vector<Walk>> walks_;  ///< By state + 1.
  /// By group: itself and the nodes above it whose factor may stand in, the nearest first.
  std::vector<std::array<int32_t, 4>> sources_;
};

}  // namespace tillstream
