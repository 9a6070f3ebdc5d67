#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "model/date.h"

namespace tillstream {

/// What dates are added up by.
enum class Period { kDay, kWeek, kMonth };

/// "day", "week", "month".
std::string_view PeriodName(Period period);
std::optional<Period> PeriodFromName(std::string_view name);

/// Cuts the calendar into periods that follow each other without gaps.
class PeriodCalendar {
 public:
  /// A week begins on the weekday of `week_anchor`; the other periods have no use for it.
  PeriodCalendar(Period period, Date week_anchor) : period_(period), week_anchor_(week_anchor) {}

  Period period() const { return period_; }
  /// The first date of the period that has `date`.
  Date BeginOf(Date date) const;
  /// The first date behind the period that has `date`.
  Date EndOf(Date date) const;

 private:
  Period period_;
  Date week_anchor_;
};

}  // namespace tillstream
