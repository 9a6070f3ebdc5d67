#include "app/run_totals.h"

#include <algorithm>
#include <optional>
#include <set>

#include "app/opened_log.h"
#include "app/totals_table.h"
#include "base/text.h"
#include "consume/live_totals.h"
#include "consume/totals_publisher.h"
#include "model/names.h"
#include "registry/subject_name.h"
#include "replay/partition_plan.h"

namespace tillstream {
namespace {

/// How often the table is drawn again at most.
constexpr std::chrono::milliseconds kDrawEvery{250};

/// What the run of `identity` adds up, from `begin` on if that is given.
Result<LiveTotalsOptions> OptionsOf(const TotalsRequest& request, const RunIdentity& identity) {
  LiveTotalsOptions options;
  options.shape = request.shape;
  options.first_day = identity.from;
  options.first_date = EventDateOf(identity, identity.from);
  options.week_anchor = EventDateOf(identity, Day(1));
  const auto& start = request.options.range.start;
  if (start && start->kind == OffsetSpec::Kind::kTimestamp) {
    const Date begin = std::max(DateOf(Timestamp(start->value)), options.first_date);
    options.first_day =
        options.first_day + static_cast<int32_t>((begin - options.first_date).count());
    options.first_date = begin;
  }
  for (const auto& [id, store] : identity.stores) {
    if (!request.options.store_id.empty() && id != request.options.store_id) continue;
    if (store.series_count == 0) {
      return MakeError(ErrorCode::kFailed,
                       "run: store {} has not begun, so that nobody knows its series; start its "
                       "replay first, or give other stores with --store",
                       id);
    }
    TotalsStore& totals = options.stores.emplace_back();
    totals.id = id;
    totals.series_count = store.series_count;
    const auto partitions = EventPartitionsOf(identity, request.log.topic, id);
    for (size_t i = 0; i < partitions.size(); ++i) {
      if (i < store.round.size() && store.round[i] == 0) continue;
      totals.events.push_back(partitions[i]);
    }
    totals.totals = TotalsPartitionOf(identity, request.log.topic, id);
  }
  if (options.stores.empty()) {
    return MakeError(ErrorCode::kUsage, "--store: {} is not in the run",
                     Quote(request.options.store_id));
  }
  return options;
}

/// Reads the topics that the stores are in and, under a plan that has one topic, only the partition
/// of a single store.
void FindPlaces(const LiveTotalsOptions& totals, const RunIdentity& identity,
                ConsumeOptions* options) {
  std::set<std::string> topics;
  for (const TotalsStore& store : totals.stores) {
    for (const TopicPartition& partition : store.events) topics.insert(partition.topic);
    topics.insert(store.totals.topic);
  }
  options->topics.assign(topics.begin(), topics.end());
  if (!options->store_id.empty() && identity.plan != kPlanTopic) {
    options->partitions = {totals.stores.front().totals.partition};
  }
}

/// Adds events up, prints and publishes.
class TotalsSink final : public EventSink {
 public:
  TotalsSink(Context& context, EventFormat format, LiveTotalsOptions options,
             TotalsPublisher* publisher)
      : context_(context),
        format_(format),
        draws_(format == EventFormat::kText && context.out.is_terminal()),
        publisher_(publisher),
        totals_(std::move(options), [this](const PeriodTotals& closed) { return Take(closed); }) {}

  Status Put(const TopicPartition& partition, const RecordView& record,
             const Event& event) override {
    if (const auto* sale = std::get_if<SalesRecord>(&event)) {
      return totals_.AddSale(partition, record.timestamp, *sale);
    }
    if (const auto* total = std::get_if<StoreDay>(&event)) {
      return totals_.AddTotal(record.timestamp, *total);
    }
    totals_.AddForeign();
    return Ok();
  }

  Status Flush() override {
    if (publisher_ != nullptr) TILLSTREAM_TRY(publisher_->Sync());
    if (draws_) Draw();
    return context_.out.Flush();
  }

  bool IsAhead(const TopicPartition& partition) const override {
    return totals_.IsAhead(partition);
  }
  bool closed() const override { return context_.out.closed(); }

  /// The table that stays on the terminal.
  Status Finish() {
    context_.console.EndProgress();
    if (!draws_ || !last_) return Ok();
    TILLSTREAM_TRY(context_.out.Write(TotalsTable(totals_.shape(), *last_, nullptr)));
    return context_.out.Flush();
  }

  LiveTotals& totals() { return totals_; }
  int64_t period_count() const { return period_count_; }

 private:
  Status Take(const PeriodTotals& closed) {
    ++period_count_;
    bool is_new = true;
    if (publisher_ != nullptr) TILLSTREAM_TRY(publisher_->Publish(closed, &is_new));
    if (draws_) {
      last_ = closed;
      return Ok();
    }
    if (!is_new) return Ok();
    text_.clear();
    if (format_ == EventFormat::kText) {
      text_ = TotalsTable(totals_.shape(), closed, nullptr);
    } else {
      for (const GroupTotals& group : closed.groups) {
        AppendJsonLine(totals_.shape(), closed, group, &text_);
      }
    }
    return context_.out.Write(text_);
  }

  void Draw() {
    const auto now = context_.clock.Monotonic();
    if (now - last_draw_ < kDrawEvery) return;
    last_draw_ = now;
    const PeriodTotals running = totals_.Running();
    std::string text;
    if (last_) text = TotalsTable(totals_.shape(), *last_, &running);
    context_.console.Progress(text + DescribeRunning(running, totals_.slowest_store()));
  }

  Context& context_;
  const EventFormat format_;
  const bool draws_;
  TotalsPublisher* const publisher_;  ///< May be null.
  LiveTotals totals_;
  std::optional<PeriodTotals> last_;  ///< Only where it is drawn.
  int64_t period_count_ = 0;
  std::chrono::nanoseconds last_draw_{0};
  std::string text_;
};

Result<std::unique_ptr<TotalsPublisher>> OpenPublisher(Context& context,
                                                       const TotalsRequest& request,
                                                       OpenedLog& opened, SchemaRegistry& registry,
                                                       Date first_date) {
  if (request.publish_topic.empty()) return std::unique_ptr<TotalsPublisher>();
  TotalsPublisherOptions options;
  options.topic = request.publish_topic;
  // With the date of the first event, so that the same stream leaves the same bytes.
  TILLSTREAM_ASSIGN(options.schema, registry.Register(ValueSubject(options.topic),
                                                      PeriodTotalSchema(), StartOf(first_date)));
  options.shape = request.shape;
  options.source = request.log.topic;
  if (!request.options.store_id.empty()) options.source += " store " + request.options.store_id;
  options.holder = context.holder;
  context.console.Info(fmt::format("target: {}, topic {}", opened.log->Describe(), options.topic));
  TILLSTREAM_ASSIGN(auto publisher, TotalsPublisher::Open(*opened.log, std::move(options)));
  if (publisher->records_found() > 0) {
    context.console.Info(fmt::format("{} records are there already; computing up to them",
                                     WithThousands(publisher->records_found())));
  }
  return publisher;
}

void SayCounts(Context& context, const LiveTotalsCounts& counts) {
  const auto say = [&](int64_t count, const char* what) {
    if (count > 0) context.console.Warning(fmt::format("{} {}", WithThousands(count), what));
  };
  say(counts.corrected, "events were corrected within their day: the later one counts");
  say(counts.late, "late events are not counted: their day was over");
  say(counts.misdated, "records are not counted: their day is not that of their timestamp");
  say(counts.foreign, "records are not counted: they belong to no series of the run");
  say(counts.revised_totals, "end-of-day totals are not used: their day had one");
  say(counts.disagreeing_days,
      "days of stores do not agree with their end-of-day totals; their periods are not complete");
  if (counts.repeated > 0) {
    context.console.Info(fmt::format("dropped {} repeats", WithThousands(counts.repeated)));
  }
}

void Summarise(Context& context, TotalsSink& sink, const TotalsPublisher* publisher,
               double seconds) {
  LiveTotals& totals = sink.totals();
  const LiveTotalsCounts& counts = totals.counts();
  context.console.Info(fmt::format(
      "closed {} {}s: {} events in {:.2f} s: {:.2f} M events/s", WithThousands(sink.period_count()),
      PeriodName(totals.shape().period), WithThousands(counts.events), seconds,
      static_cast<double>(counts.events) / std::max(seconds, 1e-9) / 1e6));
  SayCounts(context, counts);
  context.console.Info("open: " + DescribeRunning(totals.Running(), totals.slowest_store()));
  if (publisher == nullptr) return;
  context.console.Info(fmt::format("published {} records, {} were there",
                                   WithThousands(publisher->records_published()),
                                   WithThousands(publisher->records_found())));
  if (publisher->records_made() < publisher->records_found()) {
    context.console.Warning(fmt::format(
        "the stream makes only {} of the {} records that are there so far",
        WithThousands(publisher->records_made()), WithThousands(publisher->records_found())));
  }
}

}  // namespace

Result<int> RunTotals(Context& context, TotalsRequest request) {
  TILLSTREAM_TRY(RequireLog(context, request.log));
  TILLSTREAM_ASSIGN(OpenedLog opened, OpenEventLog(context, request.log));
  TILLSTREAM_ASSIGN(RunIdentity identity, RequireRun(context, opened, request.log.topic));
  TILLSTREAM_ASSIGN(LiveTotalsOptions totals, OptionsOf(request, identity));
  FindPlaces(totals, identity, &request.options);
  const std::optional<NamedRun> run = NamedRun{request.log.topic, std::move(identity)};
  TILLSTREAM_ASSIGN(const OpenedRegistry registry,
                    OpenRegistryOfRun(context, request.registry, run, opened));
  TILLSTREAM_ASSIGN(const auto publisher,
                    OpenPublisher(context, request, opened, *registry.registry, totals.first_date));
  TILLSTREAM_ASSIGN(const auto dead_letters, OpenDeadLetters(context, opened, request.errors));
  request.options.dead_letters = dead_letters.get();
  TotalsSink sink(context, request.format, std::move(totals), publisher.get());
  Consumer consumer(*opened.log, *registry.registry, context.clock, sink, /*group=*/nullptr,
                    std::move(request.options),
                    [&context](const std::string& line) { context.console.Warning(line); });
  const auto begin = context.clock.Monotonic();
  const Status result = consumer.Run(context.stop);
  const double seconds = static_cast<double>((context.clock.Monotonic() - begin).count()) / 1e9;
  const Status finished = sink.Finish();
  Summarise(context, sink, publisher.get(), seconds);
  SayErrors(context, consumer.summary(), request.errors);
  TILLSTREAM_TRY(Status(result));
  TILLSTREAM_TRY(Status(finished));
  return static_cast<int>(kExitDone);
}

}  // namespace tillstream
