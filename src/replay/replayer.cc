#include "replay/replayer.h"

#include <algorithm>
#include <atomic>
#include <thread>

#include "replay/run_streams.h"

namespace tillstream {
namespace {

/// How often a process that waits for the others looks at the board. Ten stores' day of the real
/// data takes some 2 ms to write: in lockstep waiting much longer would cost speed, else the days
/// in between leave time, and looking often costs the others' processor.
constexpr std::chrono::milliseconds kBoardPoll{4};
constexpr std::chrono::milliseconds kBoardPollInLockstep{1};

}  // namespace

Result<std::unique_ptr<Replayer>> Replayer::Open(EventLog& log, Clock& clock,
                                                 const Dataset& dataset,
                                                 const RunIdentity& identity, RunManifest& manifest,
                                                 const ReplayOptions& options) {
  std::unique_ptr<Replayer> replayer(new Replayer(log, clock, dataset.calendar, options));
  TILLSTREAM_ASSIGN(std::vector<RunStream> streams,
                    StreamsOf(dataset, identity, options.topic, options.has_shared_partitions));
  for (RunStream& stream : streams) {
    auto store = std::make_unique<Store>();
    store->spec = std::move(stream.spec);
    store->spec.holder = options.holder;
    store->options = {.name = stream.name,
                      .source = std::move(stream.source),
                      .from = identity.from,
                      .to = options.to,
                      .sync = options.sync,
                      .totals_may_lead = options.totals_may_lead};
    store->progress.store_id = stream.name;
    store->progress.partition = stream.partition;
    store->progress.store_count = static_cast<int64_t>(stream.stores.size());
    if (options.seat) store->lags = &options.seat->board->at(options.seat->index).lags;
    replayer->stores_.push_back(std::move(store));
  }
  TILLSTREAM_TRY(replayer->OpenStores());
  for (auto& store : replayer->stores_) {
    store->first_position = store->generator->position();
    store->progress.events_a_day = store->generator->events_a_day();
    store->progress.durable_day = store->generator->durable_day();
  }
  TILLSTREAM_TRY(replayer->StartClock(manifest));
  {
    MutexLock lock(replayer->mutex_);
    for (auto& store : replayer->stores_) replayer->Publish(*store);
  }
  return replayer;
}

Status Replayer::OpenStores() {
  std::vector<Status> results(stores_.size(), Ok());
  std::atomic<size_t> next{0};
  std::atomic<bool> has_failed{false};
  const auto work = [&] {
    while (!has_failed) {
      const size_t i = next++;
      if (i >= stores_.size()) return;
      results[i] = OpenStore(*stores_[i]);
      if (!results[i]) has_failed = true;
    }
  };
  std::vector<std::thread> threads;
  const size_t count = std::min(static_cast<size_t>(std::max(options_.threads, 1)), stores_.size());
  for (size_t i = 1; i < count; ++i) threads.emplace_back(work);
  work();
  for (std::thread& thread : threads) thread.join();
  for (const Status& result : results) TILLSTREAM_TRY(result);
  return Ok();
}

Status Replayer::OpenStore(Store& store) {
  TILLSTREAM_ASSIGN(std::unique_ptr<LogWriter> writer, log_.OpenWriter(store.spec));
  TILLSTREAM_ASSIGN(store.generator, Generator::Open(store.options, std::move(writer), clock_));
  return Ok();
}

Status Replayer::Reopen(Store& store, Error error, const std::stop_token& stop) {
  while (error.code == ErrorCode::kUnavailable && !stop.stop_requested()) {
    if (store.generator != nullptr) {
      const Position durable = store.generator->durable_position();
      if (durable > store.reopened_at) store.reopens = 0;
      store.reopened_at = durable;
    }
    if (++store.reopens > kReopensMax) {
      error.message += fmt::format(" ({} tries)", kReopensMax);
      return error;
    }
    ++store.reopens_total;
    if (options_.on_reopen) options_.on_reopen(store.progress.store_id, error);
    // The log may know one writer of a stream only.
    store.generator.reset();
    const Status opened = OpenStore(store);
    if (opened) return opened;
    error = opened.error();
  }
  return error;
}

Status Replayer::StartClock(RunManifest& manifest) {
  MutexLock lock(mutex_);
  schedule_ = DaySchedule(calendar_, options_.to);
  if (options_.speed.is_max()) return Ok();
  Day slowest = options_.to;
  for (const auto& store : stores_) slowest = std::min(slowest, store->generator->next_day());
  if (slowest >= options_.to) return Ok();
  const ClockStart start = !options_.all_stores ? ClockStart::kJoin
                           : options_.catch_up  ? ClockStart::kCatchUp
                                                : ClockStart::kNew;
  TILLSTREAM_ASSIGN(const StartedClock started,
                    StartRunClock(manifest, clock_,
                                  {.start = start,
                                   .simulated = StartOf(calendar_->at(slowest).date),
                                   .speed = options_.speed,
                                   .holder = options_.holder}));
  run_clock_ = started.clock;
  if (started.is_stored_one) joined_clock_ = started.clock;
  return schedule_.Follow(started.clock, clock_);
}

std::optional<RunClock> Replayer::run_clock() const {
  MutexLock lock(mutex_);
  return run_clock_;
}

void Replayer::Pause() {
  MutexLock lock(mutex_);
  schedule_.Pause(clock_.Monotonic());
}

Status Replayer::GoOn(const std::optional<RunClock>& clock) {
  MutexLock lock(mutex_);
  if (run_clock_ && clock) {
    TILLSTREAM_TRY(schedule_.Follow(*clock, clock_));
    run_clock_ = clock;
  } else {
    schedule_.GoOn();
  }
  for (auto& store : stores_) store->watch.Restart();
  WakeSleepers();
  changed_.notify_all();
  return Ok();
}

void Replayer::WakeSleepers() {
  wake_.request_stop();
  wake_ = std::stop_source();
}

std::chrono::nanoseconds Replayer::DueOf(Day day) const {
  MutexLock lock(mutex_);
  return schedule_.DueOf(day);
}

Status Replayer::Run(std::stop_token stop) {
  // Stops the pool at a stop request and at the first Error: either has to wake those who sleep
  // until a day is due, which may be hours away, and those who wait for another store.
  std::stop_source stop_pool;
  const std::stop_callback pass_on(stop, [&] {
    stop_pool.request_stop();
    MutexLock lock(mutex_);
    WakeSleepers();
    changed_.notify_all();
  });
  const auto count = std::clamp<size_t>(static_cast<size_t>(std::max(options_.threads, 1)), 1,
                                        std::max<size_t>(stores_.size(), 1));
  std::vector<std::thread> threads;
  for (size_t i = 1; i < count; ++i) threads.emplace_back([&] { Work(stop_pool); });
  Work(stop_pool);
  for (std::thread& thread : threads) thread.join();

  for (auto& store : stores_) {
    const bool failed = [this] {
      MutexLock lock(mutex_);
      return !first_error_;
    }();
    if (store->generator == nullptr) continue;
    // After a failure nothing is acknowledged any more, of the other stores neither.
    const Status synced = failed ? Ok() : SyncStore(*store);
    MutexLock lock(mutex_);
    Publish(*store);
    if (!synced && first_error_) first_error_ = synced;
  }
  MutexLock lock(mutex_);
  return first_error_;
}

void Replayer::Work(std::stop_source& stop) {
  while (true) {
    Task task;
    std::stop_token wake;
    {
      MutexLock lock(mutex_);
      while (true) {
        if (stop.stop_requested() || AllDone()) {
          changed_.notify_all();
          return;
        }
        task = PickTask();
        if (task.store != nullptr) break;
        if (task.wake_at.count() == 0) {
          changed_.wait(mutex_);
        } else if (task.only_sync) {
          // Another store may finish its day before that.
          changed_.wait_for(mutex_, task.wake_at - clock_.Monotonic());
        } else {
          break;
        }
      }
      if (task.store != nullptr) task.store->running = true;
      wake = wake_.get_token();
    }
    if (task.store == nullptr) {
      clock_.SleepUntil(task.wake_at, wake);
      continue;
    }
    const Status done = Do(task, stop.get_token());
    if (!done) stop.request_stop();
    std::optional<Pace> slow;
    {
      MutexLock lock(mutex_);
      task.store->running = false;
      Publish(*task.store);
      if (!task.only_sync) slow = WatchPace(*task.store);
      if (!done) WakeSleepers();
      if (!done && first_error_) first_error_ = done;
      changed_.notify_all();
    }
    if (slow && options_.on_slow) {
      options_.on_slow(task.store->progress.store_id, slow->needed, slow->kept);
    }
  }
}

Status Replayer::Do(const Task& task, const std::stop_token& stop) {
  Status done = task.only_sync ? SyncStore(*task.store) : WriteOneDay(*task.store);
  if (!done) done = Reopen(*task.store, done.error(), stop);
  return done;
}

Status Replayer::WriteOneDay(Store& store) {
  const Position before = store.generator->durable_position();
  const Day next = store.generator->next_day() + 1;
  TILLSTREAM_TRY(store.generator->WriteDay(DueOf(next)));
  // Nobody would come back for the rest of a store that is at its end.
  if (store.generator->done()) TILLSTREAM_TRY(store.generator->Sync());
  ReportDurable(store, before);
  return Ok();
}

Status Replayer::SyncStore(Store& store) {
  const Position before = store.generator->durable_position();
  TILLSTREAM_TRY(store.generator->Sync());
  ReportDurable(store, before);
  return Ok();
}

void Replayer::ReportDurable(const Store& store, Position before) const {
  const Position durable = store.generator->durable_position();
  if (options_.on_durable && durable != before) {
    options_.on_durable(store.progress.store_id, durable);
  }
}

Replayer::Task Replayer::PickTask() {
  Store* best = nullptr;
  Day slowest = options_.to;
  for (auto& store : stores_) {
    if (store->progress.done) continue;
    slowest = std::min(slowest, store->progress.next_day);
    if (store->running) continue;
    if (best == nullptr || store->progress.next_day < best->progress.next_day) best = store.get();
  }
  if (best == nullptr) return {};
  // Nobody knows how long a pause takes: as in front of a store that is behind.
  if (schedule_.paused()) return PickSync();
  if (schedule_.paced()) {
    const auto due = schedule_.DueOf(best->progress.next_day);
    if (due <= clock_.Monotonic()) return {.store = best};
    return PickIdleTask(due);
  }
  if (options_.seat) slowest = options_.seat->board->SlowestLive(slowest);
  if (best->progress.next_day - slowest <= options_.max_skew_days) return {.store = best};
  Task task = PickSync();
  if (task.store == nullptr && options_.seat) {
    // Other processes do not tell when they have written a day.
    const auto look_again =
        clock_.Monotonic() + (options_.max_skew_days == 0 ? kBoardPollInLockstep : kBoardPoll);
    if (task.wake_at.count() == 0 || look_again < task.wake_at) task.wake_at = look_again;
  }
  return task;
}

Replayer::Task Replayer::PickIdleTask(std::chrono::nanoseconds until) {
  for (auto& store : stores_) {
    if (!options_.sync_when_idle || store->progress.done || store->running) continue;
    if (store->generator->sync_due()) return {.store = store.get(), .only_sync = true};
  }
  return {.wake_at = until};
}

Replayer::Task Replayer::PickSync() {
  Task task{.only_sync = true};
  for (auto& store : stores_) {
    if (store->progress.done || store->running) continue;
    const auto due = store->generator->sync_due();
    if (!due) continue;
    if (*due <= clock_.Monotonic()) return {.store = store.get(), .only_sync = true};
    if (task.wake_at.count() == 0 || *due < task.wake_at) task.wake_at = *due;
  }
  return task;
}

bool Replayer::AllDone() const {
  return std::all_of(stores_.begin(), stores_.end(),
                     [](const auto& store) { return store->progress.done; });
}

void Replayer::Publish(Store& store) {
  if (store.generator == nullptr) return;
  const Generator& generator = *store.generator;
  StoreProgress& progress = store.progress;
  // The lag is largest just before events become durable.
  progress.lag_max =
      std::max(progress.lag_max, schedule_.LagOf(progress.durable_day, clock_.Monotonic()));
  CountLags(store, generator.durable_day());
  progress.next_day = generator.next_day();
  progress.durable_day = generator.durable_day();
  progress.position = generator.position();
  progress.durable = generator.durable_position();
  progress.events_written = progress.position - store.first_position;
  progress.bytes_written = generator.bytes_written();
  progress.reopens = store.reopens_total;
  progress.done = generator.done();
  if (options_.seat) PublishToBoard(store);
}

void Replayer::PublishToBoard(Store& store) {
  const StoreProgress& progress = store.progress;
  BoardSlot& slot = options_.seat->board->at(options_.seat->index);
  slot.position = progress.position.value();
  slot.durable = progress.durable.value();
  slot.bytes_written += std::max<int64_t>(0, progress.bytes_written - store.bytes_published);
  store.bytes_published = progress.bytes_written;
  slot.reopens += progress.reopens - store.reopens_published;
  store.reopens_published = progress.reopens;
  slot.durable_day = progress.durable_day.value();
  slot.next_day = progress.next_day.value();
  // Done is what is durable: a process that dies before has to come back.
  if (progress.done && progress.durable == progress.position) slot.state = BoardSlot::kDone;
}

void Replayer::CountLags(Store& store, Day durable_day) {
  if (!schedule_.paced()) return;
  const auto now = clock_.Monotonic();
  const Day end = std::min(durable_day, options_.to);
  for (Day day = store.progress.durable_day; day < end; ++day) {
    store.lags->Add(schedule_.LagOf(day, now));
  }
}

std::optional<Replayer::Pace> Replayer::WatchPace(Store& store) {
  if (!schedule_.paced() || schedule_.paused() || store.progress.done) return std::nullopt;
  const auto now = clock_.Monotonic();
  const Day next = store.progress.next_day;
  const auto kept = store.watch.Wrote(now, next, schedule_.LagOf(next, now));
  if (!kept) return std::nullopt;
  const Result<Speed> speed = Speed::Parse(run_clock_->speed);
  if (!speed) return std::nullopt;
  return Pace{run_clock_->speed, speed->TextOf(*kept)};
}

bool Replayer::is_paused() const {
  MutexLock lock(mutex_);
  return schedule_.paused();
}

std::vector<StoreProgress> Replayer::Snapshot() const {
  MutexLock lock(mutex_);
  std::vector<StoreProgress> snapshot;
  for (const auto& store : stores_) {
    StoreProgress& progress = snapshot.emplace_back(store->progress);
    const auto now = clock_.Monotonic();
    progress.written_lag = schedule_.LagOf(progress.next_day, now);
    progress.lag = schedule_.LagOf(progress.durable_day, now);
    progress.lag_p50 = store->lags->Percentile(0.5);
    progress.lag_p99 = store->lags->Percentile(0.99);
    // Some lags are counted a moment after Publish() has looked at the clock.
    progress.lag_max = std::max({progress.lag_max, progress.lag, store->lags->max()});
  }
  return snapshot;
}

}  // namespace tillstream
