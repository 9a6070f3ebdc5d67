#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/date.h"

namespace tillstream {

/// The dates that --rebase-to takes: event time 0 is no time on Kafka, and beyond the last one
/// readers that count nanoseconds come to their end.
inline constexpr Date kRebaseDateMin = Date(std::chrono::days(1));
inline constexpr Date kRebaseDateMax =
    std::chrono::year(2199) / std::chrono::December / std::chrono::day(31);

/// By how much the events of a run are later than the dataset, in whole weeks, so that weekdays
/// stay. Prices and day numbers stay what they are.
struct Rebase {
  int32_t weeks = 0;  ///< Negative: earlier.
  Date to;            ///< The date that was asked for, before which the data was to end.

  /// "2026-11-27 (550 weeks later)".
  std::string ToString() const;
  friend bool operator==(const Rebase&, const Rebase&) = default;
};

/// 0 for none.
std::chrono::weeks WeeksOf(const std::optional<Rebase>& rebase);

/// The latest shift that lets data whose last day is `last` end before `to`.
Rebase RebaseTo(Date to, Date last);

/// --rebase-to as it was given: "", "today" or a date. kUsage for anything else, and for a date
/// outside [kRebaseDateMin, kRebaseDateMax].
Status CheckRebase(const std::string& text);

/// The shift that checked `text` means for data whose last day is `last`. A run that has one,
/// `stored`, keeps it for "today" and for the date that it began with, whatever day it is and
/// however many days the data has by now; any other date is a shift of its own.
std::optional<Rebase> ResolveRebase(const std::string& text, Date last, Date today,
                                    const std::optional<Rebase>& stored);

}  // namespace tillstream
