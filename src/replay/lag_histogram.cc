#include "replay/lag_histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace tillstream {

int LagHistogram::BucketOf(uint64_t microseconds) {
  if (microseconds < kSteps) return static_cast<int>(microseconds);
  // The leading one and the three bits behind it.
  const int shift = static_cast<int>(std::bit_width(microseconds)) - 1 - kStepBits;
  const auto step = static_cast<int>(microseconds >> shift);
  return std::min(shift * kSteps + step, kBucketCount - 1);
}

uint64_t LagHistogram::LastOf(int bucket) {
  if (bucket < 2 * kSteps) return static_cast<uint64_t>(bucket);
  const int shift = bucket / kSteps - 1;
  const auto step = static_cast<uint64_t>(bucket % kSteps + kSteps);
  return ((step + 1) << shift) - 1;
}

void LagHistogram::Add(std::chrono::nanoseconds lag) {
  lag = std::max(lag, std::chrono::nanoseconds(0));
  const auto microseconds =
      static_cast<uint64_t>(std::chrono::ceil<std::chrono::microseconds>(lag).count());
  counts_[static_cast<size_t>(BucketOf(microseconds))].fetch_add(1, std::memory_order_relaxed);
  if (lag.count() > max_ns_.load(std::memory_order_relaxed)) max_ns_.store(lag.count());
  count_.fetch_add(1, std::memory_order_relaxed);
}

std::chrono::nanoseconds LagHistogram::Percentile(double share) const {
  const int64_t wanted =
      std::max<int64_t>(1, std::llround(std::ceil(share * static_cast<double>(count()))));
  int64_t seen = 0;
  for (int bucket = 0; bucket < kBucketCount; ++bucket) {
    seen += counts_[static_cast<size_t>(bucket)].load(std::memory_order_relaxed);
    if (seen < wanted) continue;
    // The last bucket has no end.
    if (bucket == kBucketCount - 1) return max();
    const std::chrono::nanoseconds last =
        std::chrono::microseconds(static_cast<int64_t>(LastOf(bucket)));
    return std::min(last, max());
  }
  return max();
}

}  // namespace tillstream
