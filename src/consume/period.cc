#include "consume/period.h"

namespace tillstream {
namespace {

constexpr std::chrono::days kWeekDays{7};

}  // namespace

std::string_view PeriodName(Period period) {
  switch (period) {
    case Period::kDay:
      return "day";
    case Period::kWeek:
      return "week";
    case Period::kMonth:
      return "month";
  }
  return "";
}

std::optional<Period> PeriodFromName(std::string_view name) {
  for (const Period period : {Period::kDay, Period::kWeek, Period::kMonth}) {
    if (name == PeriodName(period)) return period;
  }
  return std::nullopt;
}

Date PeriodCalendar::BeginOf(Date date) const {
  switch (period_) {
    case Period::kDay:
      return date;
    case Period::kWeek: {
      const std::chrono::days into = (date - week_anchor_) % kWeekDays;
      return date - (into.count() < 0 ? into + kWeekDays : into);
    }
    case Period::kMonth: {
      const std::chrono::year_month_day fields{date};
      return Date(fields.year() / fields.month() / 1);
    }
  }
  return date;
}

Date PeriodCalendar::EndOf(Date date) const {
  switch (period_) {
    case Period::kDay:
      return date + std::chrono::days(1);
    case Period::kWeek:
      return BeginOf(date) + kWeekDays;
    case Period::kMonth: {
      const std::chrono::year_month_day fields{date};
      return Date((fields.year() / fields.month() + std::chrono::months(1)) / 1);
    }
  }
  return date;
}

}  // namespace tillstream
