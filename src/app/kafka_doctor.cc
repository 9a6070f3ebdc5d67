#include "app/kafka_doctor.h"

#include "base/check.h"

#ifdef TILLSTREAM_KAFKA
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <vector>

#include "app/kafka_topics.h"
#include "app/moved_dates.h"
#include "app/topic_plan.h"
#include "base/tcp_connect.h"
#include "base/text.h"
#include "kafka/cluster_survey.h"
#include "kafka/kafka_log.h"
#include "kafka/library_versions.h"
#include "kafka/position_reader.h"
#include "model/names.h"
#include "replay/partition_plan.h"
#endif

namespace tillstream {
#ifdef TILLSTREAM_KAFKA
namespace {

/// "1 broker", "3 brokers".
std::string Counted(int64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

void ExamineLibrary(Findings* findings) {
  const std::string version = fmt::format("{}", fmt::join(KafkaLibraryVersions(), ", "));
  const std::vector<std::string> deviations = LibraryDeviations(LibraryVersion());
  for (const std::string& deviation : deviations) {
    findings->Warning("library", version + ": " + deviation);
  }
  if (deviations.empty()) findings->Ok("library", version);
}

/// kUnavailable when none of the servers can be reached.
Status ExamineBootstrap(Context& context, const KafkaConfig& config, Findings* findings) {
  const std::vector<TcpAddress> addresses = BootstrapAddresses(config.Servers());
  const auto outcomes = TryTcpConnect(addresses, config.deadline, context.clock);
  std::string unreached;
  for (size_t i = 0; i < addresses.size(); ++i) {
    const std::string address = addresses[i].ToString();
    if (outcomes[i].connected) {
      findings->Ok("bootstrap", address + " can be reached");
      continue;
    }
    unreached +=
        fmt::format("{}{}: {}", unreached.empty() ? "" : ", ", address, outcomes[i].reason);
    findings->Warning("bootstrap", fmt::format("{} cannot be reached: {}; start it, or leave it "
                                               "out of -b",
                                               address, outcomes[i].reason));
  }
  const bool one_connected = std::any_of(outcomes.begin(), outcomes.end(),
                                         [](const auto& outcome) { return outcome.connected; });
  if (one_connected) return Ok();
  return MakeError(ErrorCode::kUnavailable,
                   "kafka: no server can be reached ({}); check -b, and whether the brokers run",
                   unreached);
}

void ExamineCount(const ClusterFacts& facts, Findings* findings) {
  const std::string brokers =
      fmt::format("{} has {}", facts.id, Counted(std::ssize(facts.brokers), "broker"));
  if (facts.controller_id < 0) {
    findings->Error("cluster", brokers + ", no controller; see the brokers' own logs");
  } else if (static_cast<int>(facts.brokers.size()) < BrokersWanted()) {
    findings->Warning("cluster", fmt::format("{}, needed {} for events that outlive one of them; "
                                             "start more, or take it for a trial",
                                             brokers, BrokersWanted()));
  } else {
    findings->Ok("cluster", brokers);
  }
}

/// Whether all of them can be reached.
bool ExamineAddresses(Context& context, const KafkaConfig& config, const ClusterFacts& facts,
                      Findings* findings) {
  std::vector<TcpAddress> addresses;
  addresses.reserve(facts.brokers.size());
  for (const AdvertisedBroker& broker : facts.brokers) addresses.push_back(broker.address);
  const auto outcomes = TryTcpConnect(addresses, config.deadline, context.clock);
  bool all = true;
  for (size_t i = 0; i < outcomes.size(); ++i) {
    const std::string what = fmt::format("broker {}", facts.brokers[i].id);
    const std::string address = addresses[i].ToString();
    if (outcomes[i].connected) {
      findings->Ok(what, fmt::format("advertises {}, which can be reached", address));
      continue;
    }
    all = false;
    findings->Error(
        what, fmt::format("advertises {}, which cannot be reached from here ({}); let its "
                          "advertised.listeners name an address that clients here reach, for the "
                          "listener behind {}",
                          address, outcomes[i].reason, config.Servers()));
  }
  return all;
}

/// Messages with the brokers that they are about; those of a cluster are mostly set up alike.
using ByMessage = std::map<std::string, std::string>;

void AddBroker(const std::vector<std::string>& messages, int32_t broker_id, ByMessage* brokers) {
  for (const std::string& message : messages) {
    std::string& ids = (*brokers)[message];
    ids += fmt::format("{}{}", ids.empty() ? "broker " : ", ", broker_id);
  }
}

void ExamineSettings(ClusterSurvey& survey, const ClusterFacts& facts, Findings* findings) {
  ByMessage errors;
  ByMessage warnings;
  for (const AdvertisedBroker& broker : facts.brokers) {
    const std::string what = fmt::format("broker {}", broker.id);
    const auto settings = survey.BrokerSettings(broker.id);
    if (!settings) {
      findings->Warning(what, "settings cannot be read: " + settings.error().message);
      continue;
    }
    const auto transactions =
        TransactionDeviations(facts, *settings, survey.transaction_timeout_ms());
    const auto groups = GroupDeviations(facts, *settings);
    AddBroker(transactions, broker.id, &errors);
    AddBroker(groups, broker.id, &warnings);
    if (transactions.empty() && groups.empty()) {
      findings->Ok(what, fmt::format("Kafka {}, its settings serve us", KafkaVersionOf(*settings)));
    }
  }
  for (const auto& [message, brokers] : errors) findings->Error(brokers, message);
  for (const auto& [message, brokers] : warnings) findings->Warning(brokers, message);
}

void ExamineTopic(const RunTopic& topic, Findings* findings) {
  const std::vector<std::string> deviations = DeviationsOf(topic);
  for (const std::string& deviation : deviations) findings->Error("topic", deviation);
  const std::string name = Quote(topic.name);
  if (topic.leaderless_count > 0) {
    findings->Error(
        "topic", fmt::format("topic {}: {} without a leader; start the brokers that are away", name,
                             Counted(topic.leaderless_count, "partition")));
  }
  if (topic.lagging_count > 0) {
    findings->Warning("topic", fmt::format("topic {}: {} not on all replicas now; start the "
                                           "brokers that are away, or wait",
                                           name, Counted(topic.lagging_count, "partition")));
  }
  if (!deviations.empty() || topic.leaderless_count > 0 || topic.lagging_count > 0) return;
  findings->Ok("topic", fmt::format("topic {} is as it is to be: {}, {}", name,
                                    Counted(*topic.found_partition_count, "partition"),
                                    Counted(topic.replication_factor, "replica")));
}

/// The topics of a run, or of one that may begin in what is there. kUnavailable when nobody answers
/// any more.
Status ExamineTopics(Context& context, OpenedLog& opened, const std::string& topic,
                     const std::optional<RunIdentity>& identity, int32_t found_partition_count,
                     Findings* findings) {
  TopicPlan plan;
  plan.topics = {{topic, found_partition_count}, {TotalsTopic(topic), found_partition_count}};
  plan.stream_count = found_partition_count;
  if (identity) plan = PlanOf(*identity, topic);
  TILLSTREAM_ASSIGN(const int broker_count, CountBrokers(opened));
  auto topics = PlanRunTopics(topic, plan, 0, broker_count);
  std::optional<EventDates> dates;
  if (identity) dates = DatesOf(context, *identity, /*has_begun=*/true);
  TILLSTREAM_TRY(CompareRunTopics(opened, dates, false, &topics));
  for (const RunTopic& each : topics) {
    if (identity || each.found_partition_count) ExamineTopic(each, findings);
  }
  return Ok();
}

/// The partitions of events, with how many of the run's each has; none where nobody says it.
using PositionsFound = std::map<TopicPartition, std::optional<Position>>;

/// Those of a run or, without one, of a topic that is there.
PositionsFound CountEvents(const std::string& topic, const std::optional<RunIdentity>& identity,
                           int32_t found_partition_count,
                           const std::map<std::string, StreamPosition>& positions) {
  PositionsFound counts;
  for (PartitionId p; p.value() < found_partition_count; ++p) counts[{topic, p}] = std::nullopt;
  if (!identity) return counts;
  for (const auto& [id, store] : identity->stores) {
    const auto partitions = EventPartitionsOf(*identity, topic, id);
    const auto at = positions.find(id);
    for (const TopicPartition& partition : partitions) {
      std::optional<Position>& count = counts[partition];
      if (at == positions.end()) continue;
      const StreamPosition& position = at->second;
      // How a store's events are dealt out, the data says; that there are some is known.
      if (position.events > 0 || position.is_kept) {
        count = count.value_or(Position(0)) +
                (partitions.size() == 1 ? position.events - position.left_out : 0);
      }
    }
  }
  return counts;
}

/// Records that no run wrote, and records that are gone; the first that is found.
Status ExaminePartitions(Context& context, OpenedLog& opened, const PositionsFound& counts) {
  for (const auto& [partition, count] : counts) {
    TILLSTREAM_TRY(CheckPartition(opened.kafka->config(), partition, count, context.clock));
  }
  return Ok();
}

Status ExamineTransactions(Context& context, OpenedLog& opened, const PositionsFound& counts,
                           Findings* findings) {
  TILLSTREAM_ASSIGN(const auto survey, ClusterSurvey::Open(opened.kafka->config(), context.clock));
  int32_t open_count = 0;
  int64_t offset_count = 0;
  for (const auto& [partition, unused] : counts) {
    TILLSTREAM_ASSIGN(const int64_t offsets, survey->UncommittedOffsets(partition));
    open_count += offsets > 0 ? 1 : 0;
    offset_count += offsets;
  }
  if (open_count == 0) {
    findings->Ok("transactions", "none is open, consumers get everything");
    return Ok();
  }
  findings->Warning(
      "transactions",
      fmt::format("open on {} of {} partitions, consumers wait for {} offsets; while replay runs "
                  "this is as it should be, without it they end within {} s; one that stays is "
                  "found by kafka-transactions.sh find-hanging",
                  open_count, counts.size(), WithThousands(offset_count),
                  survey->transaction_timeout_ms() / 1000));
  return Ok();
}

}  // namespace

Result<bool> ExamineCluster(Context& context, OpenedLog& opened, Findings* findings) {
  const KafkaConfig& config = opened.kafka->config();
  ExamineLibrary(findings);
  TILLSTREAM_TRY(ExamineBootstrap(context, config, findings));
  TILLSTREAM_ASSIGN(const auto survey, ClusterSurvey::Open(config, context.clock));
  TILLSTREAM_ASSIGN(const ClusterFacts facts, survey->Ask());
  ExamineCount(facts, findings);
  if (!ExamineAddresses(context, config, facts, findings)) return false;
  ExamineSettings(*survey, facts, findings);
  return true;
}

void ExamineKafkaRun(Context& context, OpenedLog& opened, const std::string& topic,
                     const std::optional<RunIdentity>& identity,
                     const std::map<std::string, StreamPosition>& positions, Findings* findings) {
  const auto found = opened.kafka->admin().FindPartitionCount(topic);
  if (!found) return findings->Error("topic", found.error().message);
  const Status topics =
      ExamineTopics(context, opened, topic, identity, found->value_or(0), findings);
  if (!topics) return findings->Error("topic", topics.error().message);
  const PositionsFound counts = CountEvents(topic, identity, found->value_or(0), positions);
  if (counts.empty()) return;
  const Status partitions = ExaminePartitions(context, opened, counts);
  if (!partitions) {
    findings->Error("topic", partitions.error().message);
  } else {
    findings->Ok("topic", fmt::format("topic {} has no records of other programs", Quote(topic)));
  }
  const Status transactions = ExamineTransactions(context, opened, counts, findings);
  if (!transactions) findings->Error("transactions", transactions.error().message);
}
#else
Result<bool> ExamineCluster(Context& /*context*/, OpenedLog& /*opened*/, Findings* /*findings*/) {
  TILLSTREAM_CHECK_MSG(false, "CompleteLog() refuses Kafka in this build");
}

void ExamineKafkaRun(Context& /*context*/, OpenedLog& /*opened*/, const std::string& /*topic*/,
                     const std::optional<RunIdentity>& /*identity*/,
                     const std::map<std::string, StreamPosition>& /*positions*/,
                     Findings* /*findings*/) {
  TILLSTREAM_CHECK_MSG(false, "CompleteLog() refuses Kafka in this build");
}
#endif

}  // namespace tillstream
