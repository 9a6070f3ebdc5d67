#include "kafka/topic_admin.h"

#include <algorithm>
#include <array>
#include <utility>

#include "kafka/admin_call.h"
#include "kafka/kafka_client.h"
#include "kafka/kafka_waits.h"

namespace tillstream {
namespace {

using NewTopicPtr = std::unique_ptr<rd_kafka_NewTopic_t, KafkaDestroy<rd_kafka_NewTopic_destroy>>;
using NewPartitionsPtr =
    std::unique_ptr<rd_kafka_NewPartitions_t, KafkaDestroy<rd_kafka_NewPartitions_destroy>>;

std::string Where(const std::string& topic) { return fmt::format("topic \"{}\"", topic); }

KafkaContext ContextOf(const std::string& topic, const char* operation) {
  return {.where = Where(topic), .right = fmt::format("{} on {}", operation, Where(topic))};
}

/// What the broker said about the one topic of a request. Its own text says more than the code's.
Status OutcomeOf(const rd_kafka_topic_result_t* result, KafkaContext context) {
  const auto code = rd_kafka_topic_result_error(result);
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return Ok();
  const char* const text = rd_kafka_topic_result_error_string(result);
  if (text != nullptr) context.detail = text;
  return KafkaError(code, context);
}

}  // namespace

TopicAdmin::TopicAdmin(std::unique_ptr<KafkaClient> client, Clock& clock)
    : client_(std::move(client)), clock_(clock) {}

TopicAdmin::~TopicAdmin() = default;

Result<std::unique_ptr<TopicAdmin>> TopicAdmin::Open(const KafkaConfig& config, Clock& clock) {
  TILLSTREAM_ASSIGN(auto client, KafkaClient::Open(config, KafkaRole::kAdmin, {}));
  return std::unique_ptr<TopicAdmin>(new TopicAdmin(std::move(client), clock));
}

Result<std::map<std::string, int32_t>> TopicAdmin::PartitionCounts() {
  TILLSTREAM_ASSIGN(const KafkaClusterState cluster, client_->DescribeCluster(clock_));
  std::map<std::string, int32_t> counts;
  for (const KafkaTopicState& topic : cluster.topics) {
    if (topic.name.starts_with("__")) continue;
    counts[topic.name] = static_cast<int32_t>(topic.partitions.size());
  }
  return counts;
}

Result<int> TopicAdmin::BrokerCount() {
  TILLSTREAM_ASSIGN(const KafkaClusterState cluster, client_->DescribeCluster(clock_));
  return cluster.broker_count;
}

Result<std::optional<int32_t>> TopicAdmin::FindPartitionCount(const std::string& name) {
  const auto topic = client_->DescribeTopic(name, clock_);
  if (topic) return std::optional(static_cast<int32_t>(topic->partitions.size()));
  if (topic.error().code == ErrorCode::kNotFound) return std::optional<int32_t>();
  return topic.error();
}

Result<int32_t> TopicAdmin::PartitionCount(const std::string& name) {
  const std::chrono::nanoseconds deadline = clock_.Monotonic() + kKnownWithin;
  for (;;) {
    TILLSTREAM_ASSIGN(const std::optional<int32_t> count, FindPartitionCount(name));
    if (count) return *count;
    const std::chrono::nanoseconds now = clock_.Monotonic();
    if (now >= deadline) {
      return KafkaError(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, {.where = Where(name)});
    }
    clock_.SleepUntil(now + kAskAgain, {});
  }
}

Status TopicAdmin::Create(const TopicSpec& spec) {
  TILLSTREAM_ASSIGN(const KafkaClusterState cluster, client_->DescribeCluster(clock_));
  const auto at = std::find_if(cluster.topics.begin(), cluster.topics.end(),
                               [&](const auto& topic) { return topic.name == spec.name; });
  if (at == cluster.topics.end()) {
    TILLSTREAM_TRY(CreateNew(spec, cluster.broker_count));
  } else if (static_cast<int32_t>(at->partitions.size()) < spec.partition_count) {
    TILLSTREAM_TRY(AddPartitions(spec));
  }
  return WaitForLeaders(spec);
}

Status TopicAdmin::CreateNew(const TopicSpec& spec, int broker_count) {
  const int replicas = ReplicationOf(spec, broker_count);
  std::array<char, 512> text{};
  NewTopicPtr topic(rd_kafka_NewTopic_new(spec.name.c_str(), spec.partition_count, replicas,
                                          text.data(), text.size()));
  if (!topic) return MakeError(ErrorCode::kUsage, "kafka: {}: {}", Where(spec.name), text.data());
  std::map<std::string, std::string> settings = spec.settings;
  settings.emplace("min.insync.replicas", std::to_string(InSyncMinimum(replicas)));
  for (const auto& [name, value] : settings) {
    rd_kafka_NewTopic_set_config(topic.get(), name.c_str(), value.c_str());
  }
  AdminCall call(*client_, RD_KAFKA_ADMIN_OP_CREATETOPICS);
  call.WaitForOperation();
  rd_kafka_NewTopic_t* topics = topic.get();
  rd_kafka_CreateTopics(client_->handle(), &topics, 1, call.options(), call.queue());
  const KafkaContext context = ContextOf(spec.name, "Create");
  TILLSTREAM_ASSIGN(const KafkaEventPtr event, call.Wait(context));
  size_t count = 0;
  const auto* const results =
      rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event.get()), &count);
  const Status outcome = OutcomeOf(results[0], context);
  // Another process may make the same topic at the same time.
  const bool there =
      !outcome && outcome.error().protocol_code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS;
  return there ? Ok() : outcome;
}

Status TopicAdmin::AddPartitions(const TopicSpec& spec) {
  std::array<char, 512> text{};
  NewPartitionsPtr partitions(rd_kafka_NewPartitions_new(
      spec.name.c_str(), static_cast<size_t>(spec.partition_count), text.data(), text.size()));
  if (!partitions) {
    return MakeError(ErrorCode::kUsage, "kafka: {}: {}", Where(spec.name), text.data());
  }
  AdminCall call(*client_, RD_KAFKA_ADMIN_OP_CREATEPARTITIONS);
  call.WaitForOperation();
  rd_kafka_NewPartitions_t* all = partitions.get();
  rd_kafka_CreatePartitions(client_->handle(), &all, 1, call.options(), call.queue());
  const KafkaContext context = ContextOf(spec.name, "Alter");
  TILLSTREAM_ASSIGN(const KafkaEventPtr event, call.Wait(context));
  size_t count = 0;
  const auto* const results = rd_kafka_CreatePartitions_result_topics(
      rd_kafka_event_CreatePartitions_result(event.get()), &count);
  return OutcomeOf(results[0], context);
}

Status TopicAdmin::WaitForLeaders(const TopicSpec& spec) {
  const std::chrono::nanoseconds deadline = clock_.Monotonic() + client_->config().deadline;
  for (;;) {
    const auto topic = client_->DescribeTopic(spec.name, clock_);
    if (!topic && topic.error().code != ErrorCode::kNotFound) return topic.error();
    if (topic && static_cast<int32_t>(topic->partitions.size()) >= spec.partition_count &&
        std::all_of(topic->partitions.begin(), topic->partitions.end(),
                    [](const auto& partition) { return partition.leader >= 0; })) {
      return Ok();
    }
    const std::chrono::nanoseconds now = clock_.Monotonic();
    if (now >= deadline) {
      return MakeError(ErrorCode::kUnavailable,
                       "kafka: {}: a partition has no leader; see whether all brokers run",
                       Where(spec.name));
    }
    clock_.SleepUntil(now + kAskAgain, {});
  }
}

Result<std::optional<TopicDescription>> TopicAdmin::Describe(const std::string& name) {
  TILLSTREAM_ASSIGN(const KafkaClusterState cluster, client_->DescribeCluster(clock_));
  const auto topic = client_->DescribeTopic(name, clock_);
  if (!topic && topic.error().code == ErrorCode::kNotFound) {
    return std::optional<TopicDescription>();
  }
  if (!topic) return topic.error();
  TopicDescription description;
  description.name = name;
  description.partition_count = static_cast<int32_t>(topic->partitions.size());
  description.broker_count = cluster.broker_count;
  description.replication_factor =
      topic->partitions.empty() ? 0 : topic->partitions[0].replica_count;
  for (const KafkaPartitionState& partition : topic->partitions) {
    description.replication_factor =
        std::min(description.replication_factor, partition.replica_count);
    if (partition.leader < 0) {
      ++description.leaderless_count;
    } else if (partition.in_sync_count < partition.replica_count) {
      ++description.lagging_count;
    }
  }
  const std::chrono::nanoseconds deadline = clock_.Monotonic() + kKnownWithin;
  for (;;) {
    auto settings = ReadKafkaSettings(*client_, RD_KAFKA_RESOURCE_TOPIC, name);
    if (settings) {
      description.settings = *std::move(settings);
      return std::optional(std::move(description));
    }
    // Another broker than the one that knows the topic may have been asked.
    const std::chrono::nanoseconds now = clock_.Monotonic();
    if (settings.error().code != ErrorCode::kNotFound || now >= deadline) return settings.error();
    clock_.SleepUntil(now + kAskAgain, {});
  }
}

}  // namespace tillstream
