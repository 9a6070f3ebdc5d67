#include "app/kafka_topics.h"

#include "base/check.h"

#ifdef TILLSTREAM_KAFKA
#include <algorithm>

#include "kafka/kafka_log.h"
#include "kafka/topic_admin.h"
#endif

namespace tillstream {

std::vector<std::string> DeviationsOf(const RunTopic& topic) {
  if (topic.found_partition_count) return topic.deviations;
  return {
      fmt::format("topic \"{}\" is not there; let replay make it, or tillstream topic create "
                  "--execute",
                  topic.name)};
}

#ifdef TILLSTREAM_KAFKA
namespace {

TopicSpec SpecOf(const RunTopic& topic) {
  return {.name = topic.name,
          .partition_count = topic.partition_count,
          .replication_factor = topic.replication_factor,
          .settings = topic.settings,
          .partitions_are_exact = topic.partitions_are_exact};
}

}  // namespace

std::vector<RunTopic> PlanRunTopics(const std::string& run, const TopicPlan& plan,
                                    int replication_factor, int broker_count) {
  std::vector<TopicSpec> specs;
  for (const TopicInfo& topic : plan.topics) {
    specs.push_back(EventTopicSpec(topic.name, topic.partition_count));
    specs.back().partitions_are_exact = plan.places_keys && topic.name != plan.topics.back().name;
  }
  specs.push_back(PositionsTopicSpec(run, plan.stream_count));
  std::vector<RunTopic> topics;
  for (TopicSpec& spec : specs) {
    spec.replication_factor = replication_factor;
    const int replicas = ReplicationOf(spec, broker_count);
    spec.settings.emplace("min.insync.replicas", std::to_string(InSyncMinimum(replicas)));
    RunTopic& topic = topics.emplace_back();
    topic.name = spec.name;
    topic.partition_count = spec.partition_count;
    topic.replication_factor = replicas;
    topic.partitions_are_exact = spec.partitions_are_exact;
    topic.settings = std::move(spec.settings);
  }
  return topics;
}

int BrokersWanted() { return kReplicationTarget; }

Result<int> CountBrokers(OpenedLog& opened) { return opened.kafka->admin().BrokerCount(); }

Status CompareRunTopics(OpenedLog& opened, const std::optional<EventDates>& dates,
                        bool may_add_partitions, std::vector<RunTopic>* topics) {
  for (RunTopic& topic : *topics) {
    TILLSTREAM_ASSIGN(const auto found, opened.kafka->admin().Describe(topic.name));
    if (!found) continue;
    topic.found_partition_count = found->partition_count;
    topic.leaderless_count = found->leaderless_count;
    topic.lagging_count = found->lagging_count;
    TopicSpec wanted = SpecOf(topic);
    if (may_add_partitions) {
      wanted.partition_count = std::min(wanted.partition_count, found->partition_count);
    }
    topic.deviations = TopicDeviations(wanted, *found, dates);
  }
  return Ok();
}

Status MakeRunTopics(OpenedLog& opened, const std::vector<RunTopic>& topics) {
  for (const RunTopic& topic : topics) TILLSTREAM_TRY(opened.kafka->admin().Create(SpecOf(topic)));
  return Ok();
}
#else
std::vector<RunTopic> PlanRunTopics(const std::string& /*run*/, const TopicPlan& /*plan*/,
                                    int /*replication_factor*/, int /*broker_count*/) {
  TILLSTREAM_CHECK_MSG(false, "RequireKafka() refuses this build");
}

int BrokersWanted() { return 0; }

Result<int> CountBrokers(OpenedLog& /*opened*/) {
  TILLSTREAM_CHECK_MSG(false, "RequireKafka() refuses this build");
}

Status CompareRunTopics(OpenedLog& /*opened*/, const std::optional<EventDates>& /*dates*/,
                        bool /*may_add_partitions*/, std::vector<RunTopic>* /*topics*/) {
  TILLSTREAM_CHECK_MSG(false, "RequireKafka() refuses this build");
}

Status MakeRunTopics(OpenedLog& /*opened*/, const std::vector<RunTopic>& /*topics*/) {
  TILLSTREAM_CHECK_MSG(false, "RequireKafka() refuses this build");
}
#endif

}  // namespace tillstream
