#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/tcp_connect.h"
#include "kafka/kafka_config.h"
#include "log/event_log.h"

namespace tillstream {

class KafkaClient;

/// Settings of a broker by their names.
using KafkaSettings = std::map<std::string, std::string>;

/// A broker with the address by which clients are told to reach it.
struct AdvertisedBroker {
  int32_t id = -1;
  TcpAddress address;
};

/// What a cluster says about itself.
struct ClusterFacts {
  std::string id;              ///< Empty when it has none.
  int32_t controller_id = -1;  ///< Where to send requests for topics; -1: nowhere now.
  std::vector<AdvertisedBroker> brokers;
  bool has_transactions_topic = false;  ///< The brokers' own, made at the first transaction.
  bool has_offsets_topic = false;       ///< The same for groups of consumers.
};

/// Asks a cluster what a client must know before it can trust it. Changes nothing. Thread safe.
class ClusterSurvey {
 public:
  /// Contacts nobody yet. kUsage for properties that librdkafka does not take. `clock` must outlive
  /// the survey.
  static Result<std::unique_ptr<ClusterSurvey>> Open(const KafkaConfig& config, Clock& clock);
  ~ClusterSurvey();

  /// kUnavailable when nobody answers, or lets us in.
  Result<ClusterFacts> Ask();

  /// All settings of a broker. kUnavailable also without the right to read them.
  Result<KafkaSettings> BrokerSettings(int32_t broker_id);

  /// How many offsets at the end of a partition consumers with read_committed do not get yet, since
  /// a transaction is open.
  Result<int64_t> UncommittedOffsets(const TopicPartition& partition);

  /// transaction.timeout.ms of our writers.
  int64_t transaction_timeout_ms() const;

 private:
  ClusterSurvey(std::unique_ptr<KafkaClient> admin, std::unique_ptr<KafkaClient> committed,
                std::unique_ptr<KafkaClient> uncommitted, Clock& clock);

  const std::unique_ptr<KafkaClient> admin_;
  const std::unique_ptr<KafkaClient> committed_;
  const std::unique_ptr<KafkaClient> uncommitted_;
  Clock& clock_;
};

/// The addresses of bootstrap.servers: "kafka-1:9092,SASL_SSL://[::1]:9093,kafka-2".
std::vector<TcpAddress> BootstrapAddresses(std::string_view servers);

/// Which Kafka a broker is, going by its settings: "3.9", or "4.0 or later", which has no setting
/// that says it.
std::string KafkaVersionOf(const KafkaSettings& broker_settings);

/// What keeps a broker with these settings from transactions of `timeout_ms`, a message each with
/// what to do about it. Settings that are not there are taken for right.
std::vector<std::string> TransactionDeviations(const ClusterFacts& cluster,
                                               const KafkaSettings& broker_settings,
                                               int64_t timeout_ms);

/// The same for groups of consumers.
std::vector<std::string> GroupDeviations(const ClusterFacts& cluster,
                                         const KafkaSettings& broker_settings);

/// The same of librdkafka, whose version is `version` in its own form, 0x020002ff for 2.0.2.
std::vector<std::string> LibraryDeviations(int version);

/// The version of librdkafka that is in use.
int LibraryVersion();

}  // namespace tillstream
