#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "kafka/kafka_config.h"
#include "kafka/topic_admin.h"
#include "log/event_log.h"

namespace tillstream {

struct KafkaLogOptions {
  KafkaConfig config;
  /// A random id of this process, by which its writers are told from others.
  std::string owner;
  /// Messages that wait for a broker, of all writers together.
  int64_t queue_bytes_max = int64_t{64} << 20;
};

/// An EventLog on Kafka's topics: KafkaWriter, KafkaReader, TopicAdmin. Thread safe.
///
/// What differs from a log of files: offsets are not dense, only what is durable is visible, and a
/// second writer of a stream replaces the first (event_log.h). The position of a stream is not
/// where its partition ends but what `<topic>-positions` says.
///
/// Nobody within the deadline: kUnavailable, "kafka: no broker answered within 30 s
/// (bootstrap.servers=...)".
class KafkaLog final : public EventLog {
 public:
  /// kUsage for properties that librdkafka does not take. Contacts nobody yet. `clock` must outlive
  /// the log.
  static Result<std::unique_ptr<KafkaLog>> Open(KafkaLogOptions options, Clock& clock);
  ~KafkaLog() override;

  /// As EventTopicSpec() has it.
  Status CreateTopic(const TopicInfo& topic) override;
  /// Without the brokers' own, whose names begin with "__".
  Result<std::vector<TopicInfo>> ListTopics() override;
  /// Makes the positions topic if it is missing or has too few partitions.
  Result<std::unique_ptr<LogWriter>> OpenWriter(const WriterSpec& spec) override;
  Result<std::unique_ptr<LogReader>> OpenReader(const TopicPartition& partition) override;
  std::string Describe() const override;

  /// How many writers share what may wait for a broker; those that open from now on. One, if nobody
  /// says otherwise.
  void ShareQueue(int32_t writer_count) { queue_shares_ = writer_count; }

  TopicAdmin& admin() { return *admin_; }
  const KafkaConfig& config() const { return options_.config; }
  const std::string& owner() const { return options_.owner; }

 private:
  KafkaLog(KafkaLogOptions options, std::unique_ptr<TopicAdmin> admin, Clock& clock);
  /// The number of partitions of the topic, which has this one.
  Result<int32_t> FindPartition(const TopicPartition& partition);

  const KafkaLogOptions options_;
  const std::unique_ptr<TopicAdmin> admin_;
  Clock& clock_;
  std::atomic<int64_t> writer_count_{0};
  std::atomic<int32_t> queue_shares_{1};
};

}  // namespace tillstream
