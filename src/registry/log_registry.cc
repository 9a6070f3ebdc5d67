#include "registry/log_registry.h"

#include <fmt/ranges.h>

#include <utility>

#include "avro/compatibility.h"
#include "base/check.h"
#include "base/text.h"

namespace tillstream {
namespace {

/// Between two tries for the lock: short beside a sync, long beside a system call.
constexpr std::chrono::milliseconds kLockRetry{20};

/// One small record; a disk that takes longer has failed.
constexpr std::chrono::seconds kSyncWait{30};

TopicPartition SchemasPartition() { return {std::string(kSchemasTopic), PartitionId(0)}; }

Result<std::vector<std::string>> FaultsAgainst(const SchemaHistory::Entry* latest,
                                               const Schema& schema) {
  if (latest == nullptr) return std::vector<std::string>();
  if (!latest->parsed) {
    return std::vector<std::string>{
        fmt::format("version {} is of type {}", latest->registered.version, latest->schema_type)};
  }
  std::vector<std::string> faults;
  for (const CompatibilityFault& fault : CompatibilityFaults(schema, *latest->parsed)) {
    faults.push_back(fault.ToString());
  }
  return faults;
}

}  // namespace

std::string ValueSubject(std::string_view topic) { return std::string(topic) + "-value"; }

LogRegistry::LogRegistry(EventLog& log, Clock& clock, std::string holder)
    : log_(log), clock_(clock), holder_(std::move(holder)) {}

Result<std::unique_ptr<LogRegistry>> LogRegistry::Open(EventLog& log, Clock& clock,
                                                       std::string holder) {
  std::unique_ptr<LogRegistry> registry(new LogRegistry(log, clock, std::move(holder)));
  const MutexLock lock(registry->mutex_);
  TILLSTREAM_TRY(registry->Refresh());
  return registry;
}

Status LogRegistry::Refresh() {
  auto opened = log_.OpenReader(SchemasPartition());
  if (!opened) {
    if (opened.error().code == ErrorCode::kNotFound) return Ok();
    return std::move(opened).error();
  }
  LogReader& reader = **opened;
  TILLSTREAM_TRY(reader.Seek(next_offset_));
  for (;;) {
    TILLSTREAM_ASSIGN(const auto records, reader.Read(std::chrono::milliseconds(0)));
    if (records.empty()) return Ok();
    for (const RecordView& record : records) {
      if (auto applied = history_.Apply(record); !applied) {
        return applied.error().At(
            fmt::format("{}: offset {}", SchemasPartition().ToString(), record.offset.value()));
      }
      next_offset_ = record.offset + 1;
    }
  }
}

Result<std::unique_ptr<LogWriter>> LogRegistry::TakeWriter() {
  TILLSTREAM_TRY(log_.CreateTopic({std::string(kSchemasTopic), 1}));
  const WriterSpec spec{SchemasPartition(), std::nullopt, holder_};
  const auto deadline = clock_.Monotonic() + kRegistryLockWait;
  for (;;) {
    auto writer = log_.OpenWriter(spec);
    if (writer || writer.error().code != ErrorCode::kRefused || clock_.Monotonic() >= deadline) {
      return writer;
    }
    clock_.SleepUntil(clock_.Monotonic() + kLockRetry, std::stop_token());
  }
}

Result<SchemaId> LogRegistry::Register(const std::string& subject, const Schema& schema,
                                       Timestamp timestamp) {
  const MutexLock lock(mutex_);
  // A registration that was only read may be in the page cache alone, left by a process that died
  // before its sync; events that are synced later must not outlive it.
  const SchemaHistory::Entry* const present = history_.Find(subject, schema.ToJson());
  if (present != nullptr && present->offset < durable_offset_) return present->registered.id;

  TILLSTREAM_ASSIGN(const std::unique_ptr<LogWriter> writer, TakeWriter());
  TILLSTREAM_TRY(Refresh());
  return RegisterUnderLock(*writer, subject, schema, timestamp);
}

Result<SchemaId> LogRegistry::RegisterUnderLock(LogWriter& writer, const std::string& subject,
                                                const Schema& schema, Timestamp timestamp) {
  const std::string identity = schema.ToJson();
  SchemaId id;
  if (const SchemaHistory::Entry* present = history_.Find(subject, identity)) {
    id = present->registered.id;
  } else {
    const SchemaHistory::Entry* const latest = history_.Latest(subject);
    TILLSTREAM_ASSIGN(const auto faults, FaultsAgainst(latest, schema));
    if (!faults.empty()) {
      return MakeError(ErrorCode::kBadInput,
                       "schema: subject {}: incompatible with version {} (BACKWARD): {}",
                       Quote(subject), latest->registered.version, fmt::join(faults, "; "));
    }
    id = history_.IdOf(identity).value_or(history_.NextId());
    const SchemaRecord record =
        MakeSchemaRecord({id, subject, history_.NextVersion(subject), identity});
    RecordBlock block;
    block.Clear(timestamp);
    block.Append(record.key, record.value);
    TILLSTREAM_TRY(writer.Append(block));
    TILLSTREAM_TRY(writer.Flush());
  }
  TILLSTREAM_TRY(writer.Sync(kSyncWait));
  TILLSTREAM_TRY(Refresh());  // reads its own record back, so that state has one source
  durable_offset_ = next_offset_;
  TILLSTREAM_CHECK(history_.Find(subject, identity) != nullptr);
  return id;
}

Result<Schema> LogRegistry::Find(SchemaId id) {
  const MutexLock lock(mutex_);
  const SchemaHistory::Entry* entry = history_.FindId(id);
  if (entry == nullptr) {
    TILLSTREAM_TRY(Refresh());
    entry = history_.FindId(id);
  }
  if (entry == nullptr) {
    return MakeError(ErrorCode::kNotFound, "schema: id {} is not registered in {}", id.value(),
                     log_.Describe());
  }
  if (!entry->parsed) {
    return MakeError(ErrorCode::kBadInput, "schema: id {} is {}, needed Avro without references",
                     id.value(), Quote(entry->schema_type));
  }
  return *entry->parsed;
}

Result<std::vector<RegisteredSchema>> LogRegistry::List() {
  const MutexLock lock(mutex_);
  TILLSTREAM_TRY(Refresh());
  return history_.List();
}

Result<std::vector<std::string>> LogRegistry::Check(const std::string& subject,
                                                    const Schema& schema) {
  const MutexLock lock(mutex_);
  TILLSTREAM_TRY(Refresh());
  if (history_.Find(subject, schema.ToJson()) != nullptr) return std::vector<std::string>();
  return FaultsAgainst(history_.Latest(subject), schema);
}

}  // namespace tillstream
