#include "app/run_forecast.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "app/known_calendar.h"
#include "avro/forecast_codec.h"
#include "base/json.h"
#include "base/text.h"
#include "model/names.h"
#include "replay/partition_plan.h"

namespace tillstream {
namespace {

constexpr const char* kSnapshotDirectory = ".forecast";

Result<PublishEvery> ParseEvery(const std::string& text) {
  if (text == "day") return PublishEvery::kDay;
  if (text == "week") return PublishEvery::kWeek;
  if (text == "auto") return PublishEvery::kAuto;
  return MakeError(ErrorCode::kUsage, "--every: {} is not known; write day, week or auto",
                   Quote(text));
}

std::vector<StoreSource> SourcesOf(const RunIdentity& identity, const std::string& topic) {
  std::vector<StoreSource> sources;
  for (const auto& [id, unused] : identity.stores) {
    sources.push_back(
        {id, EventPartitionsOf(identity, topic, id), TotalsPartitionOf(identity, topic, id)});
  }
  return sources;
}

/// The schemas' ids, and where forecasts go.
Result<PublishOptions> PrepareToPublish(Context& context, const ForecastRequest& request,
                                        FollowedRun& run) {
  PublishOptions publish;
  publish.target.forecasts = ForecastsTopic(request.log.topic);
  publish.target.scores = ScoresTopic(request.log.topic);
  publish.target.holder = context.holder;
  if (run.identity.rebase) {
    publish.target.identity =
        fmt::format("d_1 on {} of ", FormatDate(EventDateOf(run.identity, Day(1))));
  }
  int32_t partition_max = 0;
  for (const auto& [id, store] : run.identity.stores) {
    publish.partitions.push_back(store.number + 1);
    partition_max = std::max(partition_max, store.number + 1);
  }
  publish.target.partition_count = partition_max + 1;
  publish.labels.first_date = EventDateOf(run.identity, Day(1));
  TILLSTREAM_ASSIGN(const std::vector<SchemaId> ids,
                    IdsFor(*run.registry.registry, request.subjects,
                           {{publish.target.forecasts, SalesForecastSchema()},
                            {publish.target.scores, ForecastScoreSchema()}},
                           StartOf(EventDateOf(run.identity, run.identity.from))));
  publish.labels.forecast_schema = ids[0];
  publish.labels.score_schema = ids[1];
  return publish;
}

std::string ScoreText(const MaturedScore& score) {
  const double wrmsse = score.accuracy.wrmsse();
  if (!std::isfinite(wrmsse)) return "";
  return fmt::format("; the forecast from d_{} scored WRMSSE {:.4f}, WSPL {:.4f}",
                     score.origin.value(), wrmsse, score.accuracy.wspl());
}

void Summarise(Context& context, const LiveProgress& progress, double seconds) {
  const FollowCounts& counts = progress.counts;
  context.console.Info(fmt::format(
      "stands at d_{}: followed {} events in {:.2f} s ({:.2f} M events/s); published {} forecasts "
      "of {} records and {} scores{}",
      progress.day.value(), WithThousands(counts.events), seconds,
      static_cast<double>(counts.events) / std::max(seconds, 1e-9) / 1e6, progress.origins_written,
      WithThousands(progress.forecasts_written), progress.scores_written,
      progress.last_score ? ScoreText(*progress.last_score) : ""));
  const auto warn = [&](int64_t count, const char* what) {
    if (count > 0) context.console.Warning(fmt::format("{} {}", WithThousands(count), what));
  };
  warn(counts.incomplete_days, "days of stores were closed as incomplete");
  warn(counts.late, "events and totals came after their day was closed; they changed nothing");
  warn(counts.strangers, "events are of items that appeared later; they are in no forecast");
  warn(progress.negative, "sales were below 0 and count as none");
  warn(counts.ahead, "events and totals have a day that cannot be right; they were left out");
}

Status PrintJson(Context& context, const LiveProgress& progress, double seconds) {
  const FollowCounts& counts = progress.counts;
  Json json = {{"day", progress.day.value()},
               {"events", counts.events},
               {"seconds", seconds},
               {"origins", progress.origins_written},
               {"forecasts", progress.forecasts_written},
               {"scores", progress.scores_written},
               {"incomplete_days", counts.incomplete_days},
               {"late", counts.late},
               {"strangers", counts.strangers},
               {"negative", progress.negative},
               {"ahead", counts.ahead}};
  return context.out.Write(DumpJson(json) + "\n");
}

}  // namespace

Result<std::string> SnapshotPath(Context& context, const ForecastRequest& request) {
  if (!request.snapshot.empty()) {
    const size_t slash = request.snapshot.rfind('/');
    if (slash != std::string::npos && slash > 0) {
      TILLSTREAM_TRY(context.files.MakeDirectory(request.snapshot.substr(0, slash)));
    }
    return request.snapshot;
  }
  const std::string directory =
      JoinPath(request.log.on_kafka ? "." : request.log.directory, kSnapshotDirectory);
  TILLSTREAM_TRY(context.files.MakeDirectory(directory));
  // One without the other's promises: each would read the stream again after the other.
  const char* const kind = request.no_publish ? ".unpublished" : "";
  return JoinPath(directory, request.log.topic + kind + ".snapshot");
}

LiveObserver ObserverOf(Context& context) {
  LiveObserver observer;
  observer.on_info = [&context](const std::string& line) { context.console.Info(line); };
  observer.on_warning = [&context](const std::string& line) { context.console.Warning(line); };
  if (!context.console.is_terminal()) return observer;
  observer.progress = [&context](const LiveProgress& progress) {
    context.console.Progress(
        fmt::format("d_{}: {} events, {} forecasts published{}", progress.day.value(),
                    WithThousands(progress.counts.events), progress.origins_written,
                    progress.last_score ? ScoreText(*progress.last_score) : ""));
  };
  return observer;
}

Result<FollowedRun> OpenFollowedRun(Context& context, const ForecastRequest& request) {
  FollowedRun run;
  TILLSTREAM_ASSIGN(run.known, LoadKnownDays(context, request.data, request.holidays));
  TILLSTREAM_TRY(RequireLog(context, request.log));
  TILLSTREAM_ASSIGN(run.opened, OpenEventLog(context, request.log));
  TILLSTREAM_ASSIGN(run.identity, RequireRun(context, run.opened, request.log.topic));
  if (run.known.first_date != run.identity.first_date) {
    return MakeError(ErrorCode::kBadInput,
                     "{}: d_1 of the calendar is {}, that of the run {}; give the --data of its "
                     "replay",
                     request.data, FormatDate(run.known.first_date),
                     FormatDate(run.identity.first_date));
  }
  TILLSTREAM_ASSIGN(run.registry,
                    OpenRegistryOfRun(context, request.registry,
                                      NamedRun{request.log.topic, run.identity}, run.opened));
  LiveOptions& options = run.options;
  options.sources = SourcesOf(run.identity, request.log.topic);
  options.follow.from = run.identity.from;
  options.follow.wait_days = static_cast<int32_t>(request.wait_days);
  options.follow.on_warning = [&context](const std::string& line) {
    context.console.Warning(line);
  };
  options.threads = ThreadCount(context);
  options.stop_at_end = request.stop_at_end;
  options.identity =
      fmt::format("topic {}, run of {}, {}", request.log.topic, run.identity.started_at,
                  request.no_publish ? "kept" : "published");
  options.snapshot_every = std::chrono::seconds(request.snapshot_every_s);
  return run;
}

Result<int> RunForecast(Context& context, ForecastRequest request) {
  TILLSTREAM_TRY(CheckTopic(request.log));
  TILLSTREAM_TRY(CompleteLog(&request.log));
  TILLSTREAM_TRY(CompleteRegistry(&request.registry, request.log));
  TILLSTREAM_TRY(CheckSubjects(&request.subjects));
  TILLSTREAM_ASSIGN(const PublishEvery every, ParseEvery(request.every));
  TILLSTREAM_ASSIGN(FollowedRun run, OpenFollowedRun(context, request));
  run.options.every = every;
  TILLSTREAM_ASSIGN(run.options.snapshot_path, SnapshotPath(context, request));
  if (!request.no_publish) {
    context.console.Info(fmt::format("target: {}, topics {} and {}", run.opened.log->Describe(),
                                     ForecastsTopic(request.log.topic),
                                     ScoresTopic(request.log.topic)));
    TILLSTREAM_ASSIGN(run.options.publish, PrepareToPublish(context, request, run));
  }
  context.console.Info(fmt::format("target: snapshot {}", run.options.snapshot_path));
  LiveForecast live(*run.opened.log, *run.registry.registry, context.files, context.clock,
                    run.known, run.options, ObserverOf(context));
  const auto begin = context.clock.Monotonic();
  const Status result = live.Run(context.stop);
  context.console.EndProgress();
  const double seconds = static_cast<double>((context.clock.Monotonic() - begin).count()) / 1e9;
  if (!result) return result.error();
  const LiveProgress progress = live.progress();
  if (context.common.json) {
    TILLSTREAM_TRY(PrintJson(context, progress, seconds));
  } else {
    Summarise(context, progress, seconds);
  }
  return static_cast<int>(kExitDone);
}

}  // namespace tillstream
