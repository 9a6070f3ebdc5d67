#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "consume/consumer.h"

namespace tillstream {

/// Where a consumer stands in one of its partitions.
struct SourceState {
  TopicPartition partition;
  Offset next;         ///< First offset that the sink has not taken.
  bool ended = false;  ///< Nothing more of it is to be read: e@MS.
  /// When a read that found nothing began (Clock::Monotonic()): what was there by then is read. On
  /// Kafka only this says so, since `next` may stay before marks of transactions. 0: none yet.
  std::chrono::nanoseconds found_empty_at{0};
};

/// Where a consumer stands.
struct ConsumeState {
  std::chrono::nanoseconds at{0};  ///< When, by Clock::Monotonic(): its last round's begin.
  std::vector<SourceState> sources = {};
  ConsumeSummary summary = {};
  int64_t queue_records = 0;  ///< That the sink has been given since it was last flushed.
};

/// How often a consumer says where it stands, at most.
inline constexpr std::chrono::milliseconds kBoardInterval{100};

/// What a consumer shows of itself while it runs, to other threads. Thread safe.
class ConsumeBoard {
 public:
  void Put(ConsumeState state) {
    const MutexLock lock(mutex_);
    state_ = std::move(state);
  }
  /// The last state; none before the consumer has opened what it reads.
  std::optional<ConsumeState> Get() const {
    const MutexLock lock(mutex_);
    return state_;
  }

 private:
  mutable Mutex mutex_;
  std::optional<ConsumeState> state_ TILLSTREAM_GUARDED_BY(mutex_);
};

}  // namespace tillstream
