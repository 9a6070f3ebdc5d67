#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "log/event_log.h"
#include "registry/schema_history.h"
#include "registry/schemas_record.h"

namespace tillstream {

/// The topic that holds the schemas, as a Kafka cluster with Confluent's registry has it
/// (docs/formats/schemas_topic.md).
inline constexpr std::string_view kSchemasTopic = "_schemas";

/// How long a writer waits for another process that is writing. It holds the lock for one sync, so
/// this is long even for a slow disk and ten generators starting together.
inline constexpr std::chrono::seconds kRegistryLockWait{10};

/// The `_schemas` topic of a log with what its records add up to.
///
/// Several processes may use one log: the topic's writer lock is held only while something is
/// written, and what others wrote is read before. Thread safe: one thread writes at a time, others
/// read meanwhile.
class SchemasTopic {
 public:
  /// Reads what is there. Writes nothing: a log without the topic is an empty history. `log` and
  /// `clock` must outlive this; `holder` is shown to a writer that is refused.
  ///
  /// Errors: kCorrupt, with the offset, when a record of the topic cannot be understood.
  /// `stop` ends waiting for the writer's lock.
  static Result<std::unique_ptr<SchemasTopic>> Open(EventLog& log, Clock& clock, std::string holder,
                                                    std::stop_token stop = {});

  /// Reads what was appended since, whether it is durable or not: for readers, which write nothing.
  Status Refresh() TILLSTREAM_EXCLUDES(mutex_);

  /// The same, but makes durable first what it reads, since a record that another process wrote may
  /// be in the page cache alone. Takes the writer's lock only if there is something new. Where only
  /// this and Write() are used, the history never has what a power cut could take back.
  Status RefreshDurably() TILLSTREAM_EXCLUDES(mutex_, write_mutex_);

  /// What `read` makes of the history; it must not keep pointers into it.
  template <typename Read>
  auto With(Read read) TILLSTREAM_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return read(static_cast<const SchemaHistory&>(history_));
  }

  /// Decides with the lock held and everything read what to append, possibly nothing.
  using Plan = std::function<Result<std::vector<SchemasRecord>>(const SchemaHistory&)>;

  /// Appends what `plan` decides, in order; a crash may leave the first of several records. On
  /// return it is durable, and so is all that the plan saw.
  ///
  /// Errors: those of `plan`, and kSchemaTooLarge for a record that no batch holds, with nothing
  /// written; kRefused (kNotNow) when others write for longer than kRegistryLockWait, or a stop is
  /// requested; those of the log.
  Status Write(const Plan& plan, Timestamp timestamp) TILLSTREAM_EXCLUDES(mutex_, write_mutex_);

  /// The first kIoError of Write(). After it what reached the
  /// disk is not known, and the kernel may have forgotten what it could not write: nothing is
  /// written any more, and nothing new counts as durable, until the topic is opened again by a new
  /// process.
  Status Failure() TILLSTREAM_EXCLUDES(mutex_);

  /// Whether the record at `offset` is known to survive a power cut.
  bool IsDurable(Offset offset) TILLSTREAM_EXCLUDES(mutex_);

  /// Where it is, for messages.
  std::string Describe() const { return log_.Describe(); }

 private:
  SchemasTopic(EventLog& log, Clock& clock, std::string holder, std::stop_token stop);

  Status RefreshLocked() TILLSTREAM_REQUIRES(mutex_);

  /// Whether records are there that were not read yet.
  Result<bool> HasNews() TILLSTREAM_EXCLUDES(mutex_);

  /// The topic's writer, waiting until `deadline` for another's to go away.
  Result<std::unique_ptr<LogWriter>> TakeWriter(std::chrono::nanoseconds deadline)
      TILLSTREAM_REQUIRES(write_mutex_);

  /// Makes durable what the log holds, and reads it.
  Status CatchUp(LogWriter& writer) TILLSTREAM_REQUIRES(write_mutex_) TILLSTREAM_EXCLUDES(mutex_);
  Status Append(LogWriter& writer, const std::vector<SchemasRecord>& records, Timestamp timestamp)
      TILLSTREAM_REQUIRES(write_mutex_);
  /// Keeps a kIoError, behind which nothing may be written any more.
  Status Final(Status status) TILLSTREAM_EXCLUDES(mutex_);

  EventLog& log_;
  Clock& clock_;
  const std::string holder_;
  const std::stop_token stop_;

  /// Held by the thread that writes, also while it waits for the lock of the topic; taken first.
  Mutex write_mutex_;
  Mutex mutex_;
  SchemaHistory history_ TILLSTREAM_GUARDED_BY(mutex_);
  Offset next_offset_ TILLSTREAM_GUARDED_BY(mutex_);
  /// Records before it are durable: this process has synced the topic since it read them.
  Offset durable_offset_ TILLSTREAM_GUARDED_BY(mutex_);
  Status failure_ TILLSTREAM_GUARDED_BY(mutex_);
};

}  // namespace tillstream
