#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "kafka/kafka_config.h"
#include "model/event_dates.h"
#include "model/ids.h"

namespace tillstream {

class KafkaClient;

/// How many brokers are to have each record, when there are that many.
inline constexpr int kReplicationTarget = 3;

/// segment.ms of topics with event time: longer than any history, since the broker compares it with
/// the records' times. With Kafka's default of a week five years make 277 segments a partition.
inline constexpr int64_t kSegmentMs = 9'000'000'000'000;

/// A topic as it is to be. `settings` are the broker's names for them.
struct TopicSpec {
  std::string name;
  int32_t partition_count = 0;
  /// 0: kReplicationTarget, or the number of brokers if there are fewer.
  int replication_factor = 0;
  std::map<std::string, std::string> settings = {};
  /// Whether more partitions than `partition_count` are wrong, too: keys are placed by their
  /// number.
  bool partitions_are_exact = false;
};

/// A topic of events, totals or forecasts: nothing is ever deleted, the records keep their event
/// time, and no segment is rolled for the distance between two event times.
TopicSpec EventTopicSpec(const std::string& name, int32_t partition_count);

/// The topic in which the writers of the run `run` keep their positions: compacted, partition 0 for
/// the run and n + 1 for its stream number n. docs/formats/positions_topic.md.
TopicSpec PositionsTopicSpec(const std::string& run, int32_t stream_count);

/// How many brokers have each record of a topic: what the spec says, or as many as there are.
int ReplicationOf(const TopicSpec& spec, int broker_count);

/// min.insync.replicas of a topic with so many replicas: acknowledged events survive the loss of a
/// broker where there are enough.
int InSyncMinimum(int replication_factor);

/// Of a document of a run in that topic; 250 stores with five years of data each need half of it.
inline constexpr int64_t kRunDocumentBytesMax = int64_t{8} << 20;

/// "sales-positions".
std::string PositionsTopicName(const std::string& run);

/// A topic as it is. `settings` has all that the broker says, defaults included.
struct TopicDescription {
  std::string name;
  int32_t partition_count = 0;
  int replication_factor = 0;    ///< The least of its partitions'.
  int broker_count = 0;          ///< Of the cluster.
  int32_t leaderless_count = 0;  ///< Partitions that nobody serves now.
  int32_t lagging_count = 0;     ///< Partitions of which a broker does not have everything now.
  std::map<std::string, std::string> settings;
};

/// In what a topic deviates from what it is to be, a message each with what to do about it:
///
///   topic "sales" deletes after 3650 d (retention.ms=315360000000) but the data begins
///   2011-01-29; --rebase-to today, or set retention.ms=-1
///
/// `dates` are those of the events; none when they are not known. More partitions, more replicas, a
/// longer segment.ms and a larger max.message.bytes than asked for are no deviation, and neither is
/// a retention that takes none of the events today.
std::vector<std::string> TopicDeviations(const TopicSpec& wanted, const TopicDescription& found,
                                         const std::optional<EventDates>& dates);

/// Makes topics and says how they are. Thread safe.
class TopicAdmin {
 public:
  /// Contacts nobody yet. `clock` must outlive it.
  static Result<std::unique_ptr<TopicAdmin>> Open(const KafkaConfig& config, Clock& clock);
  ~TopicAdmin();

  /// Makes the topic, or adds the partitions that are missing; settings of a topic that is there
  /// stay as they are. Returns when every partition has a leader. kUnavailable when nobody answers,
  /// kForbidden when the broker refuses, kUsage for a name or a number that it does not take.
  Status Create(const TopicSpec& spec);

  /// Brokers that the cluster has now. Errors: kUnavailable.
  Result<int> BrokerCount();

  /// None when there is no such topic. Errors: kUnavailable.
  Result<std::optional<TopicDescription>> Describe(const std::string& name);

  /// The number of partitions of every topic, by name; none of those that begin with "__", which
  /// are the brokers' own.
  Result<std::map<std::string, int32_t>> PartitionCounts();

  /// The number of partitions of one topic; none when no broker that was asked knows it.
  Result<std::optional<int32_t>> FindPartitionCount(const std::string& name);

  /// The same; kNotFound, after two seconds, in which all brokers
  /// should know a topic that was made just now.
  Result<int32_t> PartitionCount(const std::string& name);

 private:
  TopicAdmin(std::unique_ptr<KafkaClient> client, Clock& clock);
  Status CreateNew(const TopicSpec& spec, int broker_count);
  Status AddPartitions(const TopicSpec& spec);
  Status WaitForLeaders(const TopicSpec& spec);

  const std::unique_ptr<KafkaClient> client_;
  Clock& clock_;
};

}  // namespace tillstream
