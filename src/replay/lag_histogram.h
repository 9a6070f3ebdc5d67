#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>

namespace tillstream {

/// Counts replay lags: how late each day of a store became durable. Any percentile comes out at
/// most an eighth too high, however many days there were, and never too low.
///
/// Lock-free atomics only, all zero when empty, so that it may lie in shared memory. One thread
/// adds at a time, any may read.
class LagHistogram {
 public:
  /// Negative lags count as 0.
  void Add(std::chrono::nanoseconds lag);

  /// The lag that `share` (0 to 1) of the days did not exceed; 0 when there are none.
  std::chrono::nanoseconds Percentile(double share) const;

  std::chrono::nanoseconds max() const { return std::chrono::nanoseconds(max_ns_.load()); }
  int64_t count() const { return count_.load(); }

 private:
  /// Buckets are eighths of a power of two of microseconds, up to 2^42 of them: 50 days.
  static constexpr int kSteps = 8;
  static constexpr int kStepBits = 3;
  static constexpr int kBucketCount = (43 - kStepBits) * kSteps;

  static int BucketOf(uint64_t microseconds);
  /// The largest number of microseconds in a bucket.
  static uint64_t LastOf(int bucket);

  std::array<std::atomic<uint32_t>, kBucketCount> counts_{};
  std::atomic<int64_t> count_{0};
  std::atomic<int64_t> max_ns_{0};
};

static_assert(std::atomic<int64_t>::is_always_lock_free);

}  // namespace tillstream
