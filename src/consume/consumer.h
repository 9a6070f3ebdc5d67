#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "consume/dead_letters.h"
#include "consume/event_decoder.h"
#include "consume/event_sink.h"
#include "consume/repeat_filter.h"
#include "log/event_log.h"
#include "log/reader_group.h"

namespace tillstream {

class ConsumeBoard;

/// Where reading begins or ends, as `-o` says it.
struct OffsetSpec {
  enum class Kind {
    kBeginning,
    kEnd,
    kStored,     ///< The group's position; the beginning where it has none.
    kOffset,     ///< At offset `value`, or at the end where there are fewer records.
    kFromEnd,    ///< `value` records before the end.
    kTimestamp,  ///< At the first record with a timestamp of `value` ms or later.
  };
  Kind kind = Kind::kBeginning;
  int64_t value = 0;
};

/// What `-o` was given, taken together.
struct OffsetRange {
  std::optional<OffsetSpec> start;
  std::optional<Timestamp> stop_at;  ///< e@MS: records from this time on are not read.

  /// Adds one of beginning, end, stored, N, -N, s@MS, e@MS, d@DATE. kUsage otherwise.
  Status Add(std::string_view text);
};

/// What happens to a record that cannot be decoded.
enum class OnError {
  kStop,
  kSkip,  ///< Counted and reported, then the next.
  kKeep,  ///< The same, and its bytes go to ConsumeOptions::dead_letters.
};

struct ConsumeOptions {
  std::string topic = "sales";
  /// The topics that have the events of `topic`, where those are others. Empty: itself.
  std::vector<std::string> topics = {};
  std::vector<PartitionId> partitions;  ///< Of each topic. Empty: all.
  OffsetRange range;
  int64_t count_max = 0;     ///< 0: no limit.
  bool stop_at_end = false;  ///< Else the end is followed.
  std::string store_id;      ///< Only events of this store; empty for all.
  OnError on_error = OnError::kStop;
  /// Of kKeep; must outlive the consumer.
  DeadLetters* dead_letters = nullptr;
  /// Drops what an at-least-once stream repeats. Where reading begins within a partition, the
  /// records before say what was there already: kLookBackRecords of them.
  bool distinct = false;
  bool headers = true;  ///< Whether anybody looks at the records' headers.
  /// Where the consumer shows how far it is, about every kBoardInterval while it is not kept from
  /// it; may be null. Must outlive it.
  ConsumeBoard* board = nullptr;
};

/// How far a consumer came in one partition.
struct PartitionProgress {
  TopicPartition partition;
  GroupPosition position;
};

/// More than a crash repeats: what a writer appends within a second, and its queue.
inline constexpr int64_t kLookBackRecords = 2'000'000;

struct ConsumeSummary {
  int64_t records = 0;  ///< Given to the sink.
  int64_t bytes = 0;    ///< Keys and values of those.
  int64_t repeats = 0;  ///< Dropped by `distinct`.
  int64_t missing = 0;  ///< With `distinct`: left out by the stream, as after a deletion.
  /// Records that could not be decoded, skipped or kept, by reason: the error with N for every
  /// number in it.
  std::map<std::string, int64_t> skipped;
};

/// Reads partitions in turn, a batch at a time, decodes each record and gives it to a sink. A group
/// that shares its partitions out says which, and may change its mind. One thread.
class Consumer {
 public:
  /// `log`, `registry`, `clock` and `sink` must outlive the consumer. `group` may be null.
  /// `on_warning` gets a line for each of the first records that are skipped for a reason, for the
  /// first gaps that `distinct` finds, and for a partition that ends before the group's position or
  /// begins behind it.
  Consumer(EventLog& log, SchemaRegistry& registry, Clock& clock, EventSink& sink,
           ReaderGroup* group, ConsumeOptions options,
           std::function<void(const std::string&)> on_warning);

  /// Runs until the end, the count, a stop request or a sink that is closed. The group's positions
  /// are stored about once a second and at the end, after the sink was flushed: never ahead of what
  /// the sink has taken, or of dead letters that are not durable. On kCorrupt the position stays
  /// before the record. Errors: those of the log, the registry, the sink and the dead letters;
  /// kNotFound and kUsage for a topic or partition that is not there; kRefused where the group's
  /// position is one in another stream.
  Status Run(std::stop_token stop);

  const ConsumeSummary& summary() const { return summary_; }

  /// Of the partitions that are read, in order.
  std::vector<PartitionProgress> progress() const;

 private:
  struct Source {
    TopicPartition partition;
    std::unique_ptr<LogReader> reader;
    Offset next;  ///< First offset that the sink has not taken.
    /// Records before it, where it is known; repeats that were dropped are none.
    std::optional<int64_t> records_before;
    std::optional<RecordMark> last;  ///< Of the records before it, where there is a group.
    /// The same, while the log does not reach as far; checked before anything behind it is taken.
    std::optional<RecordMark> unchecked;
    bool ended = false;
    std::chrono::nanoseconds found_empty_at{0};
    RepeatFilter repeats;
  };

  Result<int32_t> CountPartitions(const std::string& topic);
  /// The partitions that were asked for, of every topic.
  Result<std::vector<TopicPartition>> ChoosePartitions();
  Status OpenSources(std::vector<TopicPartition> partitions);
  /// Takes what the group says of its partitions, if it does.
  Status FollowGroup();
  Status ReadAll(const std::stop_token& stop);
  Result<GroupPosition> StartOf(Source& source);
  Result<GroupPosition> StartAt(Source& source, const OffsetSpec& spec);
  /// The group's position, with a warning where the partition ends before it or begins behind it.
  Result<GroupPosition> StoredPosition(Source& source);
  /// kRefused when another record stands where the group read `mark`.
  Status CheckMark(const Source& source, const RecordMark& mark);
  /// Reads one batch; false when nothing was there.
  Result<bool> ReadBatch(Source& source);
  Status LookBack(Source& source);
  /// Whether the record is a repeat; warns of what is missing before it.
  bool IsRepeat(Source& source, const RecordView& record);
  Status Handle(Source& source, const RecordView& record);
  Status Skip(const Source& source, const RecordView& record, const Error& error);
  Status KeepDeadLetter(const Source& source, const RecordView& record, const Error& error);
  bool Full() const { return options_.count_max > 0 && summary_.records >= options_.count_max; }
  Status StorePositions();
  /// Shows at the board where it stands; unless `always`, only now and then.
  void Show(bool always);

  EventLog& log_;
  Clock& clock_;
  EventSink& sink_;
  ReaderGroup* group_;
  const ConsumeOptions options_;
  const std::function<void(const std::string&)> on_warning_;
  EventDecoder decoder_;
  Event event_;
  std::vector<Source> sources_;
  bool is_assigned_ = false;  ///< Which partitions to read is known.
  ConsumeSummary summary_;
  int64_t gap_count_ = 0;
  std::chrono::nanoseconds last_store_{0};
  std::chrono::nanoseconds round_at_{0};  ///< When the last round began; with a board.
  std::chrono::nanoseconds shown_at_{0};
  int64_t records_at_flush_ = 0;
  bool sink_failed_ = false;  ///< Or the dead letters.
};

}  // namespace tillstream
