#include "registry/schemas_topic.h"

#include <stop_token>

namespace tillstream {
namespace {

/// Between two tries for the lock: short beside a sync, long beside a system call.
constexpr std::chrono::milliseconds kLockRetry{20};

/// One small batch; a disk that takes longer has failed.
constexpr std::chrono::seconds kSyncWait{30};

TopicPartition SchemasPartition() { return {std::string(kSchemasTopic), PartitionId(0)}; }

}  // namespace

SchemasTopic::SchemasTopic(EventLog& log, Clock& clock, std::string holder)
    : log_(log), clock_(clock), holder_(std::move(holder)) {}

Result<std::unique_ptr<SchemasTopic>> SchemasTopic::Open(EventLog& log, Clock& clock,
                                                         std::string holder) {
  std::unique_ptr<SchemasTopic> topic(new SchemasTopic(log, clock, std::move(holder)));
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

Status SchemasTopic::RefreshDurably() {
  {
    const MutexLock lock(mutex_);
    TILLSTREAM_TRY(RefreshLocked());
    if (next_offset_ == durable_offset_) return Ok();
  }
  return Write([](const SchemaHistory&) { return std::vector<SchemasRecord>(); }, Timestamp(0));
}

Result<std::unique_ptr<LogWriter>> SchemasTopic::TakeWriter() {
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

Status SchemasTopic::Failure() {
  const MutexLock lock(mutex_);
  return failure_;
}

Status SchemasTopic::Write(const Plan& plan, Timestamp timestamp) {
  const MutexLock write_lock(write_mutex_);
  TILLSTREAM_TRY(Failure());
  Status written = WriteLocked(plan, timestamp);
  if (!written && written.error().code == ErrorCode::kIoError) {
    const MutexLock lock(mutex_);
    failure_ = written;
  }
  return written;
}

Status SchemasTopic::WriteLocked(const Plan& plan, Timestamp timestamp) {
  TILLSTREAM_ASSIGN(const std::unique_ptr<LogWriter> writer, TakeWriter());
  TILLSTREAM_TRY(Refresh());
  std::vector<SchemasRecord> records;
  {
    const MutexLock lock(mutex_);
    TILLSTREAM_ASSIGN(records, plan(history_));
  }
  if (!records.empty()) {
    RecordBlock block;
    block.Clear(timestamp);
    for (const SchemasRecord& record : records) {
      block.Append(record.key, record.value.value_or(""), record.value.has_value());
    }
    TILLSTREAM_TRY(writer->Append(block));
    TILLSTREAM_TRY(writer->Flush());
  }
  TILLSTREAM_TRY(writer->Sync(kSyncWait));
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
