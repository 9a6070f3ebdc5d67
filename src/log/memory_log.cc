#include "log/memory_log.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <utility>

#include "base/check.h"
#include "base/mutex.h"
#include "log/batch_decoder.h"
#include "log/batch_encoder.h"

namespace tillstream {
namespace {

constexpr std::chrono::milliseconds kMemoryPollInterval{1};

/// A batch is never changed once it is here, so that readers keep it without a lock.
struct StoredBatch {
  BatchHeader header;
  std::shared_ptr<const std::string> bytes;
};

/// Thread safe.
class MemoryPartition {
 public:
  explicit MemoryPartition(TopicPartition id) : id_(std::move(id)) {}

  Status TakeLock(const std::string& holder) {
    MutexLock lock(mutex_);
    if (holder_) {
      return MakeError(ErrorCode::kRefused,
                       "log: {}: another writer holds it ({}); wait for its end, or stop it",
                       id_.ToString(), *holder_);
    }
    holder_ = holder;
    return Ok();
  }
  void ReleaseLock() {
    MutexLock lock(mutex_);
    holder_.reset();
  }

  Offset end() {
    MutexLock lock(mutex_);
    return batches_.empty() ? Offset(0) : batches_.back().header.next_offset();
  }
  void Append(std::vector<StoredBatch> batches) {
    MutexLock lock(mutex_);
    for (StoredBatch& batch : batches) batches_.push_back(std::move(batch));
  }
  /// The batch that holds `offset`.
  std::optional<StoredBatch> Find(Offset offset) {
    MutexLock lock(mutex_);
    const auto at = std::partition_point(
        batches_.begin(), batches_.end(),
        [&](const StoredBatch& batch) { return batch.header.next_offset() <= offset; });
    if (at == batches_.end()) return std::nullopt;
    return *at;
  }
  /// Offset of the first record with a timestamp >= `timestamp`: all of a batch have the same.
  std::optional<Offset> FindTimestamp(Timestamp timestamp) {
    MutexLock lock(mutex_);
    for (const StoredBatch& batch : batches_) {
      if (batch.header.max_timestamp >= timestamp) return batch.header.base_offset;
    }
    return std::nullopt;
  }

 private:
  const TopicPartition id_;
  Mutex mutex_;
  std::vector<StoredBatch> batches_ TILLSTREAM_GUARDED_BY(mutex_);
  std::optional<std::string> holder_ TILLSTREAM_GUARDED_BY(mutex_);
};

/// One partition's side of a writer; holds its lock.
class MemoryPartitionWriter {
 public:
  explicit MemoryPartitionWriter(MemoryPartition& partition)
      : partition_(partition), end_(partition.end()) {}
  ~MemoryPartitionWriter() { partition_.ReleaseLock(); }
  MemoryPartitionWriter(const MemoryPartitionWriter&) = delete;
  MemoryPartitionWriter& operator=(const MemoryPartitionWriter&) = delete;

  Offset end() const { return end_; }
  void Append(const RecordBlock& block) {
    buffer_.Clear();
    encoder_.Encode(FramedRecords::Of(block), end_, &buffer_);
    const BatchHeader header = LoadBatchHeader(buffer_.data());
    pending_.push_back({header, std::make_shared<const std::string>(buffer_.view())});
    end_ = header.next_offset();
  }
  void Flush() { partition_.Append(std::exchange(pending_, {})); }

 private:
  MemoryPartition& partition_;
  BatchEncoder encoder_{Codec::kNone};
  ByteBuffer buffer_;
  std::vector<StoredBatch> pending_;
  Offset end_;
};

class MemoryWriter final : public LogWriter {
 public:
  MemoryWriter(std::vector<std::unique_ptr<MemoryPartitionWriter>> events,
               std::unique_ptr<MemoryPartitionWriter> totals)
      : events_(std::move(events)), totals_(std::move(totals)) {
    for (const auto& partition : events_) durable_.push_back(partition->end().value());
  }

  Position position() const override {
    Position sum;
    for (const auto& partition : events_) sum = sum + partition->end().value();
    return sum;
  }
  Position durable_position() const override {
    return Position(std::accumulate(durable_.begin(), durable_.end(), int64_t{0}));
  }
  int64_t EventsIn(size_t index) const override { return events_[index]->end().value(); }
  int64_t DurableEventsIn(size_t index) const override { return durable_[index]; }
  int64_t totals_count() const override { return totals_ ? totals_->end().value() : 0; }

  Status AppendTo(size_t index, const RecordBlock& events) override {
    events_[index]->Append(events);
    return Ok();
  }
  Status AppendTotals(const RecordBlock& totals) override {
    TILLSTREAM_CHECK(totals_ != nullptr);
    totals_->Append(totals);
    totals_need_ = position();
    return Ok();
  }
  Status Flush() override {
    for (const auto& partition : events_) partition->Flush();
    if (totals_ && totals_need_ <= durable_position()) totals_->Flush();
    return Ok();
  }
  Result<Position> Sync(std::chrono::milliseconds /*timeout*/) override {
    for (size_t i = 0; i < events_.size(); ++i) {
      events_[i]->Flush();
      durable_[i] = events_[i]->end().value();
    }
    if (totals_) totals_->Flush();
    return durable_position();
  }

 private:
  const std::vector<std::unique_ptr<MemoryPartitionWriter>> events_;
  const std::unique_ptr<MemoryPartitionWriter> totals_;
  std::vector<int64_t> durable_;
  Position totals_need_;
};

class MemoryReader final : public LogReader {
 public:
  MemoryReader(MemoryPartition& partition, Clock& clock) : partition_(partition), clock_(clock) {}

  Result<Offset> Begin() override { return Offset(0); }
  Result<Offset> End() override { return partition_.end(); }
  Result<Offset> OffsetAt(Timestamp timestamp) override {
    const std::optional<Offset> found = partition_.FindTimestamp(timestamp);
    return found ? *found : partition_.end();
  }
  Status Seek(Offset offset) override {
    target_ = offset;
    return Ok();
  }
  Result<std::span<const RecordView>> Read(std::chrono::milliseconds wait) override {
    const std::chrono::nanoseconds deadline = clock_.Monotonic() + wait;
    for (;;) {
      if (const std::optional<StoredBatch> batch = partition_.Find(target_)) return Take(*batch);
      const std::chrono::nanoseconds now = clock_.Monotonic();
      if (now >= deadline) return std::span<const RecordView>();
      clock_.SleepUntil(std::min<std::chrono::nanoseconds>(now + kMemoryPollInterval, deadline),
                        {});
    }
  }

 private:
  Result<std::span<const RecordView>> Take(const StoredBatch& batch) {
    current_ = batch.bytes;
    const Offset base = batch.header.base_offset;
    TILLSTREAM_ASSIGN(const auto records, decoder_.Decode(*current_, base));
    const int64_t skip = std::max<int64_t>(0, target_ - base);
    target_ = batch.header.next_offset();
    return records.subspan(static_cast<size_t>(skip));
  }

  MemoryPartition& partition_;
  Clock& clock_;
  Offset target_;
  std::shared_ptr<const std::string> current_;  ///< What the views of the last Read() point into.
  BatchDecoder decoder_;
};

}  // namespace

class MemoryLog::Impl {
 public:
  explicit Impl(Clock& clock) : clock_(clock) {}

  Result<MemoryPartition*> Find(const TopicPartition& id) {
    MutexLock lock(mutex_);
    const auto at = partitions_.find(id);
    if (at == partitions_.end()) {
      return MakeError(ErrorCode::kNotFound, "log: {}: no such partition in memory", id.ToString());
    }
    return at->second.get();
  }

  Result<std::unique_ptr<MemoryPartitionWriter>> Open(const TopicPartition& id,
                                                      const std::string& holder) {
    TILLSTREAM_ASSIGN(MemoryPartition * partition, Find(id));
    TILLSTREAM_TRY(partition->TakeLock(holder));
    return std::make_unique<MemoryPartitionWriter>(*partition);
  }

  Clock& clock_;
  Mutex mutex_;
  std::map<TopicPartition, std::unique_ptr<MemoryPartition>> partitions_
      TILLSTREAM_GUARDED_BY(mutex_);
};

MemoryLog::MemoryLog(Clock& clock) : impl_(std::make_unique<Impl>(clock)) {}

MemoryLog::~MemoryLog() = default;

Status MemoryLog::CreateTopic(const TopicInfo& topic) {
  MutexLock lock(impl_->mutex_);
  for (int32_t p = 0; p < topic.partition_count; ++p) {
    const TopicPartition id = {topic.name, PartitionId(p)};
    std::unique_ptr<MemoryPartition>& partition = impl_->partitions_[id];
    if (!partition) partition = std::make_unique<MemoryPartition>(id);
  }
  return Ok();
}

Result<std::vector<TopicInfo>> MemoryLog::ListTopics() {
  MutexLock lock(impl_->mutex_);
  std::vector<TopicInfo> topics;
  for (const auto& [id, partition] : impl_->partitions_) {
    if (topics.empty() || topics.back().name != id.topic) topics.push_back({id.topic, 0});
    ++topics.back().partition_count;
  }
  return topics;
}

Result<std::unique_ptr<LogWriter>> MemoryLog::OpenWriter(const WriterSpec& spec) {
  if (spec.totals) TILLSTREAM_TRY(impl_->Find(*spec.totals));
  std::vector<std::unique_ptr<MemoryPartitionWriter>> events;
  for (const TopicPartition& partition : spec.events) {
    TILLSTREAM_ASSIGN(auto writer, impl_->Open(partition, spec.holder));
    events.push_back(std::move(writer));
  }
  std::unique_ptr<MemoryPartitionWriter> totals;
  if (spec.totals) {
    TILLSTREAM_ASSIGN(totals, impl_->Open(*spec.totals, spec.holder));
  }
  return std::make_unique<MemoryWriter>(std::move(events), std::move(totals));
}

Result<std::unique_ptr<LogReader>> MemoryLog::OpenReader(const TopicPartition& partition) {
  TILLSTREAM_ASSIGN(MemoryPartition * found, impl_->Find(partition));
  return std::make_unique<MemoryReader>(*found, impl_->clock_);
}

std::string MemoryLog::Describe() const { return "log in memory"; }

}  // namespace tillstream
