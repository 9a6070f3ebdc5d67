#include "forecast/calendar_design.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace tillstream {
namespace {

using std::chrono::month_day;

constexpr int32_t kSeasonPairs = 3;
constexpr int32_t kWeekendSeasonPairs = 2;
constexpr double kSolarYearDays = 365.25;
constexpr int32_t kMonthSixths = 6;

struct DateParts {
  explicit DateParts(Date date) : ymd(date), weekday(std::chrono::weekday(date)) {
    const Date new_year{ymd.year() / std::chrono::January / 1};
    day_of_year = static_cast<int32_t>((date - new_year).count()) + 1;
  }
  month_day date_of_year() const { return {ymd.month(), ymd.day()}; }
  int32_t day_of_month() const { return static_cast<int32_t>(static_cast<unsigned>(ymd.day())); }
  bool is_weekend() const {
    return weekday == std::chrono::Saturday || weekday == std::chrono::Sunday;
  }
  std::chrono::year_month_day ymd;
  std::chrono::weekday weekday;
  int32_t day_of_year = 0;
};

/// Days from the window's start in a leap year, so that every date has its own number.
int32_t Ordinal(month_day date) {
  const std::chrono::year leap(2000);
  const Date new_year{leap / std::chrono::January / 1};
  return static_cast<int32_t>((Date{leap / date.month() / date.day()} - new_year).count());
}
constexpr int32_t kLeapYearDays = 366;

int32_t LengthOf(const HolidayTable::DateWindow& window) {
  return (Ordinal(window.to) - Ordinal(window.from) + kLeapYearDays) % kLeapYearDays + 1;
}
/// Place of `date` in the window; not below its length when outside.
int32_t PlaceIn(const HolidayTable::DateWindow& window, month_day date) {
  return (Ordinal(date) - Ordinal(window.from) + kLeapYearDays) % kLeapYearDays;
}

bool Contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

bool KnownDays::IsClosed(Day day) const {
  const month_day date = DateParts(DateOf(day)).date_of_year();
  return std::find(holidays.closed_dates.begin(), holidays.closed_dates.end(), date) !=
         holidays.closed_dates.end();
}

bool KnownDays::HasSnap(Day day, const std::string& state) const {
  const KnownDay* const known = At(day);
  const auto found = std::find(snap_states.begin(), snap_states.end(), state);
  return known != nullptr && found != snap_states.end() &&
         (known->snap >> (found - snap_states.begin()) & 1) != 0;
}

CalendarDesign::CalendarDesign(const KnownDays& known, const Hierarchy& hierarchy,
                               const DesignVariances& variances)
    : known_(known), variances_(variances) {
  const HolidayTable& holidays = known.holidays;
  for (const KnownDay& day : known.days) {
    for (const KnownDay::Event& event : day.events) {
      if (event.name.empty() || Contains(holidays.minor_events, event.name)) continue;
      if (!Contains(events_, event.name)) events_.push_back(event.name);
    }
  }
  kind_of_column_ = {Regressor::kLevel, Regressor::kShortLevel};
  const auto events = static_cast<int32_t>(events_.size());
  AddShared(Regressor::kWeekday, 7);
  AddShared(Regressor::kDayOfMonth, 31);
  AddShared(Regressor::kSeason, 2 * kSeasonPairs);
  AddShared(Regressor::kEventToday, events);
  AddShared(Regressor::kEventTomorrow, events);
  AddShared(Regressor::kEventAfter, events);
  AddShared(Regressor::kWeekendSeason, 2 * kWeekendSeasonPairs);
  AddShared(Regressor::kFridaySeason, 2 * kWeekendSeasonPairs);
  AddShared(Regressor::kWeekendMonth, kMonthSixths);
  for (const HolidayTable::DateWindow& window : holidays.date_windows) {
    window_dates_ += LengthOf(window);
  }
  int32_t offsets = 0;
  for (const HolidayTable::EventWindow& window : holidays.event_windows) {
    offsets += std::max(0, window.to - window.from + 1);
  }
  AddShared(Regressor::kWindow, window_dates_ + offsets);
  AddShared(Regressor::kWeekendWindow, static_cast<int32_t>(holidays.weekend_windows.size()));
  AddShared(Regressor::kWeekendEvent, 2);
  shared_columns_ = static_cast<int32_t>(kind_of_column_.size());
  for (const std::string& state : hierarchy.states()) {
    const auto found = std::find(known.snap_states.begin(), known.snap_states.end(), state);
    snap_bit_.push_back(found == known.snap_states.end()
                            ? -1
                            : static_cast<int32_t>(found - known.snap_states.begin()));
  }
  state_count_ = static_cast<int32_t>(snap_bit_.size());
}

void CalendarDesign::AddShared(Regressor kind, int32_t count) {
  first_[static_cast<size_t>(kind)] = static_cast<int32_t>(kind_of_column_.size());
  if (!Has(kind)) return;
  kind_of_column_.insert(kind_of_column_.end(), static_cast<size_t>(count), kind);
}

Variances CalendarDesign::OfColumn(int32_t column) const {
  Regressor kind = (column - shared_columns_) % 2 == 0 ? Regressor::kSnap : Regressor::kWeekendSnap;
  if (column < shared_columns_) kind = kind_of_column_[static_cast<size_t>(column)];
  return variances_[static_cast<size_t>(kind)];
}

Driver CalendarDesign::DriverOf(int32_t column) const {
  if (column >= shared_columns_) return Driver::kSnap;
  switch (kind_of_column_[static_cast<size_t>(column)]) {
    case Regressor::kLevel:
    case Regressor::kShortLevel:
      return Driver::kLevel;
    case Regressor::kWeekday:
      return Driver::kWeekday;
    case Regressor::kDayOfMonth:
    case Regressor::kSeason:
    case Regressor::kWeekendSeason:
    case Regressor::kFridaySeason:
    case Regressor::kWeekendMonth:
    case Regressor::kWeekendWindow:
      return Driver::kSeason;
    case Regressor::kWindow:
      return column - First(Regressor::kWindow) < window_dates_ ? Driver::kSeason : Driver::kEvent;
    case Regressor::kEventToday:
    case Regressor::kEventTomorrow:
    case Regressor::kEventAfter:
    case Regressor::kWeekendEvent:
      return Driver::kEvent;
    case Regressor::kSnap:
    case Regressor::kWeekendSnap:
    case Regressor::kCount:
      break;
  }
  return Driver::kSnap;
}

void CalendarDesign::Append(Day day, int32_t state, std::vector<Entry>* entries) const {
  AppendShared(day, entries);
  const KnownDay* const known = known_.At(day);
  if (known == nullptr) return;
  const bool is_weekend = DateParts(known_.DateOf(day)).is_weekend();
  const int32_t begin = state < 0 ? 0 : state;
  const int32_t end = state < 0 ? state_count_ : state + 1;
  for (int32_t s = begin; s < end; ++s) {
    const int32_t bit = snap_bit_[static_cast<size_t>(s)];
    if (bit < 0 || (known->snap >> bit & 1) == 0) continue;
    const int32_t column = shared_columns_ + 2 * (s - begin);
    if (Has(Regressor::kSnap)) entries->push_back({column, 1});
    if (is_weekend && Has(Regressor::kWeekendSnap)) entries->push_back({column + 1, 1});
  }
}

void CalendarDesign::AppendShared(Day day, std::vector<Entry>* entries) const {
  const DateParts date(known_.DateOf(day));
  const auto add = [&](Regressor kind, int32_t index, double value) {
    if (Has(kind)) entries->push_back({First(kind) + index, value});
  };
  add(Regressor::kWeekday, static_cast<int32_t>(date.weekday.c_encoding()), 1);
  add(Regressor::kDayOfMonth, date.day_of_month() - 1, 1);
  const double angle = 2 * std::numbers::pi * date.day_of_year / kSolarYearDays;
  const bool is_friday = date.weekday == std::chrono::Friday;
  for (int32_t k = 0; k < kSeasonPairs; ++k) {
    const double cosine = std::cos((k + 1) * angle);
    const double sine = std::sin((k + 1) * angle);
    add(Regressor::kSeason, 2 * k, cosine);
    add(Regressor::kSeason, 2 * k + 1, sine);
    if (k >= kWeekendSeasonPairs || !(date.is_weekend() || is_friday)) continue;
    const Regressor kind = is_friday ? Regressor::kFridaySeason : Regressor::kWeekendSeason;
    add(kind, 2 * k, cosine);
    add(kind, 2 * k + 1, sine);
  }
  if (date.is_weekend()) {
    add(Regressor::kWeekendMonth, std::min(kMonthSixths - 1, (date.day_of_month() - 1) / 6), 1);
  }
  AppendEvents(day, entries);
  AppendWindows(day, date.is_weekend(), entries);
}

void CalendarDesign::AppendEvents(Day day, std::vector<Entry>* entries) const {
  static constexpr Regressor kKinds[] = {Regressor::kEventToday, Regressor::kEventTomorrow,
                                         Regressor::kEventAfter};
  for (int32_t ahead = 0; ahead < 3; ++ahead) {
    const KnownDay* const known = known_.At(day + ahead);
    if (known == nullptr || !Has(kKinds[ahead])) continue;
    for (const KnownDay::Event& event : known->events) {
      const auto found = std::find(events_.begin(), events_.end(), event.name);
      if (found == events_.end()) continue;
      entries->push_back({First(kKinds[ahead]) + static_cast<int32_t>(found - events_.begin()), 1});
    }
  }
}

void CalendarDesign::AppendWindows(Day day, bool is_weekend, std::vector<Entry>* entries) const {
  const HolidayTable& holidays = known_.holidays;
  const month_day date = DateParts(known_.DateOf(day)).date_of_year();
  if (Has(Regressor::kWindow)) {
    int32_t column = First(Regressor::kWindow);
    for (const HolidayTable::DateWindow& window : holidays.date_windows) {
      const int32_t place = PlaceIn(window, date);
      if (place < LengthOf(window)) entries->push_back({column + place, 1});
      column += LengthOf(window);
    }
    for (const HolidayTable::EventWindow& window : holidays.event_windows) {
      for (int32_t offset = window.from; offset <= window.to; ++offset, ++column) {
        const KnownDay* const known = known_.At(day - offset);
        if (offset == 0 || known == nullptr) continue;
        if (known->events[0].name == window.event || known->events[1].name == window.event) {
          entries->push_back({column, 1});
        }
      }
    }
  }
  if (!is_weekend) return;
  for (size_t k = 0; k < holidays.weekend_windows.size() && Has(Regressor::kWeekendWindow); ++k) {
    for (const HolidayTable::DateWindow& window : holidays.weekend_windows[k]) {
      if (PlaceIn(window, date) < LengthOf(window)) {
        entries->push_back({First(Regressor::kWeekendWindow) + static_cast<int32_t>(k), 1});
      }
    }
  }
  for (int32_t ahead = 0; ahead < 2 && Has(Regressor::kWeekendEvent); ++ahead) {
    const KnownDay* const known = known_.At(day + ahead);
    if (known != nullptr && Contains(holidays.weekend_event_types, known->events[0].type)) {
      entries->push_back({First(Regressor::kWeekendEvent) + ahead, 1});
    }
  }
}

}  // namespace tillstream
