#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/text.h"
#include "log/record_block.h"
#include "model/ids.h"

namespace tillstream {

struct TopicPartition {
  std::string topic;
  PartitionId partition;
  friend auto operator<=>(const TopicPartition&, const TopicPartition&) = default;
  friend bool operator==(const TopicPartition& a, const TopicPartition& b) {
    return a.partition == b.partition && SameText(a.topic, b.topic);
  }
  /// "sales-3", as the partition's directory is called.
  std::string ToString() const;
};

struct TopicInfo {
  std::string name;
  int32_t partition_count = 0;  ///< Partitions are 0..partition_count-1.
};

/// What a writer writes: the events of a store stream, and the end-of-day totals that follow them.
struct WriterSpec {
  /// Where the events go: one partition, or several, to which the stream is dealt out.
  std::vector<TopicPartition> events;
  /// Of several: how many events of a round (a store's day) each gets, the first one first. The
  /// rounds are all alike.
  std::vector<int64_t> round = {};
  std::optional<TopicPartition> totals;
  /// One line that is shown to a second writer that is refused, or to a first that is replaced: who
  /// holds the partition.
  std::string holder;
  /// Name of the stream, such as the store's id, by which the log tells its writers apart (Kafka:
  /// part of transactional.id). Empty: the partition's number. The embedded log has no use for it.
  std::string stream;
  /// Whether other streams are in the same partitions (Kafka). The embedded log has one writer a
  /// partition.
  bool is_shared = false;
  /// Topic that names the run, and the stream's number in it, by which a log finds what it keeps of
  /// the stream beside its events (Kafka: its position). None: those of the first partition.
  std::string run = {};
  std::optional<int32_t> number = std::nullopt;
  /// Free text that says what the stream is made from. A log that keeps it (Kafka: beside the
  /// position) refuses a writer that has another; empty compares with nothing.
  std::string identity;

  const std::string& run_topic() const { return run.empty() ? events.front().topic : run; }
  int32_t stream_number() const { return number.value_or(events.front().partition.value()); }
};

/// How many of a stream's first `position` events are in its partition number `index`, where each
/// round of the stream gives `round[i]` events to partition i, the first one first.
int64_t EventsDealtTo(std::span<const int64_t> round, size_t index, Position position);

/// Writes one store stream. Not thread safe.
///
/// An event is in one of three states. *Appended*: accepted, lost with the process. *Flushed*:
/// handed to the operating system, it survives the end of the process, readers see it. *Durable*:
/// it survives a power cut; only this is reported as written.
///
/// Failure: after an Error other than kTimedOut the writer refuses everything further with the same
/// Error, since what reached the disk is no longer known. Open a new one, which starts from what is
/// there; not after kRefused, which says that another writer has taken the stream over (Kafka).
/// Destruction flushes nothing.
class LogWriter {
 public:
  virtual ~LogWriter() = default;

  /// Position of the next event to append: what the log held at open, plus what was appended; over
  /// all partitions of the stream.
  virtual Position position() const = 0;

  /// One past the last durable event; over all partitions, the number of durable events.
  virtual Position durable_position() const = 0;

  /// The same of the stream's partition number `index`: its events there. After a crash one may be
  /// ahead of another.
  virtual int64_t EventsIn(size_t index) const = 0;
  virtual int64_t DurableEventsIn(size_t index) const = 0;

  /// Number of end-of-day totals that the log held at open, plus those appended.
  virtual int64_t totals_count() const = 0;

  /// Appends the block as one batch to the stream's partition number `index`; it is empty for
  /// nobody. On return the block may be reused. Needs block.size_bytes() <= kBatchBytesMax less the
  /// batch's header.
  virtual Status AppendTo(size_t index, const RecordBlock& events) = 0;
  /// To the first, or only, partition.
  Status Append(const RecordBlock& events) { return AppendTo(0, events); }

  /// Appends end-of-day totals as one batch. No reader sees them before the events that were
  /// appended earlier are durable: a total is a promise about them.
  virtual Status AppendTotals(const RecordBlock& totals) = 0;

  /// Makes what was appended visible to readers: flushed, and the totals as far as their events are
  /// durable. On Kafka nothing is visible before it is durable, and this sends without waiting.
  virtual Status Flush() = 0;

  /// Makes every event and total that was appended before this call durable, and returns the
  /// position one past the last event.
  ///
  /// Durable means: fdatasync() returned (segment log), or the transaction is committed (Kafka).
  /// Cost: a disk flush or several broker round trips, so call it as --sync and --commit say.
  ///
  /// Errors: kTimedOut (some may be durable; call again), kUnavailable, kIoError.
  virtual Result<Position> Sync(std::chrono::milliseconds timeout) = 0;
};

/// Reads one partition. Not thread safe; several readers of a partition do not disturb each other
/// or its writer.
class LogReader {
 public:
  virtual ~LogReader() = default;

  /// Offset of the first record that is there.
  virtual Result<Offset> Begin() = 0;

  /// One past the last complete record that is there now. An unfinished batch behind it is not
  /// there yet.
  virtual Result<Offset> End() = 0;

  /// First offset whose record has a timestamp >= `timestamp`; End() when there is none.
  virtual Result<Offset> OffsetAt(Timestamp timestamp) = 0;

  /// The next Read() starts with the record at `offset` or, when there is none, the next one.
  virtual Status Seek(Offset offset) = 0;

  /// The next records in offset order, at least one; an empty span when the end is reached and
  /// nothing more came within `wait` (0 does not wait). Views are valid until the next call.
  ///
  /// Errors: kCorrupt with file and byte for damaged bytes (the reader stays before them; Seek()
  /// goes on elsewhere), kIoError.
  virtual Result<std::span<const RecordView>> Read(std::chrono::milliseconds wait) = 0;

  /// From now on records may come without their headers, as if they had none: for a caller that
  /// does not look at them, where a log has to take them apart.
  virtual void OmitHeaders() {}
};

/// An append-only, partitioned sequence of records that outlives the process. Thread safe.
class EventLog {
 public:
  virtual ~EventLog() = default;

  /// Makes the topic with partitions 0..partition_count-1, or adds the partitions that are missing.
  virtual Status CreateTopic(const TopicInfo& topic) = 0;

  /// All topics, by name.
  virtual Result<std::vector<TopicInfo>> ListTopics() = 0;

  /// Takes the writer's lock of the stream's partitions and recovers what a crash left. The topics
  /// must exist (kNotFound). kRefused when another writer holds one, with who; on Kafka the new
  /// writer takes over instead, and the other gets kRefused. kCorrupt when a complete batch near
  /// the end is damaged.
  virtual Result<std::unique_ptr<LogWriter>> OpenWriter(const WriterSpec& spec) = 0;

  /// Starts at Begin(). kNotFound when there is no such partition.
  virtual Result<std::unique_ptr<LogReader>> OpenReader(const TopicPartition& partition) = 0;

  /// Where it is, for messages: "log ./tillstream-data", "kafka localhost:9092".
  virtual std::string Describe() const = 0;
};

}  // namespace tillstream
