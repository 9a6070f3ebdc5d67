#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "forecast/drivers.h"
#include "forecast/filter_bank.h"
#include "forecast/item_levels.h"
#include "forecast/online_model.h"

namespace tillstream {

/// The rungs of the ladder that know the calendar. Each is a model with a name of its own.
enum class Rung {
  kCalendar,    ///< "calendar": a filter a group, a level an item.
  kReconciled,  ///< "reconciled": filters of all nodes of levels 1 to 9 too, made to agree.
  kPooled,      ///< "pooled": a richer calendar, two item speeds, pooling over stores, last year.
};

/// Middle out: a filter of the calendar for each group of series (and for what groups add up to), a
/// level an item relative to it, and the items scaled to what the groups come to. The state of a
/// series is a few floats in flat arrays, that of a group the matrix of its filter.
class CalendarModel final : public OnlineModel {
 public:
  /// The references must outlive the model. `threads` may be used by each call.
  CalendarModel(Rung rung, const Hierarchy& hierarchy, const KnownDays& known, int32_t threads);

  const char* name() const override;
  int32_t version() const override { return 1; }
  void Advance(std::span<const DaySales> days) override;
  void Forecast(std::span<float> means) const override;

  /// What makes the sum over `series` of `means`, the result of Forecast(): [kHorizon].
  std::vector<DriverFactors> Drivers(std::span<const float> means,
                                     std::span<const int32_t> series) const {
    return DriversOf(hierarchy_, design_, filters_, *items_, next_, means, series);
  }

  /// The first day not seen.
  Day next_day() const { return next_; }

  /// The whole state as bytes: the same state gives the same bytes.
  std::string Save() const;
  /// Replaces the state by a saved one. False, and the model not usable, when `state` is not that
  /// of this rung, version and hierarchy.
  bool Load(std::string_view state);

 private:
  const Rung rung_;
  const Hierarchy& hierarchy_;
  const int32_t threads_;
  const CalendarDesign design_;
  FilterBank filters_;
  std::unique_ptr<ItemLevels> items_;
  Day next_{1};
};

}  // namespace tillstream
