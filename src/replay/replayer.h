#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/result.h"
#include "dataset/dataset.h"
#include "log/event_log.h"
#include "replay/generator.h"
#include "replay/keep_up_watch.h"
#include "replay/lag_histogram.h"
#include "replay/pausable.h"
#include "replay/progress_board.h"
#include "replay/run_clock.h"
#include "replay/run_identity.h"
#include "replay/speed.h"

namespace tillstream {

/// How often in a row a store's writer is opened again without an event made durable in between.
inline constexpr int kReopensMax = 5;

/// Default of --max-skew: how many days a store may be ahead of the slowest at speed max.
inline constexpr int32_t kMaxSkewDaysDefault = 7;

struct ReplayOptions {
  std::string topic = "sales";
  Day to{0};  ///< First day that is not written any more; one past the data's last for all of it.
  Speed speed = Speed::Max();
  int32_t max_skew_days = kMaxSkewDaysDefault;
  SyncPolicy sync;
  int32_t threads = 1;
  std::string holder;  ///< Who holds the writers' locks, for a second writer's message.
  /// Whether this command is over all stores: it then starts a new clock, else it joins the stored.
  bool all_stores = true;
  /// Whether a command over all stores joins the stored clock too, to catch up with it.
  bool catch_up = false;
  /// Whether what is written is made durable while no store has a day that is due: the sooner, the
  /// less the pace asks for. For a log whose sync costs nobody else anything.
  bool sync_when_idle = false;
  /// The place at the supervisor's board, of a process that has one store of its: it is filled, and
  /// the other stores at the board count for max_skew_days. Must outlive the replayer.
  std::optional<BoardSeat> seat;
  /// As GeneratorOptions' of that name.
  bool totals_may_lead = false;
  /// Whether several writers may share a partition of the log: StreamsOf().
  bool has_shared_partitions = false;
  /// Called with a store and its durable position whenever that has grown, from any thread of the
  /// pool. May be empty.
  std::function<void(const std::string& store_id, Position durable)> on_durable;
  /// Called with a store and why its writer ended, before another one is opened that goes on from
  /// what is durable; from any thread of the pool. May be empty.
  std::function<void(const std::string& store_id, const Error& error)> on_reopen;
  /// Called once for a store that cannot keep up with the schedule, with the speed of the run's
  /// clock and the one that it keeps ("612d/s"); from any thread of the pool. May be empty.
  std::function<void(const std::string& store_id, const std::string& speed,
                     const std::string& kept)>
      on_slow;
};

/// Where one stream stands, for progress and summary.
struct StoreProgress {
  std::string store_id;   ///< RunStream::name.
  PartitionId partition;  ///< RunStream::partition.
  int64_t store_count = 1;
  int64_t events_a_day = 0;
  Day next_day{1};             ///< First day that is not wholly written.
  Day durable_day{1};          ///< First day that is not wholly durable.
  Position position;           ///< Written, perhaps not durable yet.
  Position durable;            ///< Durable.
  int64_t events_written = 0;  ///< By this command.
  int64_t bytes_written = 0;   ///< Framed records by this command, before compression.
  bool done = false;
  int64_t reopens = 0;  ///< Writers that ended and were opened again: ReplayOptions::on_reopen.
  /// How far the virtual clock is ahead of what is written: how long next_day has been over on it.
  /// 0 when it is not over, and at speed max. Stands still in a pause.
  std::chrono::nanoseconds written_lag{0};
  /// How far the durable events are behind the schedule: how long the first day that is not durable
  /// has been over on the virtual clock. 0 when no such day is over, and at speed max.
  std::chrono::nanoseconds lag{0};
  std::chrono::nanoseconds lag_max{0};  ///< Largest lag so far.
  /// Lags with which the days became durable: half of them, and 99 of 100, had less.
  std::chrono::nanoseconds lag_p50{0};
  std::chrono::nanoseconds lag_p99{0};
};

/// Runs one generator a store over one virtual clock, on a pool of threads: the store that is
/// furthest behind goes first, no store is written by two threads at once.
///
/// A writer that ends with kUnavailable is opened again, which starts from what is durable; after
/// kReopensMax times without progress its Error ends the run. Any other Error does at once.
///
/// Threads: Run() is called once; Snapshot(), Pause() and GoOn() may be called from any thread
/// meanwhile. The pool's threads block in writes and syncs of the log and in the clock's sleep,
/// never while they hold the mutex.
class Replayer final : public Pausable {
 public:
  /// Opens a writer for every stream of `dataset.stores`, which recovers what a crash left, and
  /// fixes the schedule (storing the clock in `manifest` when this command is to). `identity` is
  /// the reconciled one, its topics exist.
  static Result<std::unique_ptr<Replayer>> Open(EventLog& log, Clock& clock, const Dataset& dataset,
                                                const RunIdentity& identity, RunManifest& manifest,
                                                const ReplayOptions& options);

  /// Writes until every store is at its end or a stop is requested; either way everything written
  /// is durable when it returns without an Error. On an Error the other stores are stopped at the
  /// end of the day that they are writing, nothing more is acknowledged, and the first Error is
  /// returned.
  Status Run(std::stop_token stop);

  /// The clock that an earlier command stored and this one follows; none when this command began
  /// its own, and at speed max.
  const std::optional<RunClock>& joined_clock() const { return joined_clock_; }

  /// The clock that it goes by; none at speed max and where everything was there already.
  std::optional<RunClock> run_clock() const;

  void Pause() override;
  Status GoOn(const std::optional<RunClock>& clock) override;
  /// Whether nothing is written since it, or the run's clock, stands still.
  bool is_paused() const;

  std::vector<StoreProgress> Snapshot() const;

 private:
  struct Store {
    WriterSpec spec;
    GeneratorOptions options;
    std::unique_ptr<Generator> generator;  ///< Null after it could not be opened again.
    bool running = false;
    StoreProgress progress;
    Position first_position;
    int reopens = 0;  ///< Since an event became durable.
    int64_t reopens_total = 0;
    int64_t reopens_published = 0;
    Position reopened_at;
    KeepUpWatch watch;
    LagHistogram own_lags;
    LagHistogram* lags = &own_lags;  ///< Or those of the board.
    int64_t bytes_published = 0;
  };

  /// What a thread does next: a day of a store, or only the sync of what it has written; without a
  /// store when one of the two is due, 0 for "when another store has finished its day".
  struct Task {
    Store* store = nullptr;
    bool only_sync = false;  ///< Without a store: another store may change what is next.
    std::chrono::nanoseconds wake_at{0};
  };

  /// The speed of the clock, and the one that a store keeps.
  struct Pace {
    std::string needed;
    std::string kept;
  };

  Replayer(EventLog& log, Clock& clock, std::shared_ptr<const Calendar> calendar,
           const ReplayOptions& options)
      : log_(log), clock_(clock), calendar_(std::move(calendar)), options_(options) {}

  /// Opens all stores' writers, several at once where there are threads for that.
  Status OpenStores();
  Status OpenStore(Store& store);
  /// Opens the store's writer again after `error`, or returns why not.
  Status Reopen(Store& store, Error error, const std::stop_token& stop);
  Status StartClock(RunManifest& manifest);
  /// When the store's next day is released; 0 at speed max.
  std::chrono::nanoseconds DueOf(Day day) const;
  /// Ends the sleep of those who wait for a day, to look again.
  void WakeSleepers() TILLSTREAM_REQUIRES(mutex_);
  void Work(std::stop_source& stop);
  Status Do(const Task& task, const std::stop_token& stop);
  Status WriteOneDay(Store& store);
  Status SyncStore(Store& store);
  void ReportDurable(const Store& store, Position before) const;
  void Publish(Store& store) TILLSTREAM_REQUIRES(mutex_);
  /// At the supervisor's board.
  void PublishToBoard(Store& store) TILLSTREAM_REQUIRES(mutex_);
  /// Adds the lags of the days before `durable_day` that were not durable before.
  void CountLags(Store& store, Day durable_day) TILLSTREAM_REQUIRES(mutex_);
  /// That of a store that cannot keep up, once; none for others.
  std::optional<Pace> WatchPace(Store& store) TILLSTREAM_REQUIRES(mutex_);
  Task PickTask() TILLSTREAM_REQUIRES(mutex_);
  /// What can be done while nothing may be written.
  Task PickIdleTask(std::chrono::nanoseconds until) TILLSTREAM_REQUIRES(mutex_);
  /// Of those that are too far ahead to write: the next that is to be made durable.
  Task PickSync() TILLSTREAM_REQUIRES(mutex_);
  bool AllDone() const TILLSTREAM_REQUIRES(mutex_);

  EventLog& log_;
  Clock& clock_;
  std::shared_ptr<const Calendar> calendar_;
  const ReplayOptions options_;
  std::optional<RunClock> joined_clock_;
  std::vector<std::unique_ptr<Store>> stores_;  ///< The vector is fixed after Open().

  mutable Mutex mutex_;
  ConditionVariable changed_;
  DaySchedule schedule_ TILLSTREAM_GUARDED_BY(mutex_);
  std::optional<RunClock> run_clock_ TILLSTREAM_GUARDED_BY(mutex_);
  std::stop_source wake_ TILLSTREAM_GUARDED_BY(mutex_);  ///< Of those who sleep now.
  Status first_error_ TILLSTREAM_GUARDED_BY(mutex_);
};

}  // namespace tillstream
