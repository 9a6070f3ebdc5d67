#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "log/event_log.h"
#include "registry/schema_history.h"
#include "registry/schema_registry.h"

namespace tillstream {

/// The topic that holds the schemas, as a Kafka cluster with Confluent's registry has it
/// (docs/formats/schemas_topic.md).
inline constexpr std::string_view kSchemasTopic = "_schemas";

/// How long Register() waits for another process that is registering. It holds the lock for one
/// sync, so this is long even for a slow disk and ten generators starting together.
inline constexpr std::chrono::seconds kRegistryLockWait{10};

/// The subject of a topic's values under the strategy `topic`: "sales-value".
std::string ValueSubject(std::string_view topic);

/// A registry whose store is a topic of the log itself, so that a log needs no server beside it.
///
/// Several processes may use one log: what others registered is read when an id is asked for that
/// is not known yet, and again under the topic's writer lock before anything is written, so no two
/// schemas get one id. Thread safe.
class LogRegistry final : public SchemaRegistry {
 public:
  /// Reads what is registered. Writes nothing: a log without the topic is an empty registry.
  /// `log` and `clock` must outlive the registry; `holder` is shown to a writer that is refused.
  ///
  /// Errors: kCorrupt, with the offset, when a record of the topic cannot be understood.
  static Result<std::unique_ptr<LogRegistry>> Open(EventLog& log, Clock& clock, std::string holder);

  Result<SchemaId> Register(const std::string& subject, const Schema& schema,
                            Timestamp timestamp) override;
  Result<Schema> Find(SchemaId id) override;
  Result<std::vector<RegisteredSchema>> List() override;
  Result<std::vector<std::string>> Check(const std::string& subject, const Schema& schema) override;

 private:
  LogRegistry(EventLog& log, Clock& clock, std::string holder);

  /// Reads the records from next_offset_ on.
  Status Refresh() TILLSTREAM_REQUIRES(mutex_);

  /// The topic's writer, waiting up to kRegistryLockWait for another's to go away.
  Result<std::unique_ptr<LogWriter>> TakeWriter() TILLSTREAM_REQUIRES(mutex_);

  /// With the writer's lock held and the topic read: appends what is missing, and syncs.
  Result<SchemaId> RegisterUnderLock(LogWriter& writer, const std::string& subject,
                                     const Schema& schema, Timestamp timestamp)
      TILLSTREAM_REQUIRES(mutex_);

  EventLog& log_;
  Clock& clock_;
  const std::string holder_;

  Mutex mutex_;
  SchemaHistory history_ TILLSTREAM_GUARDED_BY(mutex_);
  Offset next_offset_ TILLSTREAM_GUARDED_BY(mutex_);
  /// Records before it are durable: this process has synced the topic since it read them.
  Offset durable_offset_ TILLSTREAM_GUARDED_BY(mutex_);
};

}  // namespace tillstream
