#pragma once

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/ids.h"

namespace tillstream {

/// Longer than anyone waits, and far from the 292 years that 64 bits of nanoseconds hold: what is
/// further away in real time is taken for that far, so that sums cannot overflow.
inline constexpr std::chrono::hours kScheduleSpan{50 * 365 * 24};

/// Simulated time per real time. `max` has no schedule at all.
class Speed {
 public:
  /// As fast as it goes.
  static Speed Max() { return Speed(0, "max"); }

  /// "max", "Nd/s" (N simulated days a second) or "Nx" (N simulated seconds a second); N may have
  /// decimals and is above 0. kUsage otherwise.
  static Result<Speed> Parse(std::string_view text);

  bool is_max() const { return rate_ == 0; }

  /// Real time that `simulated` takes, at most kScheduleSpan either way. Not for max.
  std::chrono::nanoseconds RealTime(std::chrono::milliseconds simulated) const;

  /// As the user wrote it.
  const std::string& text() const { return text_; }

  /// So many simulated days a second, in the unit of text(): "612d/s" or "52876800x".
  std::string TextOf(double days_a_second) const;

 private:
  Speed(double rate, std::string text) : rate_(rate), text_(std::move(text)) {}

  double rate_;  ///< Simulated seconds a second; 0 is max.
  std::string text_;
};

/// The clock that all stores of a run share: an absolute schedule, so that nothing drifts. The
/// simulated instant `simulated` stands at the wall instant `wall_ms`.
struct RunClock {
  int64_t wall_ms = 0;
  Timestamp simulated;
  std::string speed;
  /// The wall instant since which it stands still; none while it goes.
  std::optional<int64_t> paused_ms{};

  friend bool operator==(const RunClock&, const RunClock&) = default;
};

/// Turns simulated instants into deadlines of the monotonic clock.
class Schedule {
 public:
  /// Without a schedule: everything is due at once.
  Schedule() : speed_(Speed::Max()) {}

  /// `now_monotonic` and `now_wall_ms` are readings of the two clocks at one moment.
  Schedule(const RunClock& clock, Speed speed, std::chrono::nanoseconds now_monotonic,
           int64_t now_wall_ms)
      : speed_(std::move(speed)),
        simulated_(clock.simulated),
        anchor_(now_monotonic + std::clamp<std::chrono::milliseconds>(
                                    std::chrono::milliseconds(clock.wall_ms - now_wall_ms),
                                    -kScheduleSpan, kScheduleSpan)) {}

  bool paced() const { return !speed_.is_max(); }

  /// When `simulated` comes. Only when paced().
  std::chrono::nanoseconds Due(Timestamp simulated) const {
    return anchor_ + speed_.RealTime(std::chrono::milliseconds(simulated - simulated_));
  }

 private:
  Speed speed_;
  Timestamp simulated_;
  std::chrono::nanoseconds anchor_{0};
};

}  // namespace tillstream
