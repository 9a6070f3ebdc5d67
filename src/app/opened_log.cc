#include "app/opened_log.h"

#include <algorithm>
#include <map>

#include "app/kafka_options.h"
#include "base/text.h"
#include "consume/group_positions.h"
#include "log/folder_run_store.h"
#include "replay/partition_plan.h"

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

/// How many of `count` are the store's, where each day has `sizes` of each store, by id.
int64_t ShareOf(int64_t count, const std::map<std::string, int64_t>& sizes,
                const std::string& store_id) {
  int64_t a_day = 0;
  int64_t before = 0;
  for (const auto& [id, size] : sizes) {
    if (id < store_id) before += size;
    a_day += size;
  }
  if (a_day == 0) return 0;
  const int64_t own = sizes.at(store_id);
  return count / a_day * own + std::clamp<int64_t>(count % a_day - before, 0, own);
}

}  // namespace

Result<StreamPosition> PositionOf(Context& context, OpenedLog& opened, const std::string& topic,
                                  const RunIdentity& identity, const std::string& store_id) {
  if (opened.kafka != nullptr) return PositionOnKafka(context, opened, topic, identity, store_id);
  int64_t events = 0;
  for (const TopicPartition& partition : EventPartitionsOf(identity, topic, store_id)) {
    TILLSTREAM_ASSIGN(const int64_t end, EndOf(*opened.log, partition));
    events += end;
  }
  TILLSTREAM_ASSIGN(const int64_t totals,
                    EndOf(*opened.log, TotalsPartitionOf(identity, topic, store_id)));
  // The others in the partition take their turns in it.
  std::map<std::string, int64_t> series;
  std::map<std::string, int64_t> ones;
  for (const std::string& id : StoresBeside(identity, store_id)) {
    series[id] = identity.stores.at(id).series_count;
    ones[id] = 1;
  }
  if (series.size() < 2) return StreamPosition{events, totals};
  return StreamPosition{ShareOf(events, series, store_id), ShareOf(totals, ones, store_id)};
}

Result<std::unique_ptr<ReaderGroup>> LookAtGroup(Context& context, OpenedLog& opened,
                                                 const std::string& group,
                                                 const std::vector<std::string>& topics) {
  if (opened.kafka != nullptr) return OpenKafkaGroup(opened, group, topics, /*is_member=*/false);
  TILLSTREAM_ASSIGN(
      auto positions,
      GroupPositions::Look(context.files, opened.segments->options().directory, group));
  return std::unique_ptr<ReaderGroup>(std::move(positions));
}

Result<std::optional<NamedRun>> FindRunToRead(Context& context, OpenedLog& opened,
                                              const std::string& topic) {
  auto run = LoadRunOfTopic(*opened.runs, context.clock, topic);
  if (!run && run.error().code == ErrorCode::kForbidden) return std::optional<NamedRun>();
  return run;
}

Result<RunIdentity> RequireRun(Context& context, OpenedLog& opened, const std::string& topic) {
  TILLSTREAM_ASSIGN(const std::optional<RunIdentity> identity,
                    RunManifest(*opened.runs, context.clock, topic).Load());
  if (identity) return *identity;
  return MakeError(ErrorCode::kNotFound, "{}: no run of topic {}; tillstream replay begins one",
                   opened.log->Describe(), Quote(topic));
}

}  // namespace tillstream
