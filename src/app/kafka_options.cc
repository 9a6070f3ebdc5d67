#include "app/kafka_options.h"

#include "base/check.h"
#include "base/text.h"

#ifdef TILLSTREAM_KAFKA
#include <random>

#include "app/kafka_topics.h"
#include "base/quantity.h"
#include "kafka/cluster_survey.h"
#include "kafka/kafka_group.h"
#include "kafka/kafka_log.h"
#include "kafka/kafka_run_store.h"
#include "kafka/last_sequence.h"
#include "kafka/position_reader.h"
#include "replay/partition_plan.h"
#include "zookeeper/zookeeper_position_store.h"
#endif

namespace tillstream {
namespace {

constexpr std::string_view kTransaction = "transaction";
#ifdef TILLSTREAM_KAFKA
constexpr std::string_view kIdempotent = "idempotent";
#endif

}  // namespace

Status CheckPositions(const LogOptions& options) {
  const std::string& positions = options.kafka.positions;
  if (positions == kTransaction) return Ok();
  if (!options.on_kafka) {
    return MakeError(ErrorCode::kUsage,
                     "--positions: {}: the embedded log is its own position; leave it out, or "
                     "give -b",
                     Quote(positions));
  }
#ifdef TILLSTREAM_KAFKA
  if (positions == kIdempotent) return Ok();
  if (!positions.starts_with(kZooKeeperScheme)) {
    return MakeError(ErrorCode::kUsage,
                     "--positions: {} is not known; write transaction, idempotent or "
                     "zookeeper://HOST:PORT,.../PATH",
                     Quote(positions));
  }
  if (const auto config = ParseZooKeeperUrl(positions); !config) {
    return config.error().At("--positions");
  }
#endif
  return Ok();
}

bool KeepsPositionsInTransactions(const LogOptions& options) {
  return options.kafka.positions == kTransaction;
}

#ifdef TILLSTREAM_KAFKA
namespace {

/// Tells this process from all others, wherever they run.
std::string RandomOwner() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}", random(), random());
}

Result<KafkaConfig> ConfigOf(Context& context, const LogOptions& options) {
  KafkaConfig config;
  config.bootstrap_servers = options.kafka.bootstrap_servers;
  config.deadline = options.kafka.deadline.value_or(config.deadline);
  for (const std::string& path : options.kafka.property_files) {
    const auto text = ReadFile(context.files, path);
    if (!text) return MakeError(ErrorCode::kUsage, "-F: {}", text.error().message);
    auto properties = ParseKafkaProperties(*text, path);
    if (!properties) return properties.error().At("-F");
    for (const auto& [name, value] : *properties) config.properties.insert_or_assign(name, value);
  }
  for (const std::string& property : options.kafka.properties) {
    const Status added = AddKafkaProperty(property, &config.properties);
    if (!added) return added.error().At("-X");
  }
  return config;
}

/// Sets how `log_options` keeps positions; the store that it needs for that, if any.
Result<std::unique_ptr<PositionStore>> ChoosePositions(Context& context,
                                                       const KafkaOptions& options,
                                                       KafkaLogOptions* log_options) {
  std::unique_ptr<PositionStore> store;
  if (options.positions == kIdempotent) {
    log_options->positions = PositionsMode::kIdempotent;
  } else if (options.positions != kTransaction) {
    TILLSTREAM_ASSIGN(ZooKeeperConfig config, ParseZooKeeperUrl(options.positions));
    store = std::make_unique<ZooKeeperPositionStore>(std::move(config), context.clock);
    log_options->positions = PositionsMode::kStore;
    log_options->position_store = store.get();
  }
  return store;
}

}  // namespace

std::string DescribePositions(const LogOptions& options) {
  if (options.kafka.positions == kTransaction) return "";
  if (options.kafka.positions == kIdempotent) {
    return fmt::format(
        "positions: those of the last records, at least once: a crash repeats what was on its way "
        "to the brokers, at most {} in all; consume --distinct drops repeats; nothing keeps two "
        "replays of a store apart",
        HumanBytes(KafkaLogOptions().queue_bytes_max));
  }
  return fmt::format(
      "positions: {}, at least once: a crash repeats what was written within the last {} s and "
      "what "
      "was on its way to the brokers, at most {} in all; consume --distinct drops repeats",
      options.kafka.positions, kStorePositionEvery / std::chrono::seconds(1),
      HumanBytes(KafkaLogOptions().queue_bytes_max));
}

Result<OpenedLog> OpenKafkaLog(Context& context, const LogOptions& options,
                               const LogTuning& tuning) {
  KafkaLogOptions log_options;
  TILLSTREAM_ASSIGN(log_options.config, ConfigOf(context, options));
  log_options.config.properties.try_emplace("compression.codec", CodecName(tuning.codec));
  log_options.owner = RandomOwner();
  OpenedLog opened;
  TILLSTREAM_ASSIGN(opened.positions, ChoosePositions(context, options.kafka, &log_options));
  TILLSTREAM_ASSIGN(auto log, KafkaLog::Open(std::move(log_options), context.clock));
  opened.runs = std::make_unique<KafkaRunStore>(*log, context.clock);
  opened.kafka = log.get();
  opened.log = std::move(log);
  return opened;
}

namespace {

/// Without this a writer would wait for its first transaction until the deadline, and could not say
/// why. A cluster whose settings we may not read is taken for right.
Status RequireTransactions(const KafkaConfig& config, Clock& clock) {
  TILLSTREAM_ASSIGN(const auto survey, ClusterSurvey::Open(config, clock));
  TILLSTREAM_ASSIGN(const ClusterFacts facts, survey->Ask());
  if (facts.brokers.empty()) return Ok();
  const auto& [broker_id, address] = facts.brokers.front();
  const auto settings = survey->BrokerSettings(broker_id);
  // It said no, or nothing: with a code of its own, or without one.
  if (!settings && settings.error().protocol_code != 0) return Ok();
  if (!settings) {
    return MakeError(ErrorCode::kUnavailable,
                     "kafka: broker {} is advertised as {} and did not answer there within {}; "
                     "tillstream doctor says which addresses can be reached",
                     broker_id, address.ToString(), DurationText(config.deadline));
  }
  const auto deviations = TransactionDeviations(facts, *settings, survey->transaction_timeout_ms());
  if (deviations.empty()) return Ok();
  return MakeError(ErrorCode::kUnavailable, "kafka: broker {} {}", broker_id, deviations.front());
}

}  // namespace

Status PrepareKafkaRun(Context& context, OpenedLog& opened, const KafkaRun& run) {
  TILLSTREAM_TRY(RequireTransactions(opened.kafka->config(), context.clock));
  TILLSTREAM_ASSIGN(const int broker_count, CountBrokers(opened));
  std::vector<RunTopic> topics = PlanRunTopics(run.topic, run.plan, 0, broker_count);
  // All of them are looked at before one is made.
  TILLSTREAM_TRY(CompareRunTopics(opened, run.dates, true, &topics));
  std::vector<std::string> deviations;
  for (const RunTopic& topic : topics) {
    deviations.insert(deviations.end(), topic.deviations.begin(), topic.deviations.end());
  }
  if (!deviations.empty()) {
    return MakeError(
        ErrorCode::kFailed, "{}{}", deviations.front(),
        deviations.size() == 1
            ? ""
            : fmt::format(" ({} more; tillstream topic check shows them)", deviations.size() - 1));
  }
  TILLSTREAM_TRY(MakeRunTopics(opened, topics));
  opened.kafka->ShareQueue(run.writer_count);
  return Ok();
}

namespace {

/// The index behind the last record of a stream that is at least once; 0 for any other.
Result<int64_t> AfterLastRecord(Context& context, OpenedLog& opened,
                                const TopicPartition& partition) {
  const auto last = ReadLastSequence(opened.kafka->config(), partition, context.clock);
  if (last) return *last ? **last + 1 : 0;
  const ErrorCode code = last.error().code;
  if (code == ErrorCode::kRefused || code == ErrorCode::kNotFound) return int64_t{0};
  return last.error();
}

}  // namespace

Result<StreamPosition> PositionOnKafka(Context& context, OpenedLog& opened,
                                       const std::string& topic, const RunIdentity& identity,
                                       const std::string& store_id) {
  const StoreIdentity& store = identity.stores.at(store_id);
  const TopicPartition positions{PositionsTopicName(topic), PartitionId(store.number + 1)};
  TILLSTREAM_ASSIGN(const auto last,
                    ReadLastPosition(opened.kafka->config(), positions, context.clock));
  if (last) {
    return StreamPosition{.events = last->position.value(),
                          .totals = last->totals_count,
                          .left_out = last->left_out,
                          .is_kept = true};
  }
  // A stream that is at least once keeps none there; its last records say how far it is. It has a
  // partition of its own.
  StreamPosition position;
  if (identity.plan != kPlanStore) return position;
  TILLSTREAM_ASSIGN(position.events, AfterLastRecord(context, opened, {topic, store.partition}));
  TILLSTREAM_ASSIGN(position.totals,
                    AfterLastRecord(context, opened, TotalsPartitionOf(identity, topic, store_id)));
  return position;
}

Result<int64_t> MoveOnKafka(OpenedLog& opened, const WriterSpec& spec,
                            const StreamPosition& target) {
  TILLSTREAM_ASSIGN(const PositionRecord before,
                    opened.kafka->MovePosition(spec, Position(target.events), target.totals));
  return before.position.value();
}

Result<std::unique_ptr<ReaderGroup>> OpenKafkaGroup(OpenedLog& opened, const std::string& group,
                                                    const std::vector<std::string>& topics,
                                                    bool is_member) {
  TILLSTREAM_ASSIGN(auto reader,
                    KafkaGroup::Open(opened.kafka->config(), group, topics, is_member));
  return std::unique_ptr<ReaderGroup>(std::move(reader));
}
#else
std::string DescribePositions(const LogOptions& /*options*/) { return ""; }

Result<std::unique_ptr<ReaderGroup>> OpenKafkaGroup(OpenedLog& /*opened*/,
                                                    const std::string& /*group*/,
                                                    const std::vector<std::string>& /*topics*/,
                                                    bool /*is_member*/) {
  TILLSTREAM_CHECK_MSG(false, "CompleteLog() refuses Kafka in this build");
}

Result<StreamPosition> PositionOnKafka(Context& /*context*/, OpenedLog& /*opened*/,
                                       const std::string& /*topic*/,
                                       const RunIdentity& /*identity*/,
                                       const std::string& /*store_id*/) {
  TILLSTREAM_CHECK_MSG(false, "CompleteLog() refuses Kafka in this build");
}

Result<int64_t> MoveOnKafka(OpenedLog& /*opened*/, const WriterSpec& /*spec*/,
                            const StreamPosition& /*target*/) {
  TILLSTREAM_CHECK_MSG(false, "CompleteLog() refuses Kafka in this build");
}

Status PrepareKafkaRun(Context& /*context*/, OpenedLog& /*opened*/, const KafkaRun& /*run*/) {
  TILLSTREAM_CHECK_MSG(false, "CompleteLog() refuses Kafka in this build");
}

Result<OpenedLog> OpenKafkaLog(Context& /*context*/, const LogOptions& /*options*/,
                               const LogTuning& /*tuning*/) {
  TILLSTREAM_CHECK_MSG(false, "CompleteLog() refuses Kafka in this build");
}
#endif

}  // namespace tillstream
