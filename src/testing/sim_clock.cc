#include "testing/sim_clock.h"

#include <algorithm>

namespace tillstream {

WallTime SimClock::Now() {
  return start_ + std::chrono::duration_cast<std::chrono::milliseconds>(Monotonic());
}

std::chrono::nanoseconds SimClock::Monotonic() {
  MutexLock lock(mutex_);
  return elapsed_;
}

bool SimClock::SleepUntil(std::chrono::nanoseconds deadline, std::stop_token stop) {
  if (stop.stop_requested()) return false;
  MutexLock lock(mutex_);
  elapsed_ = std::max(elapsed_, deadline);
  return true;
}

void SimClock::Advance(std::chrono::nanoseconds by) {
  MutexLock lock(mutex_);
  elapsed_ += by;
}

}  // namespace tillstream
