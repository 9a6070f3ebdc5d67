#include <algorithm>
#include <charconv>
#include <map>

#include "app/command.h"
#include "app/consume_metrics.h"
#include "app/error_options.h"
#include "app/kafka_options.h"
#include "app/registry_options.h"
#include "app/run_totals.h"
#include "app/sink_options.h"
#include "app/table_sinks.h"
#include "app/totals_options.h"
#include "base/json.h"
#include "base/text.h"
#include "consume/consumer.h"
#include "consume/count_sink.h"
#include "consume/event_format.h"
#include "consume/group_positions.h"
#include "model/names.h"
#include "replay/partition_plan.h"

namespace tillstream {
namespace {

/// Writes one line an event to stdout.
class LineSink final : public EventSink {
 public:
  LineSink(Output& out, EventFormat format) : out_(out), format_(format) {}
  Status Put(const TopicPartition& partition, const RecordView& record,
             const Event& event) override {
    line_.clear();
    FormatEvent(format_, partition, record, event, &line_);
    return out_.Write(line_);
  }
  Status Flush() override { return out_.Flush(); }
  bool closed() const override { return out_.closed(); }

 private:
  Output& out_;
  const EventFormat format_;
  std::string line_;
};

class ConsumeCommand final : public Command {
 public:
  const char* name() const override { return "consume"; }
  const char* summary() const override { return "Read events; schemas are found by their ids"; }
  const char* footer() const override {
    return "Without -e the end is followed until Ctrl-C.\n"
           "Examples: tillstream consume -e -c 5\n"
           "          tillstream consume -o d@2016-05-01 -p 0 --format json | jq .sold\n"
           "          tillstream consume -t sales-days -e\n"
           "          tillstream consume -g report -e --sink count\n"
           "          tillstream consume --totals store,category --by week\n"
           "          tillstream consume -e --sink postgres://me@db.example/retail\n"
           "          tillstream consume -e --sink duckdb:sales.duckdb\n";
  }
  void Declare(Arguments& arguments) override {
    DeclareLogOrKafka(arguments, &log_);
    DeclareTopic(arguments, &log_);
    DeclareRegistry(arguments, &registry_);
    arguments.List("-p,--partition", "N", &partitions_, "Only this partition; repeatable");
    arguments.List("-o,--offset", "PLACE", &places_,
                   "beginning, end, stored, N, -N (from the end), s@MS, e@MS (stop), d@DATE");
    arguments.Number("-c,--count", "COUNT", &count_, 0, INT64_MAX, "End after so many; 0: never");
    arguments.Flag("-e,--exit", &exit_at_end_, "Exit at the end instead of following it");
    arguments.Text("--store", "ID", &store_, "Only this store");
    arguments.Text("-g,--group", "GROUP", &group_,
                   "Go on where this group stopped, and remember where it stops");
    arguments.Text("--format", "FORMAT", &format_,
                   "text, json or kcat; default text on a terminal, json in a pipe");
    arguments.Text("--on-error", "WHAT", &on_error_,
                   "A record that cannot be decoded: stop, skip, or keep its bytes: dlq:TOPIC, "
                   "dlq:DIR/");
    arguments.Flag("--distinct", &distinct_, "Drop what a stream at least once repeats");
    DeclareSink(arguments, &sink_);
    DeclareTotals(arguments, &totals_);
    DeclareMetrics(arguments, &metrics_);
  }

  Result<int> Run(Context& context) override {
    TILLSTREAM_TRY(CompleteLog(&log_));
    TILLSTREAM_TRY(CompleteRegistry(&registry_, log_));
    TILLSTREAM_ASSIGN(ConsumeOptions options, CheckOptions());
    TILLSTREAM_ASSIGN(const EventFormat format, CheckFormat(context));
    options.headers = (format == EventFormat::kKcat && sink_.kind == SinkKind::kLines) ||
                      options.on_error == OnError::kKeep;
    TILLSTREAM_TRY(CheckMetrics(metrics_));
    TILLSTREAM_ASSIGN(TotalsShape shape, ShapeOf(totals_, log_.topic));
    if (!shape.dimensions.empty()) TILLSTREAM_TRY(CheckOptionsOfTotals(options));
    TILLSTREAM_ASSIGN(const auto metrics, MetricsServer::Open(context, metrics_));
    ConsumeBoard board;
    if (metrics != nullptr) options.board = &board;
    if (!shape.dimensions.empty()) {
      TILLSTREAM_ASSIGN(const auto sampler,
                        SampleConsume(context, metrics.get(), log_, metrics_, board));
      return RunTotals(context, {log_, registry_, std::move(shape), totals_.topic,
                                 std::move(options), format, errors_});
    }
    TILLSTREAM_TRY(RequireLog(context, log_));
    TILLSTREAM_ASSIGN(OpenedLog opened, OpenEventLog(context, log_));
    TILLSTREAM_ASSIGN(const std::optional<NamedRun> run,
                      FindRunToRead(context, opened, log_.topic));
    if (run) TILLSTREAM_TRY(FindPlaces(*run, &options));
    TILLSTREAM_ASSIGN(const OpenedRegistry registry,
                      OpenRegistryOfRun(context, registry_, run, opened));
    if (sink_.is_tables()) {
      return FillTables(context, opened, run, *registry.registry, options, metrics.get(), board);
    }
    TILLSTREAM_ASSIGN(const std::unique_ptr<ReaderGroup> group,
                      OpenGroup(context, opened, options));
    TILLSTREAM_ASSIGN(const auto dead_letters, OpenDeadLetters(context, opened, errors_));
    options.dead_letters = dead_letters.get();
    std::unique_ptr<EventSink> sink;
    CountSink* count = nullptr;
    if (sink_.kind == SinkKind::kCount) {
      auto counting = std::make_unique<CountSink>();
      count = counting.get();
      sink = std::move(counting);
    } else {
      sink = std::make_unique<LineSink>(context.out, format);
    }
    Consumer consumer(*opened.log, *registry.registry, context.clock, *sink, group.get(),
                      std::move(options),
                      [&context](const std::string& line) { context.console.Warning(line); });
    const auto begin = context.clock.Monotonic();
    Status result = Ok();
    {
      TILLSTREAM_ASSIGN(const auto sampler,
                        SampleConsume(context, metrics.get(), log_, metrics_, board));
      result = consumer.Run(context.stop);
    }
    const double seconds = static_cast<double>((context.clock.Monotonic() - begin).count()) / 1e9;
    if (count != nullptr) TILLSTREAM_TRY(PrintCount(context, *count));
    if (result || consumer.summary().records > 0) Summarise(context, consumer.summary(), seconds);
    SayErrors(context, consumer.summary(), errors_);
    if (result && run) SayLag(context, opened, *run, consumer.progress());
    if (!result) return result.error();
    return static_cast<int>(kExitDone);
  }

 private:
  Result<ConsumeOptions> CheckOptions() {
    TILLSTREAM_TRY(CheckTopic(log_));
    ConsumeOptions options;
    options.topic = log_.topic;
    options.count_max = count_;
    options.stop_at_end = exit_at_end_;
    options.store_id = store_;
    options.distinct = distinct_;
    for (const std::string& text : partitions_) {
      int32_t number = 0;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
      if (error != std::errc() || end != text.data() + text.size() || number < 0) {
        return MakeError(ErrorCode::kUsage, "-p: {} is not a partition; write a number from 0",
                         Quote(text));
      }
      options.partitions.emplace_back(number);
    }
    for (const std::string& place : places_) TILLSTREAM_TRY(options.range.Add(place));
    if (options.range.start && options.range.start->kind == OffsetSpec::Kind::kStored &&
        group_.empty()) {
      return MakeError(ErrorCode::kUsage,
                       "-o: stored is a group's position; give the group with -g");
    }
    TILLSTREAM_ASSIGN(errors_, ParseOnError(on_error_, log_.topic));
    options.on_error = errors_.on_error;
    TILLSTREAM_TRY(CompleteSink(&sink_, {.group = !group_.empty(),
                                         .start = options.range.start.has_value(),
                                         .store = !store_.empty(),
                                         .format = !format_.empty()}));
    return options;
  }

  /// Tables take events and keep how far they go in one.
  Result<int> FillTables(Context& context, OpenedLog& opened, const std::optional<NamedRun>& run,
                         SchemaRegistry& registry, ConsumeOptions options, MetricsServer* metrics,
                         const ConsumeBoard& board) const {
    TILLSTREAM_TRY(AddTotals(context, opened, run, sink_, &options));
    TILLSTREAM_ASSIGN(const std::unique_ptr<TableSink> sink,
                      OpenTableSink(context, sink_, log_.topic, run));
    TILLSTREAM_ASSIGN(const auto dead_letters, OpenDeadLetters(context, opened, errors_));
    options.dead_letters = dead_letters.get();
    Consumer consumer(*opened.log, registry, context.clock, *sink, sink.get(), std::move(options),
                      [&context](const std::string& line) { context.console.Warning(line); });
    const auto begin = context.clock.Monotonic();
    Status result = Ok();
    {
      TILLSTREAM_ASSIGN(const auto sampler, SampleConsume(context, metrics, log_, metrics_, board));
      result = consumer.Run(context.stop);
    }
    // Where the log or a record is at fault, what the sink took stands.
    const Status finished = sink->Finish();
    if (result) result = finished;
    context.console.EndProgress();
    const double seconds = static_cast<double>((context.clock.Monotonic() - begin).count()) / 1e9;
    TILLSTREAM_TRY(ReportTables(context, *sink, seconds));
    SayRepeats(context, consumer.summary());
    SayErrors(context, consumer.summary(), errors_);
    if (!result) return result.error();
    if (run) SayLag(context, opened, *run, consumer.progress());
    return static_cast<int>(kExitDone);
  }

  /// What totals cannot be together with.
  Status CheckOptionsOfTotals(const ConsumeOptions& options) const {
    const std::pair<const char*, bool> given[] = {{"-p", !options.partitions.empty()},
                                                  {"-c", options.count_max > 0},
                                                  {"-g", !group_.empty()},
                                                  {"--distinct", options.distinct},
                                                  {"--sink", sink_.kind != SinkKind::kLines},
                                                  {"--format kcat", format_ == "kcat"}};
    for (const auto& [flag, is_given] : given) {
      if (!is_given) continue;
      return MakeError(ErrorCode::kUsage,
                       "{}: has no meaning with --totals, which adds up the whole stream; leave "
                       "one out",
                       flag);
    }
    return CheckRangeOfTotals(options.range, !totals_.topic.empty());
  }

  Result<EventFormat> CheckFormat(const Context& context) const {
    if (format_ == "text") return EventFormat::kText;
    if (format_ == "json") return EventFormat::kJson;
    if (format_ == "kcat") return EventFormat::kKcat;
    if (!format_.empty()) {
      return MakeError(ErrorCode::kUsage, "--format: {} is not a format; write text, json or kcat",
                       Quote(format_));
    }
    return context.out.is_terminal() && !context.common.json ? EventFormat::kText
                                                             : EventFormat::kJson;
  }

  /// Where the events are as the run's manifest has it: the topics, and the partition of --store,
  /// so that the others are not read at all.
  Status FindPlaces(const NamedRun& run, ConsumeOptions* options) const {
    const RunIdentity& identity = run.identity;
    const auto store = identity.stores.find(store_);
    if (!store_.empty() && store == identity.stores.end()) {
      std::vector<std::string> ids;
      for (const auto& [id, unused] : identity.stores) ids.push_back(id);
      const std::string nearest = Nearest(store_, ids);
      return MakeError(ErrorCode::kUsage, "--store: {} is not in the run{}", Quote(store_),
                       nearest.empty() ? "" : "; did you mean " + nearest);
    }
    if (identity.plan == kPlanTopic && run.topic == log_.topic) {
      for (const auto& [id, unused] : identity.stores) {
        if (store_.empty() || id == store_) options->topics.push_back(StoreTopic(run.topic, id));
      }
      return Ok();
    }
    const bool has_partition_a_store =
        identity.plan != kPlanTopic || log_.topic == TotalsTopic(run.topic);
    if (!store_.empty() && has_partition_a_store && options->partitions.empty()) {
      options->partitions.push_back(store->second.partition);
    }
    return Ok();
  }

  /// Null without -g.
  Result<std::unique_ptr<ReaderGroup>> OpenGroup(Context& context, OpenedLog& opened,
                                                 const ConsumeOptions& options) const {
    if (group_.empty()) return std::unique_ptr<ReaderGroup>();
    if (opened.kafka != nullptr) {
      const bool is_member = partitions_.empty() && store_.empty();
      const auto topics =
          options.topics.empty() ? std::vector<std::string>{options.topic} : options.topics;
      return OpenKafkaGroup(opened, group_, topics, is_member);
    }
    TILLSTREAM_ASSIGN(auto group,
                      GroupPositions::Open(context.files, log_.directory, group_, context.holder));
    return std::unique_ptr<ReaderGroup>(std::move(group));
  }

  static Status PrintCount(Context& context, const CountSink& count) {
    const EventCounts& sums = count.counts();
    const Json json = {{"events", sums.events},
                       {"units", sums.units},
                       {"revenue_cents", sums.revenue_cents},
                       {"unpriced_events", sums.unpriced_events},
                       {"zero_events", sums.zero_events},
                       {"day_sum", sums.day_sum},
                       {"text_bytes", sums.text_bytes},
                       {"totals", sums.totals},
                       {"total_units", sums.total_units},
                       {"other", sums.other}};
    TILLSTREAM_TRY(context.out.Write(DumpJson(json) + "\n"));
    return context.out.Flush();
  }

  static void Summarise(Context& context, const ConsumeSummary& summary, double seconds) {
    context.console.Info(
        fmt::format("{} records, {} in {:.2f} s: {:.2f} M records/s",
                    WithThousands(summary.records), HumanBytes(summary.bytes), seconds,
                    static_cast<double>(summary.records) / std::max(seconds, 1e-9) / 1e6));
    SayRepeats(context, summary);
  }

  static void SayRepeats(Context& context, const ConsumeSummary& summary) {
    if (summary.repeats > 0) {
      context.console.Info(fmt::format("dropped {} repeats", WithThousands(summary.repeats)));
    }
    if (summary.missing > 0) {
      context.console.Warning(
          fmt::format("{} events are missing in the stream", WithThousands(summary.missing)));
    }
  }

  /// In events: offsets also count the marks of transactions. Says nothing where that cannot be
  /// known, which spoils nothing that was read.
  void SayLag(Context& context, OpenedLog& opened, const NamedRun& run,
              const std::vector<PartitionProgress>& progress) const {
    if (run.topic != log_.topic || progress.empty()) return;
    std::map<TopicPartition, std::optional<int64_t>> read;
    for (const PartitionProgress& partition : progress) {
      if (partition.partition.topic == TotalsTopic(run.topic)) continue;
      read[partition.partition] = partition.position.records_before;
    }
    int64_t lag = 0;
    for (const auto& [id, unused] : run.identity.stores) {
      const auto partitions = EventPartitionsOf(run.identity, run.topic, id);
      const auto is_read = [&](const TopicPartition& p) { return read.contains(p); };
      if (std::none_of(partitions.begin(), partitions.end(), is_read)) continue;
      // How many of its events are in which partition, nobody has said.
      if (!std::all_of(partitions.begin(), partitions.end(), is_read)) return;
      const auto position = PositionOf(context, opened, run.topic, run.identity, id);
      if (!position) return;
      lag += position->events;
    }
    for (const auto& [partition, records] : read) {
      if (!records) return;
      lag -= *records;
    }
    // A log that lost events, or was written anew, may be behind what was read of it.
    context.console.Info(fmt::format("lag: {} events", WithThousands(std::max<int64_t>(lag, 0))));
  }

  LogOptions log_;
  RegistryOptions registry_;
  std::vector<std::string> partitions_;
  std::vector<std::string> places_;
  int64_t count_ = 0;
  bool exit_at_end_ = false;
  std::string store_;
  std::string group_;
  std::string format_;
  std::string on_error_ = "stop";
  bool distinct_ = false;
  SinkOptions sink_;
  TotalsOptions totals_;
  ErrorPolicy errors_;  ///< Of on_error_, once CheckOptions() was called.
  MetricsOptions metrics_;
};

}  // namespace

std::unique_ptr<Command> MakeConsumeCommand() { return std::make_unique<ConsumeCommand>(); }

}  // namespace tillstream
