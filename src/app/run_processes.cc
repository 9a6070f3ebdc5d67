// `replay --processes`: a supervisor with a generator process a store. docs/decisions/0011.
#include "app/generator_processes.h"
#include "app/processes_report.h"
#include "app/replay_metrics.h"
#include "app/run_pause.h"
#include "app/run_replay.h"
#include "app/supervisor_locks.h"
#include "replay/partition_plan.h"
#include "replay/run_clock.h"
#include "replay/run_streams.h"

namespace tillstream {
namespace {

/// How often the supervisor looks after its processes, and how often it tells of them.
constexpr std::chrono::milliseconds kStep{20};
constexpr std::chrono::milliseconds kStatusTick{200};

/// How long a new clock waits for all generators to have loaded and opened what they write.
constexpr std::chrono::seconds kStartWait{30};

/// What the supervisor itself keeps from the dataset, which it does not hold while it runs.
struct Stores {
  std::vector<std::string> ids;
  std::vector<PartitionId> partitions;
  std::vector<int64_t> series_counts;
  std::vector<int64_t> begin;  ///< Positions that they started from.
  std::vector<Day> begin_days;
  bool all_stores = true;
  ReplayShape shape;
  Day from{1};
  Day to{1};
};

const char* NameOf(Supervisor::State state) {
  switch (state) {
    case Supervisor::State::kWaiting:
      return "waiting";
    case Supervisor::State::kRunning:
      return "running";
    case Supervisor::State::kDone:
      return "done";
    case Supervisor::State::kGivenUp:
      return "given up";
    case Supervisor::State::kReplaced:
      return "replaced";
    case Supervisor::State::kStopped:
      return "stopped";
  }
  return "";
}

/// There a partition has one writer, which has the stores of the partition in one order.
Error SizePlanError() {
  return MakeError(
      ErrorCode::kUsage,
      "--processes: under plan size stores share partitions of the embedded log, which "
      "have one writer each; leave --processes out, or use -b or another --plan");
}

/// A pause, or its end, with the clock to go on by.
struct PauseChange {
  bool is_pause = false;
  std::optional<RunClock> clock = std::nullopt;
};

/// Keeps the last change for the thread that supervises.
class PauseChanges final : public Pausable {
 public:
  void Pause() override { Put({.is_pause = true}); }
  Status GoOn(const std::optional<RunClock>& clock) override {
    Put({.clock = clock});
    return Ok();
  }
  /// The last one that was not taken yet.
  std::optional<PauseChange> Take() {
    MutexLock lock(mutex_);
    return std::exchange(change_, std::nullopt);
  }

 private:
  void Put(PauseChange change) {
    MutexLock lock(mutex_);
    change_ = std::move(change);
  }

  Mutex mutex_;
  std::optional<PauseChange> change_ TILLSTREAM_GUARDED_BY(mutex_);
};

/// Supervises until nothing runs any more.
class ProcessesRun {
 public:
  ProcessesRun(Context& context, const ReplayRequest& request, Stores stores, OpenedLog opened)
      : context_(context),
        request_(request),
        stores_(std::move(stores)),
        opened_(std::move(opened)),
        manifest_(*opened_.runs, context.clock, request.log.topic),
        schedule_(stores_.shape.calendar, stores_.to),
        lag_max_(stores_.ids.size()),
        told_durable_(stores_.begin) {}

  Result<int> Run(MetricsServer* metrics) {
    TILLSTREAM_ASSIGN(board_, ProgressBoard::Make(stores_.ids.size()));
    for (size_t i = 0; i < stores_.ids.size(); ++i) {
      board_->at(i).next_day = stores_.begin_days[i].value();
      board_->at(i).position = board_->at(i).durable = stores_.begin[i];
    }
    TILLSTREAM_TRY(StartClock());
    Console& console = context_.console;
    PosixGeneratorProcesses processes(
        context_.words, stores_.ids, *board_, [&](size_t store, const std::string& text) {
          console.Warning(fmt::format("store {}: {}", stores_.ids[store], text));
        });
    Supervisor supervisor(processes, context_.clock, Options());
    ProcessesReport report(context_, stores_.shape, request_.log, stores_.from, stores_.to,
                           !request_.speed.is_max());
    report.Begin(Snapshot(supervisor));
    const MetricsSampler sampler(
        metrics,
        std::make_unique<ReplayMetrics>(context_.clock, request_, [this] { return shown_.Get(); }));
    {
      RunPause pause(
          context_, manifest_, pauses_,
          {.run_clock = run_clock_, .owns_clock = OwnsClock(), .is_held = is_new_clock_});
      Supervise(processes, supervisor, report, pause);
    }
    const int code = ExitCodeFor(supervisor);
    TILLSTREAM_TRY(report.End(Snapshot(supervisor), code == kExitDone, Rows(supervisor)));
    return code;
  }

 private:
  bool IsOpened(size_t i) const { return board_->at(i).durable_day.load() != 0; }
  Day DurableDay(size_t i) const {
    return IsOpened(i) ? Day(board_->at(i).durable_day.load()) : stores_.begin_days[i];
  }

  SupervisorOptions Options() {
    SupervisorOptions options;
    options.stores = stores_.ids;
    options.give_up_deaths = request_.give_up_deaths;
    options.hopeless_exit_codes = {kExitUsage, kExitBadInput};
    options.refused_exit_code = kExitRefused;
    options.refused_is_replaced = request_.log.on_kafka;
    options.durable_day = [this](size_t i) { return DurableDay(i); };
    options.on_warning = [this](const std::string& text) { context_.console.Warning(text); };
    options.on_error = [this](const std::string& text) { context_.console.Error(text); };
    options.on_given_up = [this](size_t i) { board_->at(i).state = BoardSlot::kGivenUp; };
    return options;
  }

  /// Before any generator starts, so that all of them join it. A new clock stands still until they
  /// are ready, so that the first days are not late.
  Status StartClock() {
    if (request_.speed.is_max()) return Ok();
    Day slowest = stores_.to;
    for (size_t i = 0; i < stores_.ids.size(); ++i) {
      slowest = std::min(slowest, stores_.begin_days[i]);
    }
    if (slowest >= stores_.to) return Ok();
    const ClockStart start = !stores_.all_stores ? ClockStart::kJoin
                             : request_.catch_up ? ClockStart::kCatchUp
                                                 : ClockStart::kNew;
    TILLSTREAM_ASSIGN(const StartedClock started,
                      StartRunClock(manifest_, context_.clock,
                                    {.start = start,
                                     .simulated = StartOf(stores_.shape.calendar->at(slowest).date),
                                     .speed = request_.speed,
                                     .holder = context_.holder,
                                     .stands_still = true}));
    run_clock_ = started.clock;
    is_new_clock_ = !started.is_stored_one;
    if (started.is_stored_one) {
      context_.console.Info(
          fmt::format("clock: joins the run's, which goes at {}", run_clock_->speed));
    }
    return schedule_.Follow(*run_clock_, context_.clock);
  }

  void Supervise(PosixGeneratorProcesses& processes, Supervisor& supervisor,
                 ProcessesReport& report, RunPause& pause) {
    const auto begin = context_.clock.Monotonic();
    auto tick_at = begin;
    bool is_streaming = false;
    bool is_stopping = false;
    while (true) {
      if (context_.stop.stop_requested() && !is_stopping) {
        is_stopping = true;
        supervisor.Stop();
      }
      if (const auto change = pauses_.Take()) Apply(*change, supervisor);
      processes.ReadMessages();
      supervisor.Step();
      const bool are_ready = AreReady(supervisor);
      if (!is_streaming && are_ready) {
        is_streaming = true;
        report.RestartTiming(Snapshot(supervisor));
      }
      const bool is_started = is_streaming || context_.clock.Monotonic() - begin > kStartWait;
      if (is_started) pause.Release();
      TellDurable();
      if (supervisor.finished()) return;
      const auto now = context_.clock.Monotonic();
      if (now >= tick_at) {
        ReplayState state{.stores = Snapshot(supervisor),
                          .processes = Rows(supervisor),
                          .is_started = is_started,
                          .is_paused = schedule_.paused()};
        report.Tick(state.stores, state.processes);
        shown_.Put(std::move(state));
        tick_at = now + kStatusTick;
      }
      // A stop that was seen would wake it at once, over and over.
      context_.clock.SleepUntil(now + kStep, is_stopping ? std::stop_token() : context_.stop);
    }
  }

  /// Whether every generator has opened what it writes. Nobody waits for one that has died.
  bool AreReady(const Supervisor& supervisor) const {
    for (size_t i = 0; i < stores_.ids.size(); ++i) {
      const Supervisor::Store& store = supervisor.stores()[i];
      const bool is_first = store.state == Supervisor::State::kRunning && store.restarts == 0;
      if (is_first && !IsOpened(i)) return false;
    }
    return true;
  }

  /// One of some stores goes by the clock of the run, which is not its to move.
  bool OwnsClock() const { return stores_.all_stores || is_new_clock_; }

  void Apply(const PauseChange& change, Supervisor& supervisor) {
    if (change.is_pause) {
      schedule_.Pause(context_.clock.Monotonic());
      supervisor.Pause();
      return;
    }
    schedule_.GoOn();
    if (change.clock) {
      if (const Status followed = schedule_.Follow(*change.clock, context_.clock); !followed) {
        context_.console.Warning("clock: " + followed.error().message);
      }
    }
    // They read the stored clock again.
    supervisor.GoOn();
  }

  /// As a replay in one process does, for -v.
  void TellDurable() {
    if (!context_.console.verbose()) return;
    for (size_t i = 0; i < stores_.ids.size(); ++i) {
      const int64_t durable = board_->at(i).durable.load();
      if (durable == told_durable_[i]) continue;
      told_durable_[i] = durable;
      context_.console.Debug(fmt::format("durable: {} position {}", stores_.ids[i], durable));
    }
  }

  std::vector<StoreProgress> Snapshot(const Supervisor& supervisor) {
    std::vector<StoreProgress> snapshot;
    const auto now = context_.clock.Monotonic();
    for (size_t i = 0; i < stores_.ids.size(); ++i) {
      const BoardSlot& slot = board_->at(i);
      StoreProgress& progress = snapshot.emplace_back();
      progress.store_id = stores_.ids[i];
      progress.partition = stores_.partitions[i];
      progress.events_a_day = stores_.series_counts[i];
      progress.next_day = Day(slot.next_day.load());
      progress.durable_day = DurableDay(i);
      progress.position = Position(slot.position.load());
      progress.durable = Position(slot.durable.load());
      progress.events_written = progress.position.value() - stores_.begin[i];
      progress.bytes_written = slot.bytes_written.load();
      progress.done = supervisor.stores()[i].state == Supervisor::State::kDone;
      progress.reopens = slot.reopens.load();
      // Here, so that a store without a process has a lag too.
      progress.written_lag = schedule_.LagOf(progress.next_day, now);
      progress.lag = schedule_.LagOf(progress.durable_day, now);
      lag_max_[i] = std::max({lag_max_[i], progress.lag, slot.lags.max()});
      progress.lag_max = lag_max_[i];
      progress.lag_p50 = slot.lags.Percentile(0.5);
      progress.lag_p99 = slot.lags.Percentile(0.99);
    }
    return snapshot;
  }

  static std::vector<ProcessRow> Rows(const Supervisor& supervisor) {
    std::vector<ProcessRow> rows;
    for (const Supervisor::Store& store : supervisor.stores()) {
      rows.push_back({store.pid, store.restarts, NameOf(store.state)});
    }
    return rows;
  }

  static int ExitCodeFor(const Supervisor& supervisor) {
    bool is_given_up = supervisor.has_failed_to_stop();
    bool is_refused = false;
    for (const Supervisor::Store& store : supervisor.stores()) {
      if (store.state == Supervisor::State::kReplaced) is_refused = true;
      if (store.state != Supervisor::State::kGivenUp) continue;
      // Given up since another writer held the store all the time.
      (store.is_refused ? is_refused : is_given_up) = true;
    }
    return is_given_up ? kExitFailed : is_refused ? kExitRefused : kExitDone;
  }

  Context& context_;
  const ReplayRequest& request_;
  const Stores stores_;
  const OpenedLog opened_;
  RunManifest manifest_;
  std::unique_ptr<ProgressBoard> board_;
  std::optional<RunClock> run_clock_;
  DaySchedule schedule_;
  std::vector<std::chrono::nanoseconds> lag_max_;
  std::vector<int64_t> told_durable_;
  PauseChanges pauses_;
  ReplayStateBox shown_;
  /// Whether this has begun the clock, which stands still for those who are not ready yet.
  bool is_new_clock_ = false;
};

}  // namespace

Result<int> RunProcesses(Context& context, const ReplayRequest& request, MetricsServer* metrics) {
  // Before anything is made, and again for the plan of a run that is there.
  if (!request.log.on_kafka && request.plan.plan == kPlanSize) return SizePlanError();
  TILLSTREAM_ASSIGN(PreparedReplay prepared, PrepareReplay(context, request));
  if (!request.log.on_kafka && prepared.identity.plan == kPlanSize) return SizePlanError();
  TILLSTREAM_ASSIGN(const auto lock, TakeSupervisorLock(context, request.log));
  Stores stores;
  stores.from = prepared.from;
  stores.to = prepared.to;
  stores.all_stores = HasAllStores(prepared.dataset);
  stores.shape = ShapeOf(prepared.dataset);
  for (const auto& table : prepared.dataset.stores) {
    const std::string& id = table->store_id();
    TILLSTREAM_ASSIGN(
        const StreamPosition position,
        PositionOf(context, prepared.opened, request.log.topic, prepared.identity, id));
    stores.ids.push_back(id);
    stores.partitions.push_back(prepared.identity.stores.at(id).partition);
    stores.series_counts.push_back(static_cast<int64_t>(table->series().size()));
    stores.begin.push_back(position.events);
    stores.begin_days.push_back(stores.from + static_cast<int32_t>(position.days));
  }
  TILLSTREAM_ASSIGN(const auto streams,
                    StreamsOf(prepared.dataset, prepared.identity, request.log.topic,
                              /*has_shared_partitions=*/request.log.on_kafka));
  std::vector<TopicPartition> partitions;
  const int32_t days = prepared.to - prepared.from;
  for (size_t i = 0; i < streams.size(); ++i) {
    const bool is_at_end = stores.begin[i] >= days * stores.series_counts[i];
    if (!is_at_end) partitions.push_back(streams[i].spec.events.front());
  }
  TILLSTREAM_TRY(NeedAFreeStore(context, request.log, partitions));
  // Every generator loads what it needs by itself.
  prepared.dataset = Dataset();
  ProcessesRun run(context, request, std::move(stores), std::move(prepared.opened));
  return run.Run(metrics);
}

}  // namespace tillstream
