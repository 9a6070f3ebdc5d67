#include "kafka/kafka_log.h"

#include <algorithm>
#include <utility>

#include "kafka/kafka_reader.h"
#include "kafka/kafka_writer.h"

namespace tillstream {

KafkaLog::KafkaLog(KafkaLogOptions options, std::unique_ptr<TopicAdmin> admin, Clock& clock)
    : options_(std::move(options)), admin_(std::move(admin)), clock_(clock) {}

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
  TILLSTREAM_ASSIGN(const int32_t partition_count, FindPartition(spec.events));
  if (spec.totals) TILLSTREAM_TRY(FindPartition(*spec.totals));
  TILLSTREAM_TRY(admin_->Create(PositionsTopicSpec(spec.events.topic, partition_count)));
  KafkaWriterOptions options;
  options.config = options_.config;
  options.spec = spec;
  // Partition 0 is the run's.
  options.positions = {PositionsTopicName(spec.events.topic), spec.events.partition + 1};
  options.owner = fmt::format("{}-{}", options_.owner, ++writer_count_);
  options.queue_bytes_max = options_.queue_bytes_max / std::max(queue_shares_.load(), 1);
  TILLSTREAM_ASSIGN(auto writer, KafkaWriter::Open(std::move(options), clock_));
  return std::unique_ptr<LogWriter>(std::move(writer));
}

Result<std::unique_ptr<LogReader>> KafkaLog::OpenReader(const TopicPartition& partition) {
  TILLSTREAM_TRY(FindPartition(partition));
  TILLSTREAM_ASSIGN(auto reader, KafkaReader::Open(options_.config, partition, clock_));
  return std::unique_ptr<LogReader>(std::move(reader));
}

std::string KafkaLog::Describe() const { return "kafka " + options_.config.Servers(); }

}  // namespace tillstream
