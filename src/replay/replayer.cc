#include "replay/replayer.h"

#include <algorithm>
#include <thread>

#include "base/check.h"
#include "model/names.h"

namespace tillstream {

Result<std::unique_ptr<Replayer>> Replayer::Open(EventLog& log, Clock& clock,
                                                 const Dataset& dataset,
                                                 const RunIdentity& identity,
                                                 RunManifest& manifest,
                                                 const ReplayOptions& options) {
  std::unique_ptr<Replayer> replayer(new Replayer(clock, dataset.calendar, options));
  for (const auto& table : dataset.stores) {
    auto store = std::make_unique<Store>();
    const PartitionId partition = identity.stores.at(table->store_id()).partition;
    WriterSpec spec;
    spec.events = {options.topic, partition};
    spec.totals = TopicPartition{TotalsTopic(options.topic), partition};
    spec.holder = options.holder;
    TILLSTREAM_ASSIGN(std::unique_ptr<LogWriter> writer, log.OpenWriter(spec));
    store->first_position = writer->position();
    TILLSTREAM_ASSIGN(store->generator,
                      Generator::Open(table, dataset.calendar, identity.from, options.to,
                                      identity.sales_schema, identity.totals_schema,
                                      std::move(writer), options.sync, clock));
    store->progress.store_id = table->store_id();
    store->progress.partition = partition;
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
  std::optional<RunClock> stored;
  if (!options_.all_stores) {
    TILLSTREAM_ASSIGN(stored, manifest.LoadClock());
  }
  if (stored) {
    run_clock = *stored;
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

Status Replayer::Run(std::stop_token stop) {
  // A stop request only has to wake who waits; the waiters look at the token themselves.
  const std::stop_callback wake(stop, [this] {
    MutexLock lock(mutex_);
    changed_.notify_all();
  });
  const auto count = std::clamp<size_t>(static_cast<size_t>(options_.threads), 1,
                                        std::max<size_t>(stores_.size(), 1));
  std::vector<std::thread> threads;
  for (size_t i = 1; i < count; ++i) threads.emplace_back([this, stop] { Work(stop); });
  Work(stop);
  for (std::thread& thread : threads) thread.join();

  Status result = Ok();
  for (auto& store : stores_) {
    // After a failure this makes durable what the other stores wrote; the failed one refuses again.
    const Status synced = SyncStore(*store);
    MutexLock lock(mutex_);
    Publish(*store);
    if (!synced && first_error_.has_value()) first_error_ = synced;
    result = first_error_;
  }
  return result;
}

void Replayer::Work(const std::stop_token& stop) {
  while (true) {
    Store* store = nullptr;
    std::chrono::nanoseconds wake_at{0};
    {
      MutexLock lock(mutex_);
      while (true) {
        if (stop.stop_requested() || stopping_ || AllDone()) {
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
      clock_.SleepUntil(wake_at, stop);
      continue;
    }
    const Status written = WriteOneDay(*store);
    MutexLock lock(mutex_);
    store->running = false;
    Publish(*store);
    if (!written) {
      if (first_error_.has_value()) first_error_ = written;
      stopping_ = true;
    }
    changed_.notify_all();
  }
}

Status Replayer::WriteOneDay(Store& store) {
  const Position before = store.generator->durable_position();
  const Day next = store.generator->next_day() + 1;
  TILLSTREAM_TRY(store.generator->WriteDay(DueOf(next)));
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
  const Position durable_before = progress.durable;
  progress.next_day = generator.next_day();
  progress.position = generator.position();
  progress.durable = generator.durable_position();
  progress.events_written = progress.position - store.first_position;
  progress.bytes_written = generator.bytes_written();
  progress.done = generator.done();
  const Day last_durable = generator.durable_day() - 1;
  if (schedule_.paced() && progress.durable != durable_before && last_durable.value() >= 1) {
    progress.lag = std::max(std::chrono::nanoseconds(0), clock_.Monotonic() - DueOf(last_durable));
    progress.lag_max = std::max(progress.lag_max, progress.lag);
  }
}

std::vector<StoreProgress> Replayer::Snapshot() const {
  MutexLock lock(mutex_);
  std::vector<StoreProgress> snapshot;
  for (const auto& store : stores_) snapshot.push_back(store->progress);
  return snapshot;
}

}  // namespace tillstream
