#include "kafka/kafka_client.h"

#include <array>
#include <string_view>
#include <utility>

#include "base/check.h"

namespace tillstream {
namespace {

using MetadataPtr =
    std::unique_ptr<const rd_kafka_metadata_t, KafkaDestroy<rd_kafka_metadata_destroy>>;

ErrorCode CodeOf(rd_kafka_resp_err_t code) {
  switch (code) {
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
      return ErrorCode::kNotFound;
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP:
    case RD_KAFKA_RESP_ERR_INVALID_RECORD:
      return ErrorCode::kBadInput;
    case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
    case RD_KAFKA_RESP_ERR_INVALID_CONFIG:
    case RD_KAFKA_RESP_ERR_INVALID_PARTITIONS:
    case RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR:
    case RD_KAFKA_RESP_ERR__INVALID_ARG:
      return ErrorCode::kUsage;
    default:
      return ErrorCode::kUnavailable;
  }
}

const char* RemedyOf(rd_kafka_resp_err_t code) {
  switch (code) {
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
      return "; give the user the right to it with an ACL on the topic";
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
      return "; give the user the right to it with an ACL on the cluster";
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
      return "; give the user the right to read with an ACL on the group";
    case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
      return "; give the user the right to write with an ACL on transactional ids";
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
      return "; raise max.message.bytes of the topic, and message.max.bytes here";
    case RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR:
      return "; use a replication factor of at most the number of brokers";
    default:
      return "";
  }
}

/// "Broker: Unknown topic" and "Local: Message timed out" as our messages write them: without who
/// found it, and lower case.
std::string AsOurs(std::string_view text) {
  for (const std::string_view finder : {"Broker: ", "Local: "}) {
    if (text.starts_with(finder)) text.remove_prefix(finder.size());
  }
  std::string ours(text);
  constexpr int kToLower = 'a' - 'A';
  const bool is_word = ours.size() > 1 && (ours[1] < 'A' || ours[1] > 'Z');
  if (is_word && ours[0] >= 'A' && ours[0] <= 'Z') ours[0] = static_cast<char>(ours[0] + kToLower);
  return ours;
}

/// Logging is for people at librdkafka's side; what matters comes back from the calls.
void IgnoreLog(const rd_kafka_t* /*handle*/, int /*level*/, const char* /*facility*/,
               const char* /*text*/) {}

KafkaTopicState TopicOf(const rd_kafka_metadata_topic_t& topic) {
  KafkaTopicState state;
  state.name = topic.topic;
  state.partitions.resize(static_cast<size_t>(topic.partition_cnt));
  for (int i = 0; i < topic.partition_cnt; ++i) {
    const rd_kafka_metadata_partition_t& partition = topic.partitions[i];
    if (partition.id < 0 || partition.id >= topic.partition_cnt) continue;
    state.partitions[static_cast<size_t>(partition.id)] = {partition.leader, partition.replica_cnt};
  }
  return state;
}

}  // namespace

Error KafkaError(rd_kafka_resp_err_t code, const std::string& where) {
  return {CodeOf(code),
          fmt::format("kafka: {}: {}{}", where, AsOurs(rd_kafka_err2str(code)), RemedyOf(code)),
          static_cast<int>(code)};
}

std::string TransactionalId(const std::string& topic, const std::string& stream) {
  return fmt::format("tillstream/{}/{}", topic, stream);
}

bool IsFenced(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR__FENCED || code == RD_KAFKA_RESP_ERR_PRODUCER_FENCED ||
         code == RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH;
}

Result<std::unique_ptr<KafkaClient>> KafkaClient::Open(const KafkaConfig& config, KafkaRole role,
                                                       const KafkaProperties& fixed,
                                                       Observers observers) {
  TILLSTREAM_ASSIGN(KafkaConfPtr conf, MakeKafkaConf(config, role, fixed));
  std::unique_ptr<KafkaClient> client(new KafkaClient(config));
  client->observers_ = observers;
  rd_kafka_conf_set_opaque(conf.get(), client.get());
  rd_kafka_conf_set_log_cb(conf.get(), IgnoreLog);
  rd_kafka_conf_set_error_cb(conf.get(), OnError);
  if (observers.deliveries != nullptr) {
    rd_kafka_conf_set_dr_msg_cb(
        conf.get(), [](rd_kafka_t* /*handle*/, const rd_kafka_message_t* message, void* self) {
          static_cast<KafkaClient*>(self)->observers_.deliveries->OnDelivery(*message);
        });
  }
  if (observers.rebalances != nullptr) {
    rd_kafka_conf_set_rebalance_cb(
        conf.get(), [](rd_kafka_t* /*handle*/, rd_kafka_resp_err_t code,
                       rd_kafka_topic_partition_list_t* partitions, void* self) {
          static_cast<KafkaClient*>(self)->observers_.rebalances->OnRebalance(code, partitions);
        });
  }
  const rd_kafka_type_t type = role == KafkaRole::kReader ? RD_KAFKA_CONSUMER : RD_KAFKA_PRODUCER;
  std::array<char, 512> text{};
  // The configuration becomes the client's, unless there is none.
  rd_kafka_conf_t* const given = conf.release();
  client->handle_ = rd_kafka_new(type, given, text.data(), text.size());
  if (client->handle_ == nullptr) {
    conf.reset(given);
    return MakeError(ErrorCode::kUsage, "kafka: {}", AsOurs(text.data()));
  }
  return client;
}

KafkaClient::~KafkaClient() {
  if (handle_ != nullptr) rd_kafka_destroy(handle_);
}

std::string KafkaClient::Value(const char* name) const {
  return KafkaConfValue(rd_kafka_conf(handle_), name);
}

void KafkaClient::OnError(rd_kafka_t* /*handle*/, int code, const char* reason, void* self) {
  if (code != RD_KAFKA_RESP_ERR__AUTHENTICATION && code != RD_KAFKA_RESP_ERR__SSL &&
      code != RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED) {
    return;
  }
  auto* const client = static_cast<KafkaClient*>(self);
  MutexLock lock(client->mutex_);
  client->refusal_ = reason;
}

Result<KafkaTopicPtr> KafkaClient::OpenTopic(const std::string& name) {
  KafkaTopicPtr topic(rd_kafka_topic_new(handle_, name.c_str(), nullptr));
  if (!topic) return KafkaError(rd_kafka_last_error(), fmt::format("topic \"{}\"", name));
  return topic;
}

Result<KafkaClusterState> KafkaClient::Ask(rd_kafka_topic_t* topic, const std::string& where) {
  const rd_kafka_metadata_t* answer = nullptr;
  const auto code =
      rd_kafka_metadata(handle_, topic == nullptr ? 1 : 0, topic, &answer, deadline_ms());
  const MetadataPtr metadata(answer);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return Failure(code, where);
  KafkaClusterState state;
  state.broker_count = metadata->broker_cnt;
  for (int i = 0; i < metadata->topic_cnt; ++i) {
    const rd_kafka_metadata_topic_t& found = metadata->topics[i];
    // Partitions without a leader are no fault of the topic: they wait for one.
    const bool usable = found.err == RD_KAFKA_RESP_ERR_NO_ERROR ||
                        found.err == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE;
    if (usable) {
      state.topics.push_back(TopicOf(found));
    } else if (topic != nullptr) {
      return KafkaError(found.err, where);
    }
  }
  return state;
}

Result<KafkaTopicState> KafkaClient::DescribeTopic(const std::string& name) {
  TILLSTREAM_ASSIGN(const KafkaTopicPtr topic, OpenTopic(name));
  const std::string where = fmt::format("topic \"{}\"", name);
  TILLSTREAM_ASSIGN(KafkaClusterState state, Ask(topic.get(), where));
  if (state.topics.empty()) return KafkaError(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, where);
  return std::move(state.topics.front());
}

Result<KafkaClusterState> KafkaClient::DescribeCluster() { return Ask(nullptr, "topics"); }

Error KafkaClient::Failure(rd_kafka_resp_err_t code, const std::string& where) {
  const bool silent =
      code == RD_KAFKA_RESP_ERR__TRANSPORT || code == RD_KAFKA_RESP_ERR__TIMED_OUT ||
      code == RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE || code == RD_KAFKA_RESP_ERR__RESOLVE ||
      code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN;
  if (!silent) return KafkaError(code, where);
  // Calls OnError() for what has been noticed so far.
  rd_kafka_poll(handle_, 0);
  MutexLock lock(mutex_);
  if (refusal_) {
    return MakeError(ErrorCode::kUnavailable,
                     "kafka: no connection that a broker lets in (bootstrap.servers={}): {}; check "
                     "security.protocol, sasl.* and ssl.*",
                     config_.Servers(), *refusal_);
  }
  return MakeError(ErrorCode::kUnavailable,
                   "kafka: no broker answered within {} s (bootstrap.servers={})",
                   static_cast<double>(config_.deadline.count()) / 1000, config_.Servers());
}

}  // namespace tillstream
