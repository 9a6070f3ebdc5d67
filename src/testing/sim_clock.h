#pragma once

#include "base/clock.h"
#include "base/mutex.h"

namespace tillstream {

/// A clock that stands still until a test moves it, or until something sleeps on it: a sleeper
/// moves it to its own deadline at once, so that simulated weeks take no time. Both kinds of time
/// move together. Thread safe.
class SimClock final : public Clock {
 public:
  explicit SimClock(WallTime start = WallTime{}) : start_(start) {}

  WallTime Now() override;
  std::chrono::nanoseconds Monotonic() override;
  bool SleepUntil(std::chrono::nanoseconds deadline, std::stop_token stop) override;

  void Advance(std::chrono::nanoseconds by);

 private:
  Mutex mutex_;
  const WallTime start_;
  std::chrono::nanoseconds elapsed_ TILLSTREAM_GUARDED_BY(mutex_){0};
};

}  // namespace tillstream
