#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "dataset/dataset.h"
#include "log/event_log.h"
#include "model/ids.h"
#include "replay/stream_encoder.h"

namespace tillstream {

/// When a generator makes durable what it wrote: after so many bytes, so many events or so long,
/// whichever comes first.
struct SyncPolicy {
  int64_t bytes = int64_t{16} << 20;
  std::chrono::milliseconds interval{1000};
  int64_t events = INT64_MAX;

  /// "16MiB,1s": bytes, alone or in kB, KiB, MB, MiB, GB, GiB, then a time in ms, s or min. 0 of
  /// either is a sync a day. kUsage.
  static Result<SyncPolicy> Parse(std::string_view text);

  /// "1000000,1s": events, then a time of at most kCommitIntervalMax, under which a transaction
  /// stays well inside Kafka's limit of a minute. 0 of either is a commit a day. kUsage.
  static Result<SyncPolicy> ParseCommit(std::string_view text);
};

inline constexpr std::chrono::seconds kCommitIntervalMax{20};

/// How long a sync may take before the run is given up. The embedded log has no use for it.
inline constexpr std::chrono::minutes kSyncTimeout{2};

/// What a stream is made from, and how far this command writes it.
struct GeneratorOptions {
  std::string name;  ///< The store's id, or those of the stores whose stream it is; for messages.
  StreamSource source;
  Day from{1};  ///< First day of the stream.
  Day to{1};    ///< First day that is not to be written.
  SyncPolicy sync;
  /// Whether the log may hold totals of days whose events are not all there, as after a repair that
  /// had to cut damaged events. Those totals stay; their events are written again.
  bool totals_may_lead = false;
};

/// Writes one stream: what its partitions hold says where to go on, in each of them. Not thread
/// safe.
class Generator {
 public:
  /// Appends the totals that a crash kept from following their events. Fails with kRefused or
  /// kCorrupt when the log holds what this stream cannot have written. `clock` must outlive the
  /// generator.
  static Result<std::unique_ptr<Generator>> Open(GeneratorOptions options,
                                                 std::unique_ptr<LogWriter> writer, Clock& clock);

  const std::string& name() const { return options_.name; }
  int64_t events_a_day() const { return encoder_.events_a_day(); }

  /// The day that WriteDay() writes next, or finishes writing; `to` or later when done.
  Day next_day() const;
  bool done() const { return next_day() >= options_.to; }

  /// Writes the rest of next_day() and its totals, then syncs as the policy says. `idle_until` is
  /// when the store will write again (Monotonic() time; 0 at once): when the policy's time will
  /// have passed by then, it syncs now.
  Status WriteDay(std::chrono::nanoseconds idle_until);

  /// Makes everything written durable.
  Status Sync();

  /// When what is written and not durable has waited as long as the policy lets it (Monotonic()
  /// time); none when everything is durable. For a store that has to wait for others.
  std::optional<std::chrono::nanoseconds> sync_due() const;

  Position position() const { return writer_->position(); }
  Position durable_position() const { return writer_->durable_position(); }
  /// Day that the durable events reach: the first day that is not wholly durable.
  Day durable_day() const;
  /// Bytes of records handed to the log by this generator, before compression.
  int64_t bytes_written() const { return bytes_written_; }

 private:
  Generator(GeneratorOptions options, std::unique_ptr<LogWriter> writer, Clock& clock);

  int64_t events_unsynced() const { return writer_->position() - writer_->durable_position(); }
  int64_t DaysIn(size_t partition, int64_t events) const;
  Status CheckStart();
  /// Totals whose events the log has: of each complete day, and of what comes first in the next.
  int64_t CompleteTotals() const;
  Status AppendMissingTotals();
  Status WriteSection(const StreamEncoder::Section& section, Day day);
  /// Appends a table's total of `day`, which the encoder has selected, unless the log has it.
  Status AppendTotal(size_t table, Day day);

  const GeneratorOptions options_;
  StreamEncoder encoder_;
  std::unique_ptr<LogWriter> writer_;
  Clock& clock_;
  RecordBlock block_;
  int64_t bytes_written_ = 0;
  int64_t bytes_unsynced_ = 0;
  std::chrono::nanoseconds last_sync_;
};

}  // namespace tillstream
