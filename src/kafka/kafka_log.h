#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "kafka/kafka_config.h"
#include "kafka/topic_admin.h"
#include "log/event_log.h"
#include "log/position_store.h"

namespace tillstream {

/// How the writers of a log keep their positions.
enum class PositionsMode {
  kTransaction,  ///< Committed with the events: exactly once (KafkaWriter).
  kIdempotent,   ///< That of the partition's last record: at least once (AtLeastOnceWriter).
  kStore,        ///< In KafkaLogOptions::position_store: at least once (AtLeastOnceWriter).
};

/// How often a writer of kStore stores its position: a crash repeats what was appended since.
inline constexpr std::chrono::milliseconds kStorePositionEvery{1000};
class KafkaWriter;
class ReaderClients;

struct KafkaLogOptions {
  KafkaConfig config;
  /// A random id of this process, by which its writers are told from others.
  std::string owner;
  /// Messages that wait for a broker, of all writers together.
  int64_t queue_bytes_max = int64_t{64} << 20;
  PositionsMode positions = PositionsMode::kTransaction;
  PositionStore* position_store = nullptr;  ///< Of kStore; must outlive the log and its writers.
};

/// An EventLog on Kafka's topics: KafkaWriter or AtLeastOnceWriter, KafkaReader, TopicAdmin. Thread
/// safe.
///
/// What differs from a log of files: offsets are not dense, only what is durable is visible, and a
/// second writer of a stream replaces the first (event_log.h), except with kIdempotent, where both
/// write. The position of a stream is not where its partition ends but what PositionsMode says.
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
  /// With kTransaction, makes the positions topic if it is missing or has too few partitions; a
  /// stream that this log has opened before, and that another process has taken over since, is
  /// refused: kRefused.
  Result<std::unique_ptr<LogWriter>> OpenWriter(const WriterSpec& spec) override;
  Result<std::unique_ptr<LogReader>> OpenReader(const TopicPartition& partition) override;
  std::string Describe() const override;

  /// KafkaWriter::MoveTo(), and what the stream's position was before. Takes the stream over from
  /// the writer that has it. kTransaction only.
  Result<PositionRecord> MovePosition(const WriterSpec& spec, Position position,
                                      int64_t totals_count);

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
  /// An id for one more writer.
  std::string NextOwner();
  int64_t QueueShare() const;
  Result<std::unique_ptr<KafkaWriter>> OpenTransactional(const WriterSpec& spec,
                                                         int32_t stream_count);
  Result<std::unique_ptr<LogWriter>> OpenAtLeastOnce(const WriterSpec& spec);

  bool HasOpened(const TopicPartition& positions) TILLSTREAM_EXCLUDES(mutex_);
  void SetOpened(const TopicPartition& positions) TILLSTREAM_EXCLUDES(mutex_);

  const KafkaLogOptions options_;
  const std::unique_ptr<TopicAdmin> admin_;
  Clock& clock_;
  const std::unique_ptr<ReaderClients> readers_;
  std::atomic<int64_t> writer_count_{0};
  Mutex mutex_;
  /// Streams that were, once or more, by where their positions are.
  std::set<TopicPartition> opened_ TILLSTREAM_GUARDED_BY(mutex_);
  std::atomic<int32_t> queue_shares_{1};
};

}  // namespace tillstream
