#pragma once

#include <chrono>
#include <optional>

#include "model/ids.h"

namespace tillstream {

/// Finds out that a store cannot keep up with its schedule: it writes all the time and its lag
/// grows. One that catches up, after a pause or a stall, gets nearer to its schedule and is not
/// meant. Not thread safe.
class KeepUpWatch {
 public:
  /// Two spans in a row, so that one stall does not count.
  static constexpr std::chrono::seconds kSpan{5};

  /// To be called after every day that was written: `next_day` is the next, and has been due for
  /// `lag` at `now` (0: is not due yet). Returns the days a second that the store keeps, once, when
  /// that is found to be too few.
  std::optional<double> Wrote(std::chrono::nanoseconds now, Day next_day,
                              std::chrono::nanoseconds lag);

  /// Forgets what was seen: time has been moved, as after a pause.
  void Restart() { begin_.reset(); }

 private:
  struct Mark {
    std::chrono::nanoseconds at;
    Day day;
    std::chrono::nanoseconds lag;
  };

  std::optional<Mark> begin_;  ///< Since when it has been late, all the time.
  Mark span_{};                ///< Where the last span began.
  int spans_ = 0;              ///< In a row in which the lag grew.
  bool has_told_ = false;
};

}  // namespace tillstream
