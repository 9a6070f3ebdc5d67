#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "app/opened_log.h"
#include "app/topic_plan.h"
#include "model/event_dates.h"

namespace tillstream {

/// A topic of a run on Kafka: as it is to be and, once CompareRunTopics() was called, as it is.
struct RunTopic {
  std::string name;
  int32_t partition_count = 0;
  int replication_factor = 0;
  bool partitions_are_exact = false;  ///< As TopicSpec's.
  std::map<std::string, std::string> settings;
  std::optional<int32_t> found_partition_count;  ///< None: it is not there.
  int32_t leaderless_count = 0;                  ///< Partitions that nobody serves now.
  int32_t lagging_count = 0;  ///< Partitions of which a broker does not have everything now.
  /// In what it deviates, a message each with what to do.
  std::vector<std::string> deviations;
};

/// The topics of the run `run` with those of `plan`, on a cluster of `broker_count` brokers: those
/// of positions last. `replication_factor` 0: as many as are wanted, or as there are brokers.
std::vector<RunTopic> PlanRunTopics(const std::string& run, const TopicPlan& plan,
                                    int replication_factor, int broker_count);

/// `deviations`, or that the topic is not there.
std::vector<std::string> DeviationsOf(const RunTopic& topic);

/// How many brokers a cluster needs for the wanted replication.
int BrokersWanted();

/// Brokers that the cluster has now.
Result<int> CountBrokers(OpenedLog& opened);

/// Looks how the topics are. `dates` are those of the events; none when they are not known.
/// `may_add_partitions`: too few of them are no deviation, since MakeRunTopics() will follow.
Status CompareRunTopics(OpenedLog& opened, const std::optional<EventDates>& dates,
                        bool may_add_partitions, std::vector<RunTopic>* topics);

/// Makes the topics that are not there, and the partitions that are missing.
Status MakeRunTopics(OpenedLog& opened, const std::vector<RunTopic>& topics);

}  // namespace tillstream
