#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "forecast/holiday_table.h"
#include "model/date.h"
#include "model/ids.h"

namespace tillstream {

/// What is known of a day in advance.
struct KnownDay {
  struct Event {
    std::string name;  ///< Empty for none.
    std::string type;
  };
  std::array<Event, 2> events{};
  uint32_t snap = 0;  ///< Bit k: SNAP is accepted in snap_states[k].
};

/// The calendar as the models need it. Days beyond its end are days without events and SNAP, so
/// that a horizon that it does not cover is forecast all the same.
struct KnownDays {
  Date first_date;  ///< Of d_1.
  std::vector<KnownDay> days;
  std::vector<std::string> snap_states;
  HolidayTable holidays;

  Date DateOf(Day day) const { return first_date + std::chrono::days(day.value() - 1); }
  /// Null beyond the end, and before d_1.
  const KnownDay* At(Day day) const {
    const bool is_there = day.value() >= 1 && day.value() <= static_cast<int32_t>(days.size());
    return is_there ? &days[static_cast<size_t>(day.value() - 1)] : nullptr;
  }
  bool IsClosed(Day day) const;
  /// Whether SNAP is accepted in `state`; not in a state without a column.
  bool HasSnap(Day day, const std::string& state) const;
};

}  // namespace tillstream
