#include "base/clock.h"

#include <condition_variable>
#include <mutex>

namespace tillstream {

WallTime SystemClock::Now() {
  return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

std::chrono::nanoseconds SystemClock::Monotonic() {
  return std::chrono::steady_clock::now().time_since_epoch();
}

bool SystemClock::SleepUntil(std::chrono::nanoseconds deadline, std::stop_token stop) {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  wake.wait_until(lock, stop, std::chrono::steady_clock::time_point(deadline),
                  [] { return false; });
  return Monotonic() >= deadline;
}

}  // namespace tillstream
