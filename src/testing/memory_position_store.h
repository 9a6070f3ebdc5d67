#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "base/mutex.h"
#include "log/position_store.h"

namespace tillstream {

/// A PositionStore in memory, which can be told to fail.
class MemoryPositionStore final : public PositionStore {
 public:
  Result<std::optional<Entry>> Load(const StreamName& stream) override {
    MutexLock lock(mutex_);
    if (fault_) return *fault_;
    const auto at = entries_.find(stream);
    if (at == entries_.end()) return std::optional<Entry>();
    return std::optional<Entry>(at->second);
  }

  Result<PositionVersion> Store(const StreamName& stream, const PositionRecord& record,
                                std::optional<PositionVersion> expected) override {
    MutexLock lock(mutex_);
    if (fault_) return *fault_;
    const auto at = entries_.find(stream);
    std::optional<PositionVersion> found;
    if (at != entries_.end()) found = at->second.version;
    if (found != expected) {
      if (found && at->second.record == record) return *found;
      return MakeError(ErrorCode::kRefused,
                       "memory: {}/{}: another writer took the stream over ({})", stream.topic,
                       stream.stream, found ? at->second.record.holder : "deleted");
    }
    const PositionVersion version = found ? *found + 1 : PositionVersion(0);
    entries_[stream] = {record, version};
    ++store_count_;
    return version;
  }

  std::string Describe() const override { return "memory"; }

  /// Every call fails so from now on; none: no longer.
  void Fail(std::optional<Error> fault) {
    MutexLock lock(mutex_);
    fault_ = std::move(fault);
  }
  int store_count() {
    MutexLock lock(mutex_);
    return store_count_;
  }

 private:
  Mutex mutex_;
  std::map<StreamName, Entry> entries_ TILLSTREAM_GUARDED_BY(mutex_);
  std::optional<Error> fault_ TILLSTREAM_GUARDED_BY(mutex_);
  int store_count_ TILLSTREAM_GUARDED_BY(mutex_) = 0;
};

}  // namespace tillstream
