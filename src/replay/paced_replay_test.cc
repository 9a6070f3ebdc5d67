// Runs with a schedule: when days are released, when they are durable, whose clock counts.
#include <thread>

#include "replay/replayer_fixture.h"

namespace tillstream {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

class PacedReplayTest : public ReplayerTest {};

TEST_F(PacedReplayTest, AnErrorWakesThoseWhoSleepUntilTheirNextDay) {
  // On the machine's clock: at this speed the next day is hours away.
  SystemClock clock;
  MemoryLog log(clock);
  WatchedLog watched(log);
  watched.on_append = [&](PartitionId partition, Timestamp) -> Status {
    if (partition == PartitionId(3)) return MakeError(ErrorCode::kIoError, "disk: gone");
    return Ok();
  };
  FolderRunStore runs(files_, clock, "log");
  RunManifest manifest(runs, clock, "sales");
  const RunIdentity identity = *BeginSmallRun(watched, clock, manifest, dataset_);
  // The stored clock says that the first day is over and the second has just begun.
  const int64_t now_ms = clock.Now().time_since_epoch().count();
  ASSERT_TRUE(manifest.StoreClock({now_ms, TimeOf(2), "1x"}));
  ReplayOptions options;
  options.to = Day(11);
  options.speed = *Speed::Parse("1x");
  options.threads = 4;
  options.all_stores = false;
  const auto replayer = Replayer::Open(watched, clock, dataset_, identity, manifest, options);
  ASSERT_TRUE(replayer.has_value());
  const auto begin = clock.Monotonic();
  const Status result = (*replayer)->Run({});
  EXPECT_LT(clock.Monotonic() - begin, seconds(60));
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().message, "disk: gone");
}

TEST_F(PacedReplayTest, AStopRequestWakesThoseWhoSleepUntilTheirNextDay) {
  SystemClock clock;
  MemoryLog log(clock);
  FolderRunStore runs(files_, clock, "log");
  RunManifest manifest(runs, clock, "sales");
  const RunIdentity identity = *BeginSmallRun(log, clock, manifest, dataset_);
  ReplayOptions options;
  options.to = Day(11);
  options.speed = *Speed::Parse("1x");
  options.threads = 3;
  const auto replayer = Replayer::Open(log, clock, dataset_, identity, manifest, options);
  ASSERT_TRUE(replayer.has_value());
  std::stop_source stop;
  std::thread stopper([&] { stop.request_stop(); });
  const auto begin = clock.Monotonic();
  EXPECT_TRUE((*replayer)->Run(stop.get_token()));
  stopper.join();
  EXPECT_LT(clock.Monotonic() - begin, seconds(60));
}

TEST_F(PacedReplayTest, APacedDayIsReleasedAtItsEndAndNotBefore) {
  small_.days = 365;
  small_.calendar_days = 365;
  Load();
  MemoryLog log(clock_);
  WatchedLog watched(log);
  options_.speed = *Speed::Parse("7d/s");
  nanoseconds late_max{0};
  watched.on_append = [&](PartitionId, Timestamp timestamp) {
    const int64_t days = DayOf(timestamp).value();
    const nanoseconds due((days * 1'000'000'000 + 3) / 7);
    EXPECT_GE(clock_.Monotonic(), due) << "d_" << days;
    late_max = std::max(late_max, clock_.Monotonic() - due);
    return Ok();
  };
  ASSERT_TRUE(Replay(watched, files_));
  ExpectWhole(log);
  EXPECT_EQ(late_max, nanoseconds(0)) << "no day was late: nothing drifts over a year";
  for (const StoreProgress& store : end_) EXPECT_LE(store.lag_max, seconds(2));
}

TEST_F(PacedReplayTest, AtAPaceSlowerThanTheSyncIntervalEveryDayIsDurableAtOnce) {
  options_.speed = *Speed::Parse("0.5d/s");
  options_.sync = {.bytes = 1 << 30, .interval = seconds(1)};
  std::map<std::string, int64_t> reports;
  options_.on_durable = [&](const std::string& store, Position durable) {
    // The clock stands at the day's end: two seconds of real time a day.
    EXPECT_EQ(durable, Position(3 * (clock_.Monotonic() / seconds(2)))) << store;
    ++reports[store];
  };
  MemoryLog log(clock_);
  ASSERT_TRUE(Replay(log, files_));
  ASSERT_EQ(reports.size(), 4U);
  for (const auto& [store, count] : reports) EXPECT_EQ(count, 10) << store;
  for (const StoreProgress& store : end_) EXPECT_EQ(store.lag_max, nanoseconds(0));
}

TEST_F(PacedReplayTest, AtAPaceFasterThanTheSyncIntervalSyncsAreGrouped) {
  options_.speed = *Speed::Parse("10d/s");
  options_.sync = {.bytes = 1 << 30, .interval = milliseconds(300)};
  std::vector<int64_t> durable_of_first;
  options_.on_durable = [&](const std::string& store, Position durable) {
    if (store == "CA_1") durable_of_first.push_back(durable.value() / 3);
  };
  MemoryLog log(clock_);
  ASSERT_TRUE(Replay(log, files_));
  EXPECT_EQ(durable_of_first, (std::vector<int64_t>{2, 4, 6, 8, 10}));
  for (const StoreProgress& store : end_) {
    EXPECT_EQ(store.lag_max, milliseconds(100)) << "a day waited for the one after it";
    EXPECT_EQ(store.lag, nanoseconds(0));
  }
}

TEST_F(PacedReplayTest, AStoreThatIsBehindItsScheduleSaysByHowMuch) {
  options_.speed = *Speed::Parse("1d/s");
  MemoryLog log(clock_);
  WatchedLog watched(log);
  watched.on_append = [&](PartitionId partition, Timestamp timestamp) {
    // A slow disk: the last store's third day takes five seconds.
    if (partition == PartitionId(3) && DayOf(timestamp) == Day(3)) clock_.Advance(seconds(5));
    return Ok();
  };
  ASSERT_TRUE(Replay(watched, files_));
  ExpectWhole(log);
  for (const StoreProgress& store : end_) {
    EXPECT_EQ(store.lag, nanoseconds(0)) << store.store_id;
    if (store.store_id != "WI_1") continue;
    EXPECT_EQ(store.lag_max, seconds(5));
  }
}

TEST_F(PacedReplayTest, TheLagGrowsWhileNothingBecomesDurable) {
  MemoryLog log(clock_);
  FolderRunStore runs(files_, clock_, "log");
  RunManifest manifest(runs, clock_, "sales");
  const RunIdentity identity = *BeginSmallRun(log, clock_, manifest, dataset_);
  ReplayOptions options;
  options.to = Day(11);
  options.speed = *Speed::Parse("1d/s");
  const auto replayer = Replayer::Open(log, clock_, dataset_, identity, manifest, options);
  ASSERT_TRUE(replayer.has_value());
  EXPECT_EQ((*replayer)->Snapshot()[0].lag, nanoseconds(0));
  clock_.Advance(milliseconds(900));
  EXPECT_EQ((*replayer)->Snapshot()[0].lag, nanoseconds(0)) << "the first day is not over";
  clock_.Advance(milliseconds(600));
  EXPECT_EQ((*replayer)->Snapshot()[0].lag, milliseconds(500));
  EXPECT_EQ((*replayer)->Snapshot()[0].written_lag, milliseconds(500));
  EXPECT_FALSE((*replayer)->is_paused());
  (*replayer)->Pause();
  EXPECT_TRUE((*replayer)->is_paused());
}

TEST_F(PacedReplayTest, WhatIsWrittenAndNotDurableIsBehindInOneOfTheTwoLagsOnly) {
  options_.speed = *Speed::Parse("1d/s");
  options_.sync = {.bytes = 1 << 30, .interval = seconds(100)};
  MemoryLog log(clock_);
  WatchedLog watched(log);
  FolderRunStore runs(files_, clock_, "log");
  RunManifest manifest(runs, clock_, "sales");
  const RunIdentity identity = *BeginSmallRun(watched, clock_, manifest, dataset_);
  options_.to = Day(11);
  const auto replayer = *Replayer::Open(watched, clock_, dataset_, identity, manifest, options_);
  std::chrono::nanoseconds durable_lag_max{0};
  watched.on_append = [&](PartitionId, Timestamp timestamp) {
    for (const StoreProgress& store : replayer->Snapshot()) {
      EXPECT_EQ(store.written_lag, nanoseconds(0)) << "every day is written when it is due";
      durable_lag_max = std::max(durable_lag_max, store.lag);
    }
    EXPECT_LE(DayOf(timestamp), Day(10));
    return Ok();
  };
  ASSERT_TRUE(replayer->Run({}));
  EXPECT_EQ(durable_lag_max, seconds(9)) << "no day is durable before the end";
}

TEST_F(PacedReplayTest, ALogThatIsAheadOfThisCommandsEndHasNoLag) {
  const auto log = OpenLog(files_);
  dataset_ = LoadSmall(small_, {"CA_1"});
  ASSERT_TRUE(Replay(*log, files_));
  Load();
  clock_.Advance(std::chrono::hours(1000));
  options_.to = Day(5);
  options_.speed = *Speed::Parse("100d/s");
  ASSERT_TRUE(Replay(*log, files_));
  for (const StoreProgress& store : end_) {
    EXPECT_LT(store.lag_max, seconds(2)) << store.store_id;
    EXPECT_TRUE(store.done);
  }
}

TEST_F(PacedReplayTest, AResumedPacedRunStartsItsClockAtTheSlowestStore) {
  const auto log = OpenLog(files_);
  options_.to = Day(4);
  ASSERT_TRUE(Replay(*log, files_));
  dataset_ = LoadSmall(small_, {"TX_1"});
  options_.to = Day(7);
  ASSERT_TRUE(Replay(*log, files_));
  Load();
  options_.to = Day(0);
  options_.speed = *Speed::Parse("1d/s");
  clock_.Advance(std::chrono::hours(5));
  const auto begin = clock_.Monotonic();
  WatchedLog watched(*log);
  watched.on_append = [&](PartitionId, Timestamp timestamp) {
    EXPECT_EQ(clock_.Monotonic() - begin, seconds(DayOf(timestamp).value() - 3));
    return Ok();
  };
  ASSERT_TRUE(Replay(watched, files_));
  ExpectWhole(*log);
  for (const StoreProgress& store : end_) EXPECT_EQ(store.lag_max, nanoseconds(0));
  EXPECT_FALSE(joined_.has_value());
  FolderRunStore runs(files_, clock_, "log");
  const RunManifest manifest(runs, clock_, "sales");
  const RunClock stored = **manifest.LoadClock();
  EXPECT_EQ(stored.simulated, TimeOf(4));
  EXPECT_EQ(stored.speed, "1d/s");
}

TEST_F(PacedReplayTest, ACommandOverOneStoreJoinsTheStoredClock) {
  const auto log = OpenLog(files_);
  FolderRunStore runs(files_, clock_, "log");
  RunManifest manifest(runs, clock_, "sales");
  const RunClock stored{clock_.Now().time_since_epoch().count(), TimeOf(1), "2d/s"};
  ASSERT_TRUE(manifest.StoreClock(stored));
  clock_.Advance(seconds(3));  // six days are over
  dataset_ = LoadSmall(small_, {"TX_1"});
  options_.speed = *Speed::Parse("1d/s");
  WatchedLog watched(*log);
  watched.on_append = [&](PartitionId, Timestamp timestamp) {
    const nanoseconds due = milliseconds(500) * DayOf(timestamp).value();
    EXPECT_EQ(clock_.Monotonic(), std::max<nanoseconds>(due, seconds(3)));
    return Ok();
  };
  ASSERT_TRUE(Replay(watched, files_));
  ASSERT_TRUE(joined_.has_value());
  EXPECT_EQ(*joined_, stored);
  EXPECT_EQ(**manifest.LoadClock(), stored) << "joining does not write it";
  EXPECT_GE(end_[0].lag_max, milliseconds(2'500)) << "d_1 was over for that long";
}

TEST_F(PacedReplayTest, ACommandOverOneStoreBeginsAClockWhereThereIsNone) {
  const auto log = OpenLog(files_);
  dataset_ = LoadSmall(small_, {"TX_1"});
  options_.speed = *Speed::Parse("2d/s");
  ASSERT_TRUE(Replay(*log, files_));
  EXPECT_FALSE(joined_.has_value());
  FolderRunStore runs(files_, clock_, "log");
  const RunManifest manifest(runs, clock_, "sales");
  EXPECT_EQ((**manifest.LoadClock()).speed, "2d/s");
}

TEST_F(PacedReplayTest, ADamagedClockIsRefusedByWhoJoinsIt) {
  const auto log = OpenLog(files_);
  ASSERT_TRUE(Replay(*log, files_));
  files_.SetContent("log/sales.clock.json", "{");
  small_.days = 12;
  dataset_ = LoadSmall(small_, {"TX_1"});
  options_.speed = *Speed::Parse("2d/s");
  const Status result = Replay(*log, files_);
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code, ErrorCode::kCorrupt);
  Load();
  EXPECT_TRUE(Replay(*log, files_).has_value()) << "a command over all stores starts a new one";
}

TEST_F(PacedReplayTest, AtAFiniteSpeedStoresDoNotWaitForEachOther) {
  // One store is far behind and is held by its disk; the others keep to the schedule.
  options_.speed = *Speed::Parse("1d/s");
  options_.max_skew_days = 0;
  options_.threads = 1;
  MemoryLog log(clock_);
  ASSERT_TRUE(Replay(log, files_));
  ExpectWhole(log);
  EXPECT_EQ(clock_.Monotonic(), seconds(10));
}

}  // namespace
}  // namespace tillstream
