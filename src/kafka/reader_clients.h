#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "kafka/kafka_client.h"
#include "log/event_log.h"

namespace tillstream {

/// A client that several readers use, each for a partition of its own, since librdkafka gives what
/// it fetches of a partition to one taker. Thread safe.
class SharedClient {
 public:
  explicit SharedClient(std::unique_ptr<KafkaClient> client) : client_(std::move(client)) {}

  KafkaClient& client() { return *client_; }

  /// False when the partition is read already.
  bool TryClaim(const TopicPartition& partition);
  void Release(const TopicPartition& partition);

 private:
  const std::unique_ptr<KafkaClient> client_;
  Mutex mutex_;
  std::set<TopicPartition> claimed_ TILLSTREAM_GUARDED_BY(mutex_);
};

/// The clients of a log's readers: one, with its threads and its connection to each broker, and
/// further ones only for partitions that are read more than once at a time. Thread safe.
class ReaderClients {
 public:
  explicit ReaderClients(const KafkaConfig& config) : config_(config) {}

  /// A client that is the caller's for this partition until it releases it there.
  Result<std::shared_ptr<SharedClient>> Claim(const TopicPartition& partition);

 private:
  const KafkaConfig config_;
  Mutex mutex_;
  std::vector<std::weak_ptr<SharedClient>> clients_ TILLSTREAM_GUARDED_BY(mutex_);
};

}  // namespace tillstream
