#pragma once

#include <string_view>

#include "base/result.h"
#include "log/event_log.h"
#include "log/record_block.h"

namespace tillstream {

/// A record that could not be decoded. Views of what is valid during a call.
struct DeadLetter {
  const TopicPartition& partition;  ///< Where it stands.
  const RecordView& record;
  std::string_view error;
};

/// Keeps records that could not be decoded, with all their bytes. Not thread safe.
class DeadLetters {
 public:
  virtual ~DeadLetters() = default;

  virtual Status Put(const DeadLetter& letter) = 0;

  /// On success everything put before is durable. A consumer's position moves past a record only
  /// after that, so that a crash may keep a record twice, and never loses one.
  virtual Status Sync() = 0;
};

}  // namespace tillstream
