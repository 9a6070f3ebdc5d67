#pragma once

// Private to this folder: what wraps librdkafka's handles.

#include <librdkafka/rdkafka.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/result.h"
#include "base/tcp_connect.h"
#include "kafka/kafka_config.h"
#include "kafka/refusal.h"

namespace tillstream {

template <auto kDestroy>
struct KafkaDestroy {
  template <typename T>
  void operator()(T* pointer) const {
    kDestroy(pointer);
  }
};
using KafkaConfPtr = std::unique_ptr<rd_kafka_conf_t, KafkaDestroy<rd_kafka_conf_destroy>>;
using KafkaTopicPtr = std::unique_ptr<rd_kafka_topic_t, KafkaDestroy<rd_kafka_topic_destroy>>;
using KafkaErrorPtr = std::unique_ptr<rd_kafka_error_t, KafkaDestroy<rd_kafka_error_destroy>>;
using KafkaQueuePtr = std::unique_ptr<rd_kafka_queue_t, KafkaDestroy<rd_kafka_queue_destroy>>;

/// What a client is for; decides which of our settings it gets.
enum class KafkaRole { kWriter, kReader, kAdmin };

/// The configuration of a client: our settings, then the user's, then `fixed`, which nobody may
/// change. kUsage for a property that librdkafka does not take.
Result<KafkaConfPtr> MakeKafkaConf(const KafkaConfig& config, KafkaRole role,
                                   const KafkaProperties& fixed);

/// The value that a property has in a configuration; empty when it has none.
std::string KafkaConfValue(const rd_kafka_conf_t* conf, const char* name);

/// What a message about a failed call says beside its code.
struct KafkaContext {
  std::string where;        ///< "topic \"sales\"", "sales-3".
  std::string right = {};   ///< What a user must be allowed for it: "Write on topic \"sales\"".
  std::string detail = {};  ///< librdkafka's own words; its text for the code is left out of them.
};

/// An Error for a code of librdkafka: `kafka: <where>: <its text>[ (<detail>)][; <what to do>]`.
Error KafkaError(rd_kafka_resp_err_t code, const KafkaContext& context);

/// Whether the code says that the user may not do that.
bool IsForbidden(rd_kafka_resp_err_t code);

/// The transactional.id of a topic's stream: "tillstream/sales/CA_1".
std::string TransactionalId(const std::string& topic, const std::string& stream);

/// Whether the code says that another producer has this one's transactional.id.
bool IsFenced(rd_kafka_resp_err_t code);

struct KafkaPartitionState {
  int32_t leader = -1;  ///< -1: none now.
  int replica_count = 0;
  int in_sync_count = 0;
};

/// What the cluster says about a topic.
struct KafkaTopicState {
  std::string name;
  std::vector<KafkaPartitionState> partitions;
};

/// A broker as it is advertised to clients that came in as this one.
struct KafkaBrokerState {
  int32_t id = -1;
  TcpAddress address;
};

struct KafkaClusterState {
  int broker_count = 0;
  std::vector<KafkaBrokerState> brokers;
  std::vector<KafkaTopicState> topics;
};

/// Told about every message that a writer's client has delivered or given up, on the thread that
/// polls the client.
class DeliveryObserver {
 public:
  virtual void OnDelivery(const rd_kafka_message_t& message) = 0;

 protected:
  ~DeliveryObserver() = default;
};

/// Told about the partitions that a member of a group gets and gives back, on the thread that
/// polls.
class RebalanceObserver {
 public:
  virtual void OnRebalance(rd_kafka_resp_err_t code,
                           rd_kafka_topic_partition_list_t* partitions) = 0;

 protected:
  ~RebalanceObserver() = default;
};

/// One instance of librdkafka with its threads: one, and one a broker. Thread safe.
class KafkaClient {
 public:
  /// Who is told what; they must outlive the client.
  struct Observers {
    DeliveryObserver* deliveries = nullptr;   ///< Only of writers.
    RebalanceObserver* rebalances = nullptr;  ///< Only of members of a group.
  };

  /// Starts the threads; contacts nobody yet.
  static Result<std::unique_ptr<KafkaClient>> Open(const KafkaConfig& config, KafkaRole role,
                                                   const KafkaProperties& fixed,
                                                   Observers observers = {nullptr, nullptr});
  ~KafkaClient();
  KafkaClient(const KafkaClient&) = delete;
  KafkaClient& operator=(const KafkaClient&) = delete;

  rd_kafka_t* handle() { return handle_; }
  const KafkaConfig& config() const { return config_; }
  int deadline_ms() const { return static_cast<int>(config_.deadline.count()); }
  /// "transaction.timeout.ms" and the like, as the client has it.
  std::string Value(const char* name) const;

  Result<KafkaTopicPtr> OpenTopic(const std::string& name);

  /// Asks the cluster about one topic, or about all of them. kNotFound when the topic is not there,
  /// kUnavailable when nobody answers within the deadline, kForbidden, much sooner, when brokers do
  /// not let us in. Never makes a topic.
  Result<KafkaTopicState> DescribeTopic(const std::string& name, Clock& clock);
  Result<KafkaClusterState> DescribeCluster(Clock& clock);

  /// Takes over the client's transactional.id and waits for the transaction that was open under it
  /// to end; tries again, within the deadline, while the cluster loads its coordinators.
  rd_kafka_resp_err_t InitTransactions(Clock& clock);

  /// The Error for a call that ended with `code`: where nobody answers or lets us in, what
  /// librdkafka had to say about it meanwhile.
  Error Failure(rd_kafka_resp_err_t code, const KafkaContext& context);

  /// To be called when a broker has answered: what refused us before is past.
  void ForgetRefusal() TILLSTREAM_EXCLUDES(mutex_);

 private:
  explicit KafkaClient(const KafkaConfig& config) : config_(config) {}
  static void OnError(rd_kafka_t* handle, int code, const char* reason, void* self);
  Result<KafkaClusterState> Ask(rd_kafka_topic_t* topic, const KafkaContext& context, Clock& clock);
  /// rd_kafka_metadata(), until somebody answers, refuses for good, or the deadline.
  rd_kafka_resp_err_t AskMetadata(rd_kafka_topic_t* topic, const rd_kafka_metadata_t** answer,
                                  Clock& clock);
  std::optional<KafkaRefusal> Refusal() TILLSTREAM_EXCLUDES(mutex_);

  const KafkaConfig config_;
  Observers observers_;
  rd_kafka_t* handle_ = nullptr;
  Mutex mutex_;
  /// The last one since a broker answered.
  std::optional<KafkaRefusal> refusal_ TILLSTREAM_GUARDED_BY(mutex_);
};

}  // namespace tillstream
