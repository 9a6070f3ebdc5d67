#include "registry/schemas_topic.h"

#include "log/record_batch.h"
#include "registry/registry_error.h"

namespace tillstream {
namespace {

/// Between two tries for the lock: short beside a sync, long beside a system call.
constexpr std::chrono::milliseconds kLockRetry{20};

/// One small batch; a disk that takes longer has failed.
constexpr std::chrono::seconds kSyncWait{30};

/// What a record costs in a batch beside its key and value, at most.
constexpr size_t kRecordOverheadBytes = 32;
constexpr size_t kBlockBytesMax = kBatchBytesMax - kBatchHeaderBytes;

size_t SizeOf(const SchemasRecord& record) {
  return record.key.size() + record.value.value_or("").size() + kRecordOverheadBytes;
}

TopicPartition SchemasPartition() { return {std::string(kSchemasTopic), PartitionId(0)}; }

}  // namespace

SchemasTopic::SchemasTopic(EventLog& log, Clock& clock, std::string holder, std::stop_token stop)
    : log_(log), clock_(clock), holder_(std::move(holder)), stop_(std::move(stop)) {}

Result<std::unique_ptr<SchemasTopic>> SchemasTopic::Open(EventLog& log, Clock& clock,
                                                         std::string holder, std::stop_token stop) {
  std::unique_ptr<SchemasTopic> topic(
      new SchemasTopic(log, clock, std::move(holder), std::move(stop)));
  TILLSTREAM_TRY(topic->Refresh());
  return topic;
}

Status SchemasTopic::Refresh() {
  const MutexLock lock(mutex_);
  return RefreshLocked();
}

Status SchemasTopic::RefreshLocked() {
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

Result<bool> SchemasTopic::HasNews() {
  const MutexLock lock(mutex_);
  auto reader = log_.OpenReader(SchemasPartition());
  if (!reader && reader.error().code == ErrorCode::kNotFound) return false;
  if (!reader) return std::move(reader).error();
  TILLSTREAM_ASSIGN(const Offset end, (*reader)->End());
  return end > durable_offset_;
}

Status SchemasTopic::RefreshDurably() {
  TILLSTREAM_ASSIGN(const bool has_news, HasNews());
  if (!has_news) return Ok();
  return Write([](const SchemaHistory&) { return std::vector<SchemasRecord>(); }, Timestamp(0));
}

Result<std::unique_ptr<LogWriter>> SchemasTopic::TakeWriter(std::chrono::nanoseconds deadline) {
  TILLSTREAM_TRY(log_.CreateTopic({std::string(kSchemasTopic), 1}));
  WriterSpec spec;
  spec.events = {SchemasPartition()};
  spec.holder = holder_;
  for (;;) {
    auto writer = log_.OpenWriter(spec);
    if (writer || writer.error().code != ErrorCode::kRefused) return writer;
    if (clock_.Monotonic() >= deadline ||
        !clock_.SleepUntil(clock_.Monotonic() + kLockRetry, stop_)) {
      return Error{ErrorCode::kRefused, writer.error().message,
                   static_cast<int>(RegistryCode::kNotNow)};
    }
  }
}

Status SchemasTopic::Failure() {
  const MutexLock lock(mutex_);
  return failure_;
}

Status SchemasTopic::Final(Status status) {
  if (status || status.error().code != ErrorCode::kIoError) return status;
  const MutexLock lock(mutex_);
  failure_ = status;
  return status;
}

Status SchemasTopic::CatchUp(LogWriter& writer) {
  TILLSTREAM_ASSIGN(const bool has_news, HasNews());
  if (!has_news) return Ok();
  const auto synced = writer.Sync(kSyncWait);
  if (!synced) return Final(synced.error());
  const MutexLock lock(mutex_);
  TILLSTREAM_TRY(RefreshLocked());
  durable_offset_ = next_offset_;
  return Ok();
}

Status SchemasTopic::Append(LogWriter& writer, const std::vector<SchemasRecord>& records,
                            Timestamp timestamp) {
  RecordBlock block;
  block.Clear(timestamp);
  size_t size_bytes = 0;
  for (const SchemasRecord& record : records) {
    if (size_bytes + SizeOf(record) > kBlockBytesMax) {
      TILLSTREAM_TRY(writer.Append(block));
      block.Clear(timestamp);
      size_bytes = 0;
    }
    block.Append(record.key, record.value.value_or(""), record.value.has_value());
    size_bytes += SizeOf(record);
  }
  TILLSTREAM_TRY(writer.Append(block));
  TILLSTREAM_TRY(writer.Flush());
  TILLSTREAM_TRY(writer.Sync(kSyncWait));
  return Ok();
}

Status SchemasTopic::Write(const Plan& plan, Timestamp timestamp) {
  const auto deadline = clock_.Monotonic() + kRegistryLockWait;
  const MutexLock write_lock(write_mutex_);
  TILLSTREAM_TRY(Failure());
  const auto writer = TakeWriter(deadline);
  if (!writer) return Final(writer.error());  // opening syncs what a crash left
  TILLSTREAM_TRY(CatchUp(**writer));
  std::vector<SchemasRecord> records;
  {
    const MutexLock lock(mutex_);
    TILLSTREAM_ASSIGN(records, plan(history_));
  }
  if (records.empty()) return Ok();
  for (const SchemasRecord& record : records) {
    if (SizeOf(record) <= kBlockBytesMax) continue;
    return RegistryError(RegistryCode::kSchemaTooLarge,
                         "the record has {} bytes, a batch of the log holds {}", SizeOf(record),
                         kBlockBytesMax);
  }
  TILLSTREAM_TRY(Final(Append(**writer, records, timestamp)));
  const MutexLock lock(mutex_);
  TILLSTREAM_TRY(RefreshLocked());  // reads its own records back, so that state has one source
  durable_offset_ = next_offset_;
  return Ok();
}

bool SchemasTopic::IsDurable(Offset offset) {
  const MutexLock lock(mutex_);
  return offset < durable_offset_;
}

}  // namespace tillstream
