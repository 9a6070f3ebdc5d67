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

int64_t DaysIn(int64_t events, int64_t a_day) { return a_day == 0 ? 0 : events / a_day; }

/// On the embedded log, of a store that has its partitions for itself.
Result<StreamPosition> PositionOfEnds(OpenedLog& opened, const std::string& topic,
                                      const RunIdentity& identity, const std::string& store_id) {
  const StoreIdentity& store = identity.stores.at(store_id);
  const auto partitions = EventPartitionsOf(identity, topic, store_id);
  StreamPosition position;
  std::optional<int64_t> days;
  for (size_t i = 0; i < partitions.size(); ++i) {
    TILLSTREAM_ASSIGN(const int64_t end, EndOf(*opened.log, partitions[i]));
    position.events += end;
    const int64_t a_day = i < store.round.size() ? store.round[i] : store.series_count;
    // A partition that gets nothing is never behind.
    if (a_day != 0) days = std::min(days.value_or(INT64_MAX), end / a_day);
  }
  position.days = days.value_or(0);
  TILLSTREAM_ASSIGN(position.totals,
                    EndOf(*opened.log, TotalsPartitionOf(identity, topic, store_id)));
  return position;
}

/// On the embedded log, of a store that takes turns with others in its partition.
Result<StreamPosition> PositionOfShare(OpenedLog& opened, const std::string& topic,
                                       const RunIdentity& identity, const std::string& store_id) {
  std::map<std::string, int64_t> series;
  std::map<std::string, int64_t> ones;
  for (const std::string& id : StoresBeside(identity, store_id)) {
    series[id] = identity.stores.at(id).series_count;
    ones[id] = 1;
  }
  const TopicPartition events = EventPartitionsOf(identity, topic, store_id).front();
  TILLSTREAM_ASSIGN(const int64_t events_end, EndOf(*opened.log, events));
  TILLSTREAM_ASSIGN(const int64_t totals_end,
                    EndOf(*opened.log, TotalsPartitionOf(identity, topic, store_id)));
  StreamPosition position;
  position.events = ShareOf(events_end, series, store_id);
  position.totals = ShareOf(totals_end, ones, store_id);
  position.days = DaysIn(position.events, series.at(store_id));
  return position;
}

}  // namespace

Result<StreamPosition> PositionOf(Context& context, OpenedLog& opened, const std::string& topic,
                                  const RunIdentity& identity, const std::string& store_id) {
  if (opened.kafka == nullptr) {
    return StoresBeside(identity, store_id).size() > 1
               ? PositionOfShare(opened, topic, identity, store_id)
               : PositionOfEnds(opened, topic, identity, store_id);
  }
  TILLSTREAM_ASSIGN(StreamPosition position,
                    PositionOnKafka(context, opened, topic, identity, store_id));
  position.days = DaysIn(position.events, identity.stores.at(store_id).series_count);
  return position;
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
