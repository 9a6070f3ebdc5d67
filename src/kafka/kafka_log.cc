#include "kafka/kafka_log.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "kafka/at_least_once_writer.h"
#include "kafka/kafka_reader.h"
#include "kafka/kafka_writer.h"

namespace tillstream {
namespace {

constexpr std::chrono::milliseconds kOpenAgain{200};

}  // namespace

KafkaLog::KafkaLog(KafkaLogOptions options, std::unique_ptr<TopicAdmin> admin, Clock& clock)
    : options_(std::move(options)),
      admin_(std::move(admin)),
      clock_(clock),
      readers_(std::make_unique<ReaderClients>(options_.config)) {}

KafkaLog::~KafkaLog() = default;

Result<std::unique_ptr<KafkaLog>> KafkaLog::Open(KafkaLogOptions options, Clock& clock) {
  TILLSTREAM_TRY(CheckKafkaConfig(options.config));
  TILLSTREAM_ASSIGN(auto admin, TopicAdmin::Open(options.config, clock));
  return std::unique_ptr<KafkaLog>(new KafkaLog(std::move(options), std::move(admin), clock));
}

Status KafkaLog::CreateTopic(const TopicInfo& topic) {
  return admin_->Create(EventTopicSpec(topic.name, topic.partition_count));
}

Result<std::vector<TopicInfo>> KafkaLog::ListTopics() {
  TILLSTREAM_ASSIGN(const auto counts, admin_->PartitionCounts());
  std::vector<TopicInfo> topics;
  topics.reserve(counts.size());
  for (const auto& [name, count] : counts) topics.push_back({name, count});
  return topics;
}

Result<int32_t> KafkaLog::FindPartition(const TopicPartition& partition) {
  TILLSTREAM_ASSIGN(const int32_t count, admin_->PartitionCount(partition.topic));
  if (partition.partition.value() < 0 || partition.partition.value() >= count) {
    return MakeError(ErrorCode::kNotFound, "kafka: {}: no such partition; the topic has {}",
                     partition.ToString(), count);
  }
  return count;
}

Result<std::unique_ptr<LogWriter>> KafkaLog::OpenWriter(const WriterSpec& spec) {
  int32_t stream_count = spec.stream_number() + 1;
  for (const TopicPartition& partition : spec.events) {
    TILLSTREAM_ASSIGN(const int32_t partition_count, FindPartition(partition));
    // Where a partition has one stream, all positions are made at once.
    if (spec.run.empty()) stream_count = std::max(stream_count, partition_count);
  }
  if (spec.totals) TILLSTREAM_TRY(FindPartition(*spec.totals));
  if (options_.positions == PositionsMode::kTransaction) {
    TILLSTREAM_ASSIGN(auto writer, OpenTransactional(spec, stream_count));
    return std::unique_ptr<LogWriter>(std::move(writer));
  }
  if (spec.events.size() > 1 || spec.is_shared) {
    return MakeError(ErrorCode::kUsage,
                     "kafka: {}: a stream that is at least once needs a partition of its own",
                     spec.events.front().ToString());
  }
  return OpenAtLeastOnce(spec);
}

std::string KafkaLog::NextOwner() { return fmt::format("{}-{}", options_.owner, ++writer_count_); }

int64_t KafkaLog::QueueShare() const {
  return options_.queue_bytes_max / std::max(queue_shares_.load(), 1);
}

Result<PositionRecord> KafkaLog::MovePosition(const WriterSpec& spec, Position position,
                                              int64_t totals_count) {
  TILLSTREAM_CHECK(options_.positions == PositionsMode::kTransaction);
  for (const TopicPartition& partition : spec.events) TILLSTREAM_TRY(FindPartition(partition));
  TILLSTREAM_ASSIGN(const auto writer, OpenTransactional(spec, spec.stream_number() + 1));
  const PositionRecord before = writer->found();
  TILLSTREAM_TRY(writer->MoveTo(position, totals_count));
  return before;
}

Result<std::unique_ptr<KafkaWriter>> KafkaLog::OpenTransactional(const WriterSpec& spec,
                                                                 int32_t stream_count) {
  TILLSTREAM_TRY(admin_->Create(PositionsTopicSpec(spec.run_topic(), stream_count)));
  KafkaWriterOptions options;
  options.config = options_.config;
  options.spec = spec;
  // Partition 0 is the run's.
  options.positions = {PositionsTopicName(spec.run_topic()), PartitionId(spec.stream_number() + 1)};
  if (HasOpened(options.positions)) options.owners_begin = options_.owner + "-";
  options.queue_bytes_max = QueueShare();
  const std::chrono::nanoseconds deadline = clock_.Monotonic() + options_.config.deadline;
  for (;;) {
    options.owner = NextOwner();
    auto writer = KafkaWriter::Open(options, clock_);
    if (writer) {
      SetOpened(options.positions);
      return writer;
    }
    // A transaction that fails because its coordinator moves is no reason not to begin.
    const std::chrono::nanoseconds next = clock_.Monotonic() + kOpenAgain;
    if (writer.error().code != ErrorCode::kUnavailable || next >= deadline) return writer.error();
    clock_.SleepUntil(next, {});
  }
}

Result<std::unique_ptr<LogWriter>> KafkaLog::OpenAtLeastOnce(const WriterSpec& spec) {
  AtLeastOnceWriterOptions options;
  options.config = options_.config;
  options.spec = spec;
  options.owner = NextOwner();
  options.queue_bytes_max = QueueShare();
  if (options_.positions == PositionsMode::kStore) {
    TILLSTREAM_CHECK(options_.position_store != nullptr);
    options.store = options_.position_store;
  }
  TILLSTREAM_ASSIGN(auto writer, AtLeastOnceWriter::Open(std::move(options), clock_));
  return std::unique_ptr<LogWriter>(std::move(writer));
}

bool KafkaLog::HasOpened(const TopicPartition& positions) {
  MutexLock lock(mutex_);
  return opened_.contains(positions);
}

void KafkaLog::SetOpened(const TopicPartition& positions) {
  MutexLock lock(mutex_);
  opened_.insert(positions);
}

Result<std::unique_ptr<LogReader>> KafkaLog::OpenReader(const TopicPartition& partition) {
  TILLSTREAM_TRY(FindPartition(partition));
  TILLSTREAM_ASSIGN(auto reader, KafkaReader::Open(*readers_, partition, clock_));
  return std::unique_ptr<LogReader>(std::move(reader));
}

std::string KafkaLog::Describe() const { return "kafka " + options_.config.Servers(); }

}  // namespace tillstream
