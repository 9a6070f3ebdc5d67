#pragma once

#include <span>
#include <vector>

#include "dataset/dataset.h"
#include "forecast/hierarchy.h"
#include "forecast/known_days.h"

namespace tillstream {

/// A dataset as the models of forecast/ see it. `dataset` must outlive it.
class SalesPanel {
 public:
  SalesPanel(const Dataset& dataset, HolidayTable holidays);

  const Hierarchy& hierarchy() const { return hierarchy_; }
  const KnownDays& known() const { return known_; }
  Day last_day() const { return Day(dataset_.day_count); }

  /// One day in panel order: units, and what they sold for in cents (0 where there is no price).
  /// Both are [series]; `revenue` may be empty.
  void CopyDay(Day day, std::span<float> units, std::span<float> revenue);

 private:
  const Dataset& dataset_;
  const Hierarchy hierarchy_;
  const KnownDays known_;
  std::vector<int32_t> panel_index_;  ///< Of each series in the order of stores and rows.
  DaySlice slice_;
};

}  // namespace tillstream
