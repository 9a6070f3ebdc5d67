#include "app/opened_log.h"

#include "app/kafka_options.h"
#include "base/text.h"
#include "consume/group_positions.h"
#include "log/folder_run_store.h"
#include "model/names.h"

namespace tillstream {

Result<OpenedLog> OpenEventLog(Context& context, const LogOptions& options,
                               const LogTuning& tuning) {
  if (options.on_kafka) return OpenKafkaLog(context, options, tuning);
  OpenedLog opened;
  auto segments = OpenLog(context, options, tuning.codec, tuning.segment_bytes_max);
  opened.segments = segments.get();
  opened.log = std::move(segments);
  opened.runs = std::make_unique<FolderRunStore>(context.files, context.clock, options.directory);
  return opened;
}

namespace {

Result<int64_t> EndOf(EventLog& log, const TopicPartition& partition) {
  const auto reader = log.OpenReader(partition);
  if (!reader && reader.error().code == ErrorCode::kNotFound) return int64_t{0};
  if (!reader) return reader.error();
  TILLSTREAM_ASSIGN(const Offset end, (*reader)->End());
  return end.value();
}

}  // namespace

Result<StreamPosition> PositionOf(Context& context, OpenedLog& opened, const std::string& topic,
                                  PartitionId partition) {
  if (opened.kafka != nullptr) return PositionOnKafka(context, opened, topic, partition);
  StreamPosition position;
  TILLSTREAM_ASSIGN(position.events, EndOf(*opened.log, {topic, partition}));
  TILLSTREAM_ASSIGN(position.totals, EndOf(*opened.log, {TotalsTopic(topic), partition}));
  return position;
}

Result<std::unique_ptr<ReaderGroup>> LookAtGroup(Context& context, OpenedLog& opened,
                                                 const std::string& group,
                                                 const std::string& topic) {
  if (opened.kafka != nullptr) return OpenKafkaGroup(opened, group, topic, /*is_member=*/false);
  TILLSTREAM_ASSIGN(
      auto positions,
      GroupPositions::Look(context.files, opened.segments->options().directory, group));
  return std::unique_ptr<ReaderGroup>(std::move(positions));
}

Result<RunIdentity> RequireRun(Context& context, OpenedLog& opened, const std::string& topic) {
  TILLSTREAM_ASSIGN(const std::optional<RunIdentity> identity,
                    RunManifest(*opened.runs, context.clock, topic).Load());
  if (identity) return *identity;
  return MakeError(ErrorCode::kNotFound, "{}: no run of topic {}; tillstream replay begins one",
                   opened.log->Describe(), Quote(topic));
}

}  // namespace tillstream
