#include "kafka/kafka_client.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "base/check.h"

namespace tillstream {
namespace {

using MetadataPtr =
    std::unique_ptr<const rd_kafka_metadata_t, KafkaDestroy<rd_kafka_metadata_destroy>>;

/// The first wait for an answer; each one after it is twice as long. Between two of them it shows
/// whether brokers refuse us.
constexpr std::chrono::milliseconds kFirstPatience{250};
constexpr std::chrono::milliseconds kLookAgain{50};

/// Another broker may let us in meanwhile. A connection that is closed without a word may also be
/// that of a broker that starts.
constexpr std::chrono::seconds kRefusedSurely{1};
constexpr std::chrono::seconds kRefusedProbably{5};

/// Whether the code says no more than that nobody answered.
bool IsSilence(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR__TRANSPORT || code == RD_KAFKA_RESP_ERR__TIMED_OUT ||
         code == RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE || code == RD_KAFKA_RESP_ERR__RESOLVE ||
         code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN;
}

ErrorCode CodeOf(rd_kafka_resp_err_t code) {
  if (IsForbidden(code)) return ErrorCode::kForbidden;
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
    case RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT:
    case RD_KAFKA_RESP_ERR__INVALID_ARG:
      return ErrorCode::kUsage;
    default:
      return ErrorCode::kUnavailable;
  }
}

const char* RemedyOf(rd_kafka_resp_err_t code) {
  switch (code) {
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
      return "; allow the user that with an ACL on the topic";
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
      return "; allow the user that with an ACL on the cluster";
    case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
      return "; allow the user that with an ACL on the transactional id";
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
      return "; allow the user Read on the group";
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
      return "; raise max.message.bytes of the topic, and message.max.bytes here";
    case RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP:
      return "; the broker takes no time so far from now: raise message.timestamp.before.max.ms "
             "and message.timestamp.after.max.ms of the topic, or --rebase-to another date";
    case RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT:
      return "; set transaction.timeout.ms to at most the brokers' transaction.max.timeout.ms";
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
    state.partitions[static_cast<size_t>(partition.id)] = {partition.leader, partition.replica_cnt,
                                                           partition.isr_cnt};
  }
  return state;
}

}  // namespace

Error KafkaError(rd_kafka_resp_err_t code, const KafkaContext& context) {
  const std::string_view text = rd_kafka_err2str(code);
  std::string_view detail = context.detail;
  if (detail.ends_with(text)) detail.remove_suffix(text.size());
  if (detail.ends_with(": ")) detail.remove_suffix(2);
  Error error = {CodeOf(code), fmt::format("kafka: {}: {}", context.where, AsOurs(text)),
                 static_cast<int>(code)};
  if (!detail.empty() && !IsForbidden(code)) error.message += fmt::format(" ({})", AsOurs(detail));
  if (IsForbidden(code) && !context.right.empty()) {
    error.message += fmt::format("; allow the user {}", context.right);
  } else {
    error.message += RemedyOf(code);
  }
  std::replace(error.message.begin(), error.message.end(), '\n', ' ');
  return error;
}

bool IsForbidden(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED ||
         code == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED ||
         code == RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED ||
         code == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED;
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
    const std::string_view why = text.data();
    const bool is_file = why.starts_with("ssl.") && why.find(".location") != std::string_view::npos;
    return MakeError(ErrorCode::kUsage, "kafka: {}{}", AsOurs(why),
                     is_file ? "; give a file that is there, in PEM" : "");
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
  std::optional<KafkaRefusal> refusal =
      ParseRefusal(reason, /*is_security=*/code == RD_KAFKA_RESP_ERR__AUTHENTICATION ||
                               code == RD_KAFKA_RESP_ERR__SSL ||
                               code == RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED,
                   rd_kafka_version());
  // A broker that has ended had only looked as if it refused us.
  const bool is_away = std::string_view(reason).find("Connect to ") != std::string_view::npos;
  if (!refusal && !is_away) return;
  auto* const client = static_cast<KafkaClient*>(self);
  MutexLock lock(client->mutex_);
  if (refusal || (client->refusal_ && !client->refusal_->is_certain)) {
    client->refusal_ = std::move(refusal);
  }
}

rd_kafka_resp_err_t KafkaClient::InitTransactions(Clock& clock) {
  const std::chrono::nanoseconds deadline = clock.Monotonic() + config_.deadline;
  for (;;) {
    const KafkaErrorPtr error(rd_kafka_init_transactions(handle_, deadline_ms()));
    if (!error) {
      ForgetRefusal();
      return RD_KAFKA_RESP_ERR_NO_ERROR;
    }
    const bool again = rd_kafka_error_is_retriable(error.get()) != 0;
    if (!again || clock.Monotonic() >= deadline) return rd_kafka_error_code(error.get());
  }
}

void KafkaClient::ForgetRefusal() {
  MutexLock lock(mutex_);
  refusal_.reset();
}

std::optional<KafkaRefusal> KafkaClient::Refusal() {
  // Calls OnError() for what has been noticed so far.
  rd_kafka_poll(handle_, 0);
  MutexLock lock(mutex_);
  return refusal_;
}

Result<KafkaTopicPtr> KafkaClient::OpenTopic(const std::string& name) {
  KafkaTopicPtr topic(rd_kafka_topic_new(handle_, name.c_str(), nullptr));
  if (!topic) {
    return KafkaError(rd_kafka_last_error(), {.where = fmt::format("topic \"{}\"", name)});
  }
  return topic;
}

rd_kafka_resp_err_t KafkaClient::AskMetadata(rd_kafka_topic_t* topic,
                                             const rd_kafka_metadata_t** answer, Clock& clock) {
  const std::chrono::nanoseconds begin = clock.Monotonic();
  std::optional<std::chrono::nanoseconds> refused;
  for (std::chrono::milliseconds patience = kFirstPatience;; patience *= 2) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(config_.deadline -
                                                                   (clock.Monotonic() - begin));
    const std::chrono::nanoseconds next = clock.Monotonic() + kLookAgain;
    const auto code = rd_kafka_metadata(handle_, topic == nullptr ? 1 : 0, topic, answer,
                                        static_cast<int>(std::min(patience, left).count()));
    if (!IsSilence(code)) return code;
    const std::chrono::nanoseconds now = clock.Monotonic();
    if (now - begin >= config_.deadline) return code;
    const std::optional<KafkaRefusal> refusal = Refusal();
    if (refusal && !refused) refused = now;
    if (refusal && now - *refused >= (refusal->is_certain ? kRefusedSurely : kRefusedProbably)) {
      return code;
    }
    // A refused one wants to be asked often, a slow one to be given time.
    if (refusal) patience = kFirstPatience;
    clock.SleepUntil(next, {});
  }
}

Result<KafkaClusterState> KafkaClient::Ask(rd_kafka_topic_t* topic, const KafkaContext& context,
                                           Clock& clock) {
  const rd_kafka_metadata_t* answer = nullptr;
  const auto code = AskMetadata(topic, &answer, clock);
  const MetadataPtr metadata(answer);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return Failure(code, context);
  ForgetRefusal();
  KafkaClusterState state;
  state.broker_count = metadata->broker_cnt;
  for (int i = 0; i < metadata->broker_cnt; ++i) {
    const rd_kafka_metadata_broker_t& broker = metadata->brokers[i];
    state.brokers.push_back({broker.id, {broker.host, broker.port}});
  }
  for (int i = 0; i < metadata->topic_cnt; ++i) {
    const rd_kafka_metadata_topic_t& found = metadata->topics[i];
    // Partitions without a leader are no fault of the topic: they wait for one.
    const bool usable = found.err == RD_KAFKA_RESP_ERR_NO_ERROR ||
                        found.err == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE;
    if (usable) {
      state.topics.push_back(TopicOf(found));
    } else if (topic != nullptr) {
      return KafkaError(found.err, context);
    }
  }
  return state;
}

Result<KafkaTopicState> KafkaClient::DescribeTopic(const std::string& name, Clock& clock) {
  TILLSTREAM_ASSIGN(const KafkaTopicPtr topic, OpenTopic(name));
  const std::string quoted = fmt::format("topic \"{}\"", name);
  const KafkaContext context = {.where = quoted, .right = "Describe on " + quoted};
  TILLSTREAM_ASSIGN(KafkaClusterState state, Ask(topic.get(), context, clock));
  if (state.topics.empty()) return KafkaError(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, context);
  return std::move(state.topics.front());
}

Result<KafkaClusterState> KafkaClient::DescribeCluster(Clock& clock) {
  return Ask(nullptr, {.where = "topics"}, clock);
}

Error KafkaClient::Failure(rd_kafka_resp_err_t code, const KafkaContext& context) {
  if (!IsSilence(code)) return KafkaError(code, context);
  if (const std::optional<KafkaRefusal> refusal = Refusal()) {
    return MakeError(refusal->is_certain ? ErrorCode::kForbidden : ErrorCode::kUnavailable,
                     "kafka: {}", refusal->text);
  }
  return MakeError(ErrorCode::kUnavailable,
                   "kafka: no broker answered within {} s (bootstrap.servers={})",
                   static_cast<double>(config_.deadline.count()) / 1000, config_.Servers());
}

}  // namespace tillstream
