#include "app/kafka_options.h"

#include "base/check.h"

#ifdef TILLSTREAM_KAFKA
#include <algorithm>
#include <random>

#include "kafka/kafka_group.h"
#include "kafka/kafka_log.h"
#include "kafka/kafka_run_store.h"
#include "kafka/position_reader.h"
#include "model/names.h"
#endif

namespace tillstream {
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

}  // namespace

Result<OpenedLog> OpenKafkaLog(Context& context, const LogOptions& options,
                               const LogTuning& tuning) {
  KafkaLogOptions log_options;
  TILLSTREAM_ASSIGN(log_options.config, ConfigOf(context, options));
  log_options.config.properties.try_emplace("compression.codec", CodecName(tuning.codec));
  log_options.owner = RandomOwner();
  OpenedLog opened;
  TILLSTREAM_ASSIGN(auto log, KafkaLog::Open(std::move(log_options), context.clock));
  opened.runs = std::make_unique<KafkaRunStore>(*log, context.clock);
  opened.kafka = log.get();
  opened.log = std::move(log);
  return opened;
}

Status PrepareKafkaRun(OpenedLog& opened, const KafkaRun& run) {
  TopicAdmin& admin = opened.kafka->admin();
  for (const TopicSpec& spec : {EventTopicSpec(run.topic, run.partition_count),
                                EventTopicSpec(TotalsTopic(run.topic), run.partition_count),
                                PositionsTopicSpec(run.topic, run.partition_count)}) {
    TILLSTREAM_TRY(admin.Create(spec));
    TILLSTREAM_ASSIGN(const auto found, admin.Describe(spec.name));
    if (!found) continue;  // Deleted meanwhile; the writers say so.
    const std::vector<std::string> deviations = TopicDeviations(spec, *found, run.data_begins);
    if (deviations.empty()) continue;
    return MakeError(
        ErrorCode::kFailed, "{}{}", deviations.front(),
        deviations.size() == 1
            ? ""
            : fmt::format(" ({} more; tillstream topic check shows them)", deviations.size() - 1));
  }
  opened.kafka->ShareQueue(run.writer_count);
  return Ok();
}

Result<StreamPosition> PositionOnKafka(Context& context, OpenedLog& opened,
                                       const std::string& topic, PartitionId partition) {
  const TopicPartition positions{PositionsTopicName(topic), partition + 1};
  TILLSTREAM_ASSIGN(const auto last,
                    ReadLastPosition(opened.kafka->config(), positions, context.clock));
  if (!last) return StreamPosition();
  return StreamPosition{last->position.value(), last->totals_count};
}

Result<std::unique_ptr<ReaderGroup>> OpenKafkaGroup(OpenedLog& opened, const std::string& group,
                                                    const std::string& topic, bool is_member) {
  TILLSTREAM_ASSIGN(auto reader, KafkaGroup::Open(opened.kafka->config(), group, topic, is_member));
  return std::unique_ptr<ReaderGroup>(std::move(reader));
}
#else
Result<std::unique_ptr<ReaderGroup>> OpenKafkaGroup(OpenedLog& /*opened*/,
                                                    const std::string& /*group*/,
                                                    const std::string& /*topic*/,
                                                    bool /*is_member*/) {
  TILLSTREAM_CHECK_MSG(false, "CompleteLog() refuses Kafka in this build");
}

Result<StreamPosition> PositionOnKafka(Context& /*context*/, OpenedLog& /*opened*/,
                                       const std::string& /*topic*/, PartitionId /*partition*/) {
  TILLSTREAM_CHECK_MSG(false, "CompleteLog() refuses Kafka in this build");
}

Status PrepareKafkaRun(OpenedLog& /*opened*/, const KafkaRun& /*run*/) {
  TILLSTREAM_CHECK_MSG(false, "CompleteLog() refuses Kafka in this build");
}

Result<OpenedLog> OpenKafkaLog(Context& /*context*/, const LogOptions& /*options*/,
                               const LogTuning& /*tuning*/) {
  TILLSTREAM_CHECK_MSG(false, "CompleteLog() refuses Kafka in this build");
}
#endif

}  // namespace tillstream
