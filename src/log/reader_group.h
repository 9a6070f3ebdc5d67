#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "base/result.h"
#include "log/event_log.h"

namespace tillstream {

/// Which record was read last: an offset means something only in the stream that it was read from.
struct RecordMark {
  Offset offset;
  uint64_t hash = 0;  ///< Over its timestamp, key and value.
  friend bool operator==(const RecordMark&, const RecordMark&) = default;
};

RecordMark MarkOf(const RecordView& record);

/// How far a group has come in a partition.
struct GroupPosition {
  Offset next;  ///< The first offset that it has not read.
  /// Records before that, where it is known. Offsets are not dense on every log.
  std::optional<int64_t> records_before;
  /// The last of them, of a group that keeps it. Where it goes on, it must be there still.
  std::optional<RecordMark> last = std::nullopt;
  friend bool operator==(const GroupPosition&, const GroupPosition&) = default;
};

/// A named reader of a topic that remembers how far it came; on a log that shares partitions out
/// among several readers of the name (Kafka), one of them. Not thread safe.
class ReaderGroup {
 public:
  /// Called while the partitions that this reader had are still its own: the last time to Set() and
  /// Store() their positions.
  using BeforeChange = std::function<Status()>;

  virtual ~ReaderGroup() = default;

  /// Whether Assign() says which partitions to read; else they are the caller's to choose.
  virtual bool assigns_partitions() const = 0;

  /// The partitions that this reader reads from now on; none when nothing has changed. To be called
  /// every few seconds at least, or the others take its partitions over. Errors: kUnavailable, and
  /// that of `before_change`.
  virtual Result<std::optional<std::vector<TopicPartition>>> Assign(
      const BeforeChange& before_change) = 0;

  /// Where the group goes on; none where it has not been yet.
  virtual Result<std::optional<GroupPosition>> Find(const TopicPartition& partition) = 0;

  virtual void Set(const TopicPartition& partition, const GroupPosition& position) = 0;

  /// Keeps what was set, durably, if anything changed.
  virtual Status Store() = 0;
};

}  // namespace tillstream
