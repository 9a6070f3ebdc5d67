#include "app/run_replay.h"

#include <algorithm>
#include <optional>

#include "app/kafka_options.h"
#include "app/moved_dates.h"
#include "app/replay_metrics.h"
#include "app/replay_report.h"
#include "app/run_pause.h"
#include "app/schemas_repair.h"
#include "app/topic_plan.h"
#include "avro/sales_codec.h"
#include "base/text.h"
#include "log/log_check.h"
#include "model/names.h"
#include "registry/schemas_topic.h"
#include "replay/partition_plan.h"
#include "replay/run_streams.h"

namespace tillstream {
namespace {

/// The subjects of the run's schemas. The strategy is part of its identity.
struct RunSubjects {
  explicit RunSubjects(const ReplayRequest& request)
      : sales(SubjectOf(request.subjects.strategy, request.log.topic, SalesRecordSchema())),
        totals(SubjectOf(request.subjects.strategy, TotalsTopic(request.log.topic),
                         StoreDaySchema())) {}

  std::string sales;
  std::string totals;
};

/// The schemas are registered with the date of the first event, so that the log's bytes follow
/// from the data alone. Both are checked before either is registered, and nothing is in a registry
/// that is not that of the run `stored`.
Status RegisterSchemas(Context& context, EventLog& log, const ReplayRequest& request,
                       const Dataset& dataset, const std::optional<RunIdentity>& stored,
                       RunIdentity* identity) {
  TILLSTREAM_ASSIGN(const OpenedRegistry opened, OpenRegistry(context, request.registry, log));
  SchemaRegistry& registry = *opened.registry;
  if (stored && !request.registry.urls.empty()) {
    TILLSTREAM_TRY(CheckSchemaOfRun(registry, stored->sales_schema, SalesRecordSchema()));
    TILLSTREAM_TRY(CheckSchemaOfRun(registry, stored->totals_schema, StoreDaySchema()));
  }
  TILLSTREAM_ASSIGN(const std::vector<SchemaId> ids,
                    IdsFor(registry, request.subjects,
                           {{request.log.topic, SalesRecordSchema()},
                            {TotalsTopic(request.log.topic), StoreDaySchema()}},
                           StartOf(dataset.calendar->at(identity->from).date)));
  identity->sales_schema = ids[0];
  identity->totals_schema = ids[1];
  return Ok();
}

/// What a stream's partitions hold, made again from the data.
class StreamRegenerator {
 public:
  StreamRegenerator(const RunStream& stream, Day from)
      : name_(stream.name),
        day_count_(stream.source.tables.front()->day_count()),
        from_(from),
        encoder_(stream.source) {}

  /// The block of events that begins at `offset` of a partition; kNotFound behind the end of the
  /// data.
  Status MakeEvents(size_t partition, Offset offset, RecordBlock* block) {
    const int64_t a_day = encoder_.round()[partition];
    if (a_day == 0) return MakeError(ErrorCode::kNotFound, "store {}: has no events there", name_);
    TILLSTREAM_TRY(Select(offset.value() / a_day));
    encoder_.EncodeAt(partition, offset.value() % a_day, block);
    return Ok();
  }

  /// The block of the end-of-day total at `offset`; kNotFound behind the end of the data.
  Status MakeTotal(Offset offset, RecordBlock* block) {
    const auto a_day = static_cast<int64_t>(encoder_.table_count());
    TILLSTREAM_TRY(Select(offset.value() / a_day));
    encoder_.EncodeTotal(static_cast<size_t>(offset.value() % a_day), block);
    return Ok();
  }

 private:
  Status Select(int64_t day_index) {
    const int64_t day = from_.value() + day_index;
    if (day > day_count_) {
      return MakeError(ErrorCode::kNotFound, "store {}: the data ends at d_{}, needed d_{}", name_,
                       day_count_, day);
    }
    encoder_.SelectDay(Day(static_cast<int32_t>(day)));
    return Ok();
  }

  const std::string name_;
  const int32_t day_count_;
  const Day from_;
  StreamEncoder encoder_;
};

void Say(Context& context, const RepairReport& report) {
  for (const std::string& action : report.actions) context.console.Info("repair: " + action);
}

Status RepairOne(Context& context, SegmentLog& log, const TopicPartition& partition,
                 const RegenerateBlock& regenerate) {
  TILLSTREAM_ASSIGN(const RepairReport report,
                    RepairPartition(log, partition, context.holder, regenerate));
  Say(context, report);
  return Ok();
}

Status Repair(Context& context, SegmentLog& log, const ReplayRequest& request,
              const Dataset& dataset, const RunIdentity& identity) {
  TILLSTREAM_ASSIGN(const auto streams, StreamsOf(dataset, identity, request.log.topic,
                                                  /*has_shared_partitions=*/false));
  for (const RunStream& stream : streams) {
    StreamRegenerator regenerator(stream, identity.from);
    for (size_t p = 0; p < stream.spec.events.size(); ++p) {
      TILLSTREAM_TRY(
          RepairOne(context, log, stream.spec.events[p], [&](Offset offset, RecordBlock* block) {
            return regenerator.MakeEvents(p, offset, block);
          }));
    }
    TILLSTREAM_TRY(RepairOne(
        context, log, *stream.spec.totals,
        [&](Offset offset, RecordBlock* block) { return regenerator.MakeTotal(offset, block); }));
  }
  return Ok();
}

/// Writes the registrations of this run's schemas again where they are damaged.
Status RepairSchemas(Context& context, SegmentLog& log, const ReplayRequest& request,
                     const RunIdentity& stored) {
  const RunSubjects subjects(request);
  const Date date = EventDateOf(stored, stored.from);
  TILLSTREAM_ASSIGN(const RepairReport report,
                    RepairSchemasTopic(log, context.holder,
                                       {{subjects.sales, SalesRecordSchema(), stored.sales_schema},
                                        {subjects.totals, StoreDaySchema(), stored.totals_schema}},
                                       StartOf(date)));
  Say(context, report);
  return Ok();
}

/// The identity that this command would have, before anything is compared with the stored one.
Result<RunIdentity> IdentityOfRequest(Context& context, const ReplayRequest& request,
                                      const Dataset& dataset, Day from,
                                      const std::optional<RunIdentity>& stored) {
  // On Kafka neither is seen by readers, and the brokers cut segments as they like.
  const bool on_kafka = request.log.on_kafka;
  RunIdentity identity = IdentityOf(dataset, from, on_kafka ? "" : CodecName(request.codec),
                                    on_kafka ? 0 : request.segment_bytes_max);
  if (!request.registry.urls.empty()) identity.schemas = kSchemasOfRegistry;
  identity.subjects = request.subjects.strategy_name;
  TILLSTREAM_TRY(PlanIdentity(context, request.plan, dataset, stored, &identity));
  return identity;
}

/// kRefused when the topics hold what no run of tillstream wrote. On Kafka each writer finds out.
Status RefuseForeignTopics(EventLog& log, const RunManifest& manifest, const std::string& run,
                           const RunIdentity& identity) {
  TILLSTREAM_ASSIGN(const std::vector<TopicInfo> found, log.ListTopics());
  for (const TopicInfo& topic : TopicsOf(identity, run)) {
    const auto is_it = [&](const TopicInfo& info) { return info.name == topic.name; };
    if (std::none_of(found.begin(), found.end(), is_it)) continue;
    // A command that started at the same moment may have begun the run: its manifest comes first.
    TILLSTREAM_ASSIGN(const std::optional<RunIdentity> begun, manifest.Load());
    if (begun) return Ok();
    return MakeError(ErrorCode::kRefused,
                     "{}: topic {} is there without {}.run.json, so it is no run of tillstream; "
                     "use another --log or --topic",
                     log.Describe(), Quote(topic.name), run);
  }
  return Ok();
}

/// A store's size is known only with the others'; from here on the command has its own alone.
Status KeepStores(const std::vector<std::string>& ids, Dataset* dataset) {
  if (ids.empty()) return Ok();
  TILLSTREAM_TRY(CheckStoreIds(ids, dataset->store_ids, dataset->sales_file));
  std::erase_if(dataset->stores, [&](const auto& table) {
    return std::find(ids.begin(), ids.end(), table->store_id()) == ids.end();
  });
  dataset->series_count = 0;
  for (const auto& table : dataset->stores) {
    dataset->series_count += static_cast<int64_t>(table->series().size());
  }
  return Ok();
}

/// kUsage when the streams of the run cannot be written as the command says, before anything is
/// made.
Status CheckStreams(const ReplayRequest& request, const Dataset& dataset,
                    const RunIdentity& identity) {
  if (identity.plan != kPlanStore && !KeepsPositionsInTransactions(request.log)) {
    return MakeError(ErrorCode::kUsage,
                     "--positions: {} needs plan store, since a stream that is at least once needs "
                     "a partition of its own; the run has plan {}",
                     request.log.kafka.positions, identity.plan);
  }
  const auto streams = StreamsOf(dataset, identity, request.log.topic, request.log.on_kafka);
  return streams ? Ok() : Status(streams.error());
}

/// The identity of this command, compared with the stored one, with everything that the run needs
/// made: schemas, manifest, topics. The dates of `dataset` are the events' from then on.
Result<RunIdentity> BeginRun(Context& context, OpenedLog& opened, const ReplayRequest& request,
                             Dataset& dataset, const std::optional<RunIdentity>& stored,
                             RunManifest& manifest, Day from, Day to) {
  TILLSTREAM_ASSIGN(RunIdentity identity,
                    IdentityOfRequest(context, request, dataset, from, stored));
  TILLSTREAM_ASSIGN(
      identity.rebase,
      RebaseOfRun(
          context,
          {.text = request.rebase_to, .from = from, .to = to, .on_kafka = request.log.on_kafka},
          dataset, stored));
  TILLSTREAM_TRY(KeepStores(request.stores, &dataset));
  RunIdentity merged = identity;
  if (stored) {
    // Refused before anything is written, the schemas included.
    TILLSTREAM_ASSIGN(merged, Reconcile(*stored, identity));
  } else if (opened.segments != nullptr) {
    TILLSTREAM_TRY(RefuseForeignTopics(*opened.log, manifest, request.log.topic, identity));
  }
  TILLSTREAM_TRY(CheckStreams(request, dataset, merged));
  MoveDates(identity, &dataset);
  if (opened.segments != nullptr) {
    TILLSTREAM_TRY(context.files.MakeDirectory(request.log.directory));
    if (stored && request.repair && stored->schemas == kSchemasOfLog) {
      TILLSTREAM_TRY(RepairSchemas(context, *opened.segments, request, *stored));
    }
  } else {
    // The manifest is kept in one of them.
    TILLSTREAM_TRY(PrepareKafkaRun(context, opened,
                                   {.topic = request.log.topic,
                                    .plan = PlanOf(merged, request.log.topic),
                                    .writer_count = static_cast<int32_t>(dataset.stores.size()),
                                    .dates = DatesOf(context, merged, stored.has_value())}));
  }
  TILLSTREAM_TRY(RegisterSchemas(context, *opened.log, request, dataset, stored, &identity));
  TILLSTREAM_ASSIGN(identity, manifest.Update(identity, context.holder));
  if (opened.segments != nullptr) {
    for (const TopicInfo& topic : TopicsOf(identity, request.log.topic)) {
      TILLSTREAM_TRY(opened.log->CreateTopic(topic));
    }
  }
  return identity;
}

ReplayOptions OptionsOf(Context& context, const ReplayRequest& request, const Dataset& dataset,
                        Day to) {
  ReplayOptions options;
  options.topic = request.log.topic;
  options.to = to;
  options.speed = request.speed;
  options.max_skew_days = request.max_skew_days;
  options.sync = request.sync;
  options.threads = ReplayThreads(context, request.log.on_kafka && request.speed.is_max());
  options.holder = context.holder;
  options.all_stores = HasAllStores(dataset);
  options.catch_up = request.catch_up;
  // On Kafka a commit costs the brokers; there --commit counts.
  options.sync_when_idle = !request.log.on_kafka;
  options.totals_may_lead = request.repair;
  options.has_shared_partitions = request.log.on_kafka;
  options.on_durable = [&console = context.console](const std::string& store, Position durable) {
    console.Debug(fmt::format("durable: {} position {}", store, durable.value()));
  };
  options.on_reopen = [&console = context.console](const std::string& store, const Error& error) {
    console.Warning(
        fmt::format("store {}: {}; goes on from what is committed", store, error.message));
  };
  options.on_slow = [&console = context.console](const std::string& store, const std::string& speed,
                                                 const std::string& kept) {
    console.Warning(fmt::format("store {}: cannot keep up with {}: writes {}", store, speed, kept));
  };
  return options;
}

}  // namespace

bool HasAllStores(const Dataset& dataset) {
  return dataset.stores.size() == dataset.store_ids.size();
}

Result<PreparedReplay> PrepareReplay(Context& context, const ReplayRequest& request) {
  TILLSTREAM_TRY(CheckTopic(request.log));
  if (request.log.topic == kSchemasTopic) {
    return MakeError(ErrorCode::kUsage, "--topic: {} holds the schemas; use another",
                     Quote(request.log.topic));
  }
  TILLSTREAM_TRY(CheckDay("--from", request.from));
  TILLSTREAM_TRY(CheckDay("--to", request.to));
  TILLSTREAM_TRY(CheckRebase(request.rebase_to));
  TILLSTREAM_ASSIGN(OpenedLog opened,
                    OpenEventLog(context, request.log, {request.codec, request.segment_bytes_max}));
  context.console.Info(fmt::format("target: {}, topic {}, codec {}", opened.log->Describe(),
                                   request.log.topic, CodecName(request.codec)));
  if (const std::string text = DescribePositions(request.log);
      !text.empty() && !request.supervised) {
    context.console.Warning(text);
  }
  RunManifest manifest(*opened.runs, context.clock, request.log.topic);
  TILLSTREAM_ASSIGN(const std::optional<RunIdentity> stored, manifest.Load());
  const bool needs_all = NeedsAllStores(request.plan, stored);
  // The supervisor has checked all of it.
  const bool checks_others = !request.supervised.has_value();
  TILLSTREAM_ASSIGN(
      Dataset dataset,
      LoadDatasetFor(context, request.data, needs_all ? std::vector<std::string>() : request.stores,
                     checks_others));
  const std::shared_ptr<const Calendar> calendar = dataset.calendar;
  const Day last(dataset.day_count);
  TILLSTREAM_ASSIGN(const Day from, ResolveDay("--from", request.from, *calendar, last,
                                               stored ? stored->from : Day(1)));
  TILLSTREAM_ASSIGN(const Day to, ResolveDay("--to", request.to, *calendar, last + 1, last + 1));
  if (to < from) return MakeError(ErrorCode::kUsage, "--to: lies before --from");

  TILLSTREAM_ASSIGN(RunIdentity identity,
                    BeginRun(context, opened, request, dataset, stored, manifest, from, to));
  if (identity.rebase) {
    context.console.Info(fmt::format("dates: before {}", identity.rebase->ToString()));
  }
  if (identity.plan != kPlanStore) {
    context.console.Info(fmt::format("plan: {}", DescribePlan(identity)));
  }
  return PreparedReplay{std::move(opened), std::move(dataset), from, to, std::move(identity)};
}

Result<int> RunReplay(Context& context, const ReplayRequest& request, MetricsServer* metrics) {
  std::unique_ptr<ProgressBoard> board;
  if (request.supervised) {
    TILLSTREAM_ASSIGN(board, JoinSupervisor(*request.supervised));
  }
  TILLSTREAM_ASSIGN(PreparedReplay prepared, PrepareReplay(context, request));
  // Opening a stream takes it from whoever has it (Kafka): not for a generator whose supervisor is
  // gone while the next one's is running already.
  if (request.supervised && context.stop.stop_requested()) return static_cast<int>(kExitDone);
  const auto& [opened, dataset, from, to, identity] = prepared;
  RunManifest manifest(*opened.runs, context.clock, request.log.topic);
  if (request.repair) {
    TILLSTREAM_TRY(Repair(context, *opened.segments, request, dataset, identity));
  }

  ReplayOptions options = OptionsOf(context, request, dataset, to);
  if (board != nullptr) {
    options.all_stores = false;  // The clock is the supervisor's, also of a dataset of one store.
    options.seat = BoardSeat{board.get(), request.supervised->index};
  }
  TILLSTREAM_ASSIGN(
      const std::unique_ptr<Replayer> replayer,
      Replayer::Open(*opened.log, context.clock, dataset, identity, manifest, options));
  if (const auto& clock = replayer->joined_clock()) {
    context.console.Info(fmt::format("clock: joins the run's, which goes at {}", clock->speed));
  }
  const RunPause pause(context, manifest, *replayer,
                       {.run_clock = replayer->run_clock(),
                        .owns_clock = options.all_stores,
                        .is_supervised = request.supervised.has_value()});
  ReplayReport report(context, ShapeOf(dataset), request.log, from, to, !request.speed.is_max());
  report.Begin(replayer->Snapshot());
  const auto sampler = SampleReplay(context, metrics, request, *replayer);
  Status result = Ok();
  {
    const ReplayReport::Ticker ticker(report, [&] { return replayer->Snapshot(); });
    result = replayer->Run(context.stop);
  }
  TILLSTREAM_TRY(report.End(replayer->Snapshot(), result.has_value()));
  if (!result) return result.error();
  return static_cast<int>(kExitDone);
}

}  // namespace tillstream
