#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "dataset/dataset.h"
#include "log/event_log.h"
#include "model/ids.h"
#include "replay/day_encoder.h"

namespace tillstream {

/// When a generator makes durable what it wrote: after so many bytes or so long, whichever comes
/// first.
struct SyncPolicy {
  int64_t bytes = int64_t{16} << 20;
  std::chrono::milliseconds interval{1000};

  /// "16MiB,1s": bytes with an optional KiB, MiB or GiB, then a time in ms, s or min. kUsage.
  static Result<SyncPolicy> Parse(std::string_view text);
};

/// How long a sync may take before the run is given up. The embedded log has no use for it.
inline constexpr std::chrono::minutes kSyncTimeout{2};

/// Writes one store's stream: the log's position says where to go on. Not thread safe.
class Generator {
 public:
  /// `from` is the first day of the stream, [from, to) what this command is to write. Fails with
  /// kRefused or kCorrupt when the log holds what this stream cannot have written.
  static Result<std::unique_ptr<Generator>> Open(std::shared_ptr<const StoreTable> table,
                                                 std::shared_ptr<const Calendar> calendar, Day from,
                                                 Day to, SchemaId sales_schema,
                                                 SchemaId totals_schema,
                                                 std::unique_ptr<LogWriter> writer,
                                                 const SyncPolicy& sync, Clock& clock);

  const std::string& store_id() const { return table_->store_id(); }

  /// The day that WriteDay() writes next, or finishes writing; `to` or later when done.
  Day next_day() const;
  bool done() const { return next_day() >= to_; }

  /// Writes the rest of next_day() and its total, then syncs as the policy says. `idle_until` is
  /// when the store will write again (Monotonic() time; 0 at once): when the policy's time will
  /// have passed by then, it syncs now.
  Status WriteDay(std::chrono::nanoseconds idle_until);

  /// Makes everything written durable.
  Status Sync();

  Position position() const { return writer_->position(); }
  Position durable_position() const { return writer_->durable_position(); }
  /// Day that the durable events reach: the first day that is not wholly durable.
  Day durable_day() const { return DayOf(durable_position()); }
  /// Bytes of records handed to the log by this generator, before compression.
  int64_t bytes_written() const { return bytes_written_; }
  int32_t series_count() const { return rows_; }

 private:
  Generator(std::shared_ptr<const StoreTable> table, std::shared_ptr<const Calendar> calendar,
            Day from, Day to, SchemaId sales_schema, SchemaId totals_schema,
            std::unique_ptr<LogWriter> writer, const SyncPolicy& sync, Clock& clock);

  Day DayOf(Position position) const {
    return from_ + static_cast<int32_t>(position.value() / rows_);
  }
  Status CheckStart();
  Status AppendMissingTotals();

  std::shared_ptr<const StoreTable> table_;
  std::shared_ptr<const Calendar> calendar_;
  const Day from_;
  const Day to_;
  const int32_t rows_;
  DayEncoder encoder_;
  std::unique_ptr<LogWriter> writer_;
  const SyncPolicy sync_;
  Clock& clock_;
  RecordBlock block_;
  int64_t bytes_written_ = 0;
  int64_t bytes_unsynced_ = 0;
  std::chrono::nanoseconds last_sync_;
};

}  // namespace tillstream
