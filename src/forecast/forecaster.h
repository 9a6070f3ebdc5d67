#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "forecast/calendar_model.h"
#include "forecast/quantile_learner.h"

namespace tillstream {

/// The product's model: the highest rung with quantiles. One object with the state of all series
/// and all filters; it is given complete days, forecasts at any moment, and can be saved and loaded
/// between any two days.
///
/// Sums are coherent: the mean of a node is the sum of its series' means. Quantiles are made a
/// level by itself, since they do not add up.
class Forecaster final : public OnlineModel {
 public:
  /// The references must outlive it. Quantiles are learnt from forecasts made on `learn_from` or
  /// later, one a week: the days before cost a fraction, and have faded after two years.
  Forecaster(const Hierarchy& hierarchy, const KnownDays& known, int32_t threads,
             Day learn_from = Day(1));

  const char* name() const override { return model_.name(); }
  int32_t version() const override { return 1; }
  void Advance(std::span<const DaySales> days) override;
  void Forecast(std::span<float> means) const override { model_.Forecast(means); }
  bool has_quantiles() const override { return true; }
  void Quantiles(std::span<const float> means, std::span<float> quantiles) const override;

  /// What makes the quantiles of a forecast made now. `means` are its result, summed to the nodes:
  /// NodesOf().
  QuantileTables Tables(std::span<const float> node_means) const {
    return learner_.Tables(node_means);
  }
  /// Sums days of series to days of nodes: [day][series] to [day][node].
  std::vector<float> NodesOf(std::span<const float> days) const;

  /// What makes the sum over `series` of `means`, the result of Forecast(): [kHorizon].
  std::vector<DriverFactors> Drivers(std::span<const float> means,
                                     std::span<const int32_t> series) const {
    return model_.Drivers(means, series);
  }

  /// The first day not seen.
  Day next_day() const { return model_.next_day(); }

  /// The whole state as bytes: the same state gives the same bytes. Without a checksum.
  std::string Save() const;
  /// Replaces the state by a saved one. False, and the object not usable, when `state` is not one
  /// of this version and hierarchy.
  bool Load(std::string_view state);

 private:
  void FreezeNow();
  void ObserveDays(std::span<const DaySales> days);

  const Hierarchy& hierarchy_;
  const int32_t threads_;
  const Day learn_from_;
  CalendarModel model_;
  QuantileLearner learner_;
};

}  // namespace tillstream
