#pragma once

#include <chrono>
#include <stop_token>

namespace tillstream {

/// Wall time: milliseconds since 1970-01-01T00:00Z, and durations in real time.
using WallTime = std::chrono::time_point<std::chrono::system_clock, std::chrono::milliseconds>;

/// A time in seconds.
constexpr double ToSeconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}

/// Where time comes from. Code below app/ has no other source of it, so that tests own time.
/// Thread safe.
class Clock {
 public:
  virtual ~Clock() = default;

  /// The wall clock. May jump when it is set.
  virtual WallTime Now() = 0;

  /// A clock that never jumps; only differences mean something.
  virtual std::chrono::nanoseconds Monotonic() = 0;

  /// Sleeps until Monotonic() >= `deadline` or a stop is requested; true when the deadline came.
  virtual bool SleepUntil(std::chrono::nanoseconds deadline, std::stop_token stop) = 0;
};

/// The machine's clocks.
class SystemClock final : public Clock {
 public:
  WallTime Now() override;
  std::chrono::nanoseconds Monotonic() override;
  bool SleepUntil(std::chrono::nanoseconds deadline, std::stop_token stop) override;
};

}  // namespace tillstream
