#include "kafka/cluster_survey.h"

#include <algorithm>
#include <utility>

#include "kafka/admin_call.h"
#include "kafka/kafka_client.h"
#include "kafka/setting_number.h"

namespace tillstream {
namespace {

constexpr int kPortDefault = 9092;

/// The setting as a number; `otherwise` when it is not there.
int64_t SettingOf(const KafkaSettings& settings, const char* name, int64_t otherwise) {
  const auto at = settings.find(name);
  return at == settings.end() ? otherwise : NumberOf(at->second, otherwise);
}

/// Of a text that librdkafka allocated.
std::string Take(rd_kafka_t* handle, char* text) {
  if (text == nullptr) return "";
  std::string taken(text);
  rd_kafka_mem_free(handle, text);
  return taken;
}

/// One past the last offset that a client may read; that of read_committed ends at the first open
/// transaction.
Result<int64_t> EndOffset(KafkaClient& client, const TopicPartition& partition) {
  int64_t begin = 0;
  int64_t end = 0;
  const auto code = rd_kafka_query_watermark_offsets(client.handle(), partition.topic.c_str(),
                                                     partition.partition.value(), &begin, &end,
                                                     client.deadline_ms());
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
    return client.Failure(code,
                          {.where = partition.ToString(),
                           .right = fmt::format("Describe on topic \"{}\"", partition.topic)});
  return end;
}

TcpAddress AddressOf(std::string_view text) {
  constexpr std::string_view kScheme = "://";
  const size_t scheme = text.find(kScheme);
  if (scheme != text.npos) text.remove_prefix(scheme + kScheme.size());
  const size_t bracket = text.rfind(']');
  const size_t colon = text.rfind(':');
  const bool has_port = colon != text.npos && (bracket == text.npos || colon > bracket);
  TcpAddress address;
  address.port =
      has_port ? static_cast<int>(NumberOf(text.substr(colon + 1), kPortDefault)) : kPortDefault;
  std::string_view host = text.substr(0, has_port ? colon : text.npos);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  address.host = host;
  return address;
}

}  // namespace

ClusterSurvey::ClusterSurvey(std::unique_ptr<KafkaClient> admin,
                             std::unique_ptr<KafkaClient> committed,
                             std::unique_ptr<KafkaClient> uncommitted, Clock& clock)
    : admin_(std::move(admin)),
      committed_(std::move(committed)),
      uncommitted_(std::move(uncommitted)),
      clock_(clock) {}

ClusterSurvey::~ClusterSurvey() = default;

Result<std::unique_ptr<ClusterSurvey>> ClusterSurvey::Open(const KafkaConfig& config,
                                                           Clock& clock) {
  // As a writer, for the timeout of its transactions.
  TILLSTREAM_ASSIGN(auto admin, KafkaClient::Open(config, KafkaRole::kWriter, {}));
  TILLSTREAM_ASSIGN(auto committed, KafkaClient::Open(config, KafkaRole::kReader,
                                                      {{"isolation.level", "read_committed"}}));
  TILLSTREAM_ASSIGN(auto uncommitted, KafkaClient::Open(config, KafkaRole::kReader,
                                                        {{"isolation.level", "read_uncommitted"}}));
  return std::unique_ptr<ClusterSurvey>(
      new ClusterSurvey(std::move(admin), std::move(committed), std::move(uncommitted), clock));
}

Result<ClusterFacts> ClusterSurvey::Ask() {
  TILLSTREAM_ASSIGN(const KafkaClusterState state, admin_->DescribeCluster(clock_));
  ClusterFacts facts;
  for (const KafkaBrokerState& broker : state.brokers) {
    facts.brokers.push_back({broker.id, broker.address});
  }
  std::sort(facts.brokers.begin(), facts.brokers.end(),
            [](const auto& a, const auto& b) { return a.id < b.id; });
  for (const KafkaTopicState& topic : state.topics) {
    if (topic.name == "__transaction_state") facts.has_transactions_topic = true;
    if (topic.name == "__consumer_offsets") facts.has_offsets_topic = true;
  }
  // Both are known from the answer above.
  facts.id = Take(admin_->handle(), rd_kafka_clusterid(admin_->handle(), admin_->deadline_ms()));
  facts.controller_id = rd_kafka_controllerid(admin_->handle(), admin_->deadline_ms());
  return facts;
}

Result<KafkaSettings> ClusterSurvey::BrokerSettings(int32_t broker_id) {
  return ReadKafkaSettings(*admin_, RD_KAFKA_RESOURCE_BROKER, std::to_string(broker_id));
}

Result<int64_t> ClusterSurvey::UncommittedOffsets(const TopicPartition& partition) {
  TILLSTREAM_ASSIGN(const int64_t committed, EndOffset(*committed_, partition));
  TILLSTREAM_ASSIGN(const int64_t uncommitted, EndOffset(*uncommitted_, partition));
  return std::max<int64_t>(uncommitted - committed, 0);
}

int64_t ClusterSurvey::transaction_timeout_ms() const {
  return NumberOf(admin_->Value("transaction.timeout.ms"), 0);
}

std::vector<TcpAddress> BootstrapAddresses(std::string_view servers) {
  std::vector<TcpAddress> addresses;
  while (!servers.empty()) {
    const size_t comma = servers.find(',');
    std::string_view each = servers.substr(0, comma);
    servers.remove_prefix(comma == servers.npos ? servers.size() : comma + 1);
    while (each.starts_with(' ')) each.remove_prefix(1);
    while (each.ends_with(' ')) each.remove_suffix(1);
    if (!each.empty()) addresses.push_back(AddressOf(each));
  }
  return addresses;
}

std::string KafkaVersionOf(const KafkaSettings& broker_settings) {
  const auto at = broker_settings.find("inter.broker.protocol.version");
  // Kafka 4.0 took the setting away.
  if (at == broker_settings.end()) return "4.0 or later";
  return at->second.substr(0, at->second.find('-'));
}

std::vector<std::string> TransactionDeviations(const ClusterFacts& cluster,
                                               const KafkaSettings& broker_settings,
                                               int64_t timeout_ms) {
  std::vector<std::string> messages;
  const auto brokers = static_cast<int64_t>(cluster.brokers.size());
  const int64_t replicas =
      SettingOf(broker_settings, "transaction.state.log.replication.factor", 1);
  const int64_t in_sync = SettingOf(broker_settings, "transaction.state.log.min.isr", 1);
  if (!cluster.has_transactions_topic && replicas > brokers) {
    messages.push_back(
        fmt::format("begins no transaction: its log needs {} brokers "
                    "(transaction.state.log.replication.factor),"
                    " found {}; start more, or set transaction.state.log.replication.factor={} and "
                    "transaction.state.log.min.isr=1",
                    replicas, brokers, brokers));
  } else if (in_sync > brokers) {
    messages.push_back(fmt::format(
        "commits no transaction: its log needs {} replicas (transaction.state.log.min.isr), found "
        "{} of them; start more brokers, or set transaction.state.log.min.isr={}",
        in_sync, brokers, brokers));
  }
  const int64_t timeout_max = SettingOf(broker_settings, "transaction.max.timeout.ms", timeout_ms);
  if (timeout_max < timeout_ms) {
    messages.push_back(fmt::format(
        "allows transactions of {} ms (transaction.max.timeout.ms), needed {}; raise it, or give "
        "-X transaction.timeout.ms={}",
        timeout_max, timeout_ms, timeout_max));
  }
  return messages;
}

std::vector<std::string> GroupDeviations(const ClusterFacts& cluster,
                                         const KafkaSettings& broker_settings) {
  const auto brokers = static_cast<int64_t>(cluster.brokers.size());
  const int64_t replicas = SettingOf(broker_settings, "offsets.topic.replication.factor", 1);
  if (cluster.has_offsets_topic || replicas <= brokers) return {};
  return {fmt::format(
      "serves no consumer group: its offsets need {} brokers (offsets.topic.replication.factor), "
      "found {}; start more, or set offsets.topic.replication.factor={}",
      replicas, brokers, brokers)};
}

std::vector<std::string> LibraryDeviations(int version) {
  constexpr int kFixed = 0x020300ff;
  if (version >= kFixed) return {};
  return {
      "before 2.3.0 its idempotent producer can end in a fatal error without need (#4438), from "
      "which tillstream starts again at the position; nothing is lost, a newer one spares the "
      "restart"};
}

int LibraryVersion() { return rd_kafka_version(); }

}  // namespace tillstream
