#include "replay/replayer.h"

#include <algorithm>
#include <thread>

#include "model/names.h"

namespace tillstream {

Result<std::unique_ptr<Replayer>> Replayer::Open(EventLog& log, Clock& clock,
                                                 const Dataset& dataset,
                                                 const RunIdentity& identity, RunManifest& manifest,
                                                 const ReplayOptions& options) {
  std::unique_ptr<Replayer> replayer(new Replayer(clock, dataset.calendar, options));
  for (const auto& table : dataset.stores) {
    auto store = std::make_unique<Store>();
    const PartitionId partition = identity.stores.at(table->store_id()).partition;
    WriterSpec spec;
    spec.events = {options.topic, partition};
    spec.totals = TopicPartition{TotalsTopic(options.topic), partition};
    spec.holder = options.holder;
    spec.stream = table->store_id();
    spec.identity = StreamIdentity(identity, table->store_id());
    TILLSTREAM_ASSIGN(std::unique_ptr<LogWriter> writer, log.OpenWriter(spec));
    store->first_position = writer->position();
    TILLSTREAM_ASSIGN(store->generator,
                      Generator::Open({.table = table,
                                       .calendar = dataset.calendar,
                                       .from = identity.from,
                                       .to = options.to,
                                       .sales_schema = identity.sales_schema,
                                       .totals_schema = identity.totals_schema,
                                       .sync = options.sync,
                                       .totals_may_lead = options.totals_may_lead},
                                      std::move(writer), clock));
    store->progress.store_id = table->store_id();
    store->progress.partition = partition;
    store->progress.durable_day = store->generator->durable_day();
    replayer->stores_.push_back(std::move(store));
  }
  TILLSTREAM_TRY(replayer->StartClock(manifest));
  {
    MutexLock lock(replayer->mutex_);
    for (auto& store : replayer->stores_) replayer->Publish(*store);
  }
  return replayer;
}

Status Replayer::StartClock(RunManifest& manifest) {
  if (options_.speed.is_max()) return Ok();
  const int64_t wall_ms = clock_.Now().time_since_epoch().count();
  Day slowest = options_.to;
  for (const auto& store : stores_) slowest = std::min(slowest, store->generator->next_day());
  if (slowest >= options_.to) return Ok();
  RunClock run_clock{wall_ms, StartOf(calendar_->at(slowest).date), options_.speed.text()};
  if (!options_.all_stores) {
    TILLSTREAM_ASSIGN(joined_clock_, manifest.LoadClock());
  }
  if (joined_clock_) {
    run_clock = *joined_clock_;
  } else {
    TILLSTREAM_TRY(manifest.StoreClock(run_clock));
  }
  TILLSTREAM_ASSIGN(const Speed speed, Speed::Parse(run_clock.speed));
  schedule_ = Schedule(run_clock, speed, clock_.Monotonic(), wall_ms);
  return Ok();
}

std::chrono::nanoseconds Replayer::DueOf(Day day) const {
  if (!schedule_.paced() || day >= options_.to) return std::chrono::nanoseconds(0);
  return schedule_.Due(StartOf(calendar_->at(day).date + std::chrono::days(1)));
}

std::chrono::nanoseconds Replayer::LagOf(Day day) const {
  if (!schedule_.paced() || day >= options_.to) return std::chrono::nanoseconds(0);
  return std::max(std::chrono::nanoseconds(0), clock_.Monotonic() - DueOf(day));
}

Status Replayer::Run(std::stop_token stop) {
  // Stops the pool at a stop request and at the first Error: either has to wake those who sleep
  // until a day is due, which may be hours away, and those who wait for another store.
  std::stop_source stop_pool;
  const std::stop_callback pass_on(stop, [&] {
    stop_pool.request_stop();
    MutexLock lock(mutex_);
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
    Store* store = nullptr;
    std::chrono::nanoseconds wake_at{0};
    {
      MutexLock lock(mutex_);
      while (true) {
        if (stop.stop_requested() || AllDone()) {
          changed_.notify_all();
          return;
        }
        wake_at = std::chrono::nanoseconds(0);
        store = PickStore(&wake_at);
        if (store != nullptr || wake_at.count() != 0) break;
        changed_.wait(mutex_);
      }
      if (store != nullptr) store->running = true;
    }
    if (store == nullptr) {
      clock_.SleepUntil(wake_at, stop.get_token());
      continue;
    }
    const Status written = WriteOneDay(*store);
    if (!written) stop.request_stop();
    MutexLock lock(mutex_);
    store->running = false;
    Publish(*store);
    if (!written && first_error_) first_error_ = written;
    changed_.notify_all();
  }
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

Replayer::Store* Replayer::PickStore(std::chrono::nanoseconds* wake_at) {
  Store* best = nullptr;
  Day slowest = options_.to;
  for (auto& store : stores_) {
    if (store->progress.done) continue;
    slowest = std::min(slowest, store->progress.next_day);
    if (store->running) continue;
    if (best == nullptr || store->progress.next_day < best->progress.next_day) best = store.get();
  }
  if (best == nullptr) return nullptr;
  if (schedule_.paced()) {
    const auto due = DueOf(best->progress.next_day);
    if (due <= clock_.Monotonic()) return best;
    *wake_at = due;
    return nullptr;
  }
  return best->progress.next_day - slowest <= options_.max_skew_days ? best : nullptr;
}

bool Replayer::AllDone() const {
  return std::all_of(stores_.begin(), stores_.end(),
                     [](const auto& store) { return store->progress.done; });
}

void Replayer::Publish(Store& store) {
  const Generator& generator = *store.generator;
  StoreProgress& progress = store.progress;
  // The lag is largest just before events become durable.
  progress.lag_max = std::max(progress.lag_max, LagOf(progress.durable_day));
  progress.next_day = generator.next_day();
  progress.durable_day = generator.durable_day();
  progress.position = generator.position();
  progress.durable = generator.durable_position();
  progress.events_written = progress.position - store.first_position;
  progress.bytes_written = generator.bytes_written();
  progress.done = generator.done();
}

std::vector<StoreProgress> Replayer::Snapshot() const {
  MutexLock lock(mutex_);
  std::vector<StoreProgress> snapshot;
  for (const auto& store : stores_) {
    StoreProgress& progress = snapshot.emplace_back(store->progress);
    progress.lag = LagOf(progress.durable_day);
    progress.lag_max = std::max(progress.lag_max, progress.lag);
  }
  return snapshot;
}

}  // namespace tillstream
