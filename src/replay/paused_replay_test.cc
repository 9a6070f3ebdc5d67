// Runs that pause, that go on by an older clock, that wait for other processes, that cannot keep
// up.
#include <atomic>
#include <thread>

#include "replay/replayer_fixture.h"

namespace tillstream {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

class PausedReplayTest : public ReplayerTest {
 protected:
  PausedReplayTest() : log_(clock_), watched_(log_), runs_(files_, clock_, "log") {}

  void Open() {
    manifest_.emplace(runs_, clock_, "sales");
    const RunIdentity identity = *BeginSmallRun(watched_, clock_, *manifest_, dataset_);
    options_.to = Day(dataset_.day_count + 1);
    auto replayer = Replayer::Open(watched_, clock_, dataset_, identity, *manifest_, options_);
    ASSERT_TRUE(replayer.has_value()) << replayer.error().message;
    replayer_ = *std::move(replayer);
  }

  int64_t WallMs() { return clock_.Now().time_since_epoch().count(); }

  MemoryLog log_;
  WatchedLog watched_;
  FolderRunStore runs_;
  std::optional<RunManifest> manifest_;
  std::unique_ptr<Replayer> replayer_;
};

TEST_F(PausedReplayTest, APauseMovesTheScheduleOfAllStores) {
  options_.speed = *Speed::Parse("1d/s");
  nanoseconds paused{0};
  watched_.on_append = [&](PartitionId partition, Timestamp timestamp) -> Status {
    if (partition == PartitionId(1) && DayOf(timestamp) == Day(4) && paused.count() == 0) {
      const RunClock clock = PausedAt(*replayer_->run_clock(), WallMs());
      replayer_->Pause();
      paused = hours(3);
      clock_.Advance(paused);
      TILLSTREAM_TRY(replayer_->GoOn(GoneOnAt(clock, WallMs())));
    }
    EXPECT_EQ(clock_.Monotonic(), seconds(DayOf(timestamp).value()) + paused);
    return Ok();
  };
  Open();
  ASSERT_TRUE(replayer_->Run({}));
  ExpectWhole(log_);
  EXPECT_EQ(clock_.Monotonic(), seconds(10) + paused);
  for (const StoreProgress& store : replayer_->Snapshot()) {
    EXPECT_EQ(store.lag_max, nanoseconds(0)) << "a pause is no lag";
  }
}

TEST_F(PausedReplayTest, NothingIsWrittenDuringAPauseAndAStopEndsIt) {
  for (const char* speed : {"1000000d/s", "max"}) {
    options_.speed = *Speed::Parse(speed);
    std::atomic<int> written{0};
    watched_.on_append = [&](PartitionId, Timestamp) {
      ++written;
      return Ok();
    };
    Open();
    replayer_->Pause();
    std::stop_source stop;
    std::thread stopper([&] { stop.request_stop(); });
    ASSERT_TRUE(replayer_->Run(stop.get_token()));
    stopper.join();
    EXPECT_EQ(written, 0) << speed;
    replayer_.reset();
  }
}

TEST_F(PausedReplayTest, WhoWaitsInAPauseGoesOnWhenItEnds) {
  options_.threads = 3;
  Open();
  replayer_->Pause();
  std::thread other([&] { EXPECT_TRUE(replayer_->GoOn(std::nullopt)); });
  ASSERT_TRUE(replayer_->Run({}));
  other.join();
  ExpectWhole(log_);
}

TEST_F(PausedReplayTest, AGeneratorThatJoinsAPausedClockWaitsForItsEnd) {
  options_.speed = *Speed::Parse("1d/s");
  options_.all_stores = false;
  manifest_.emplace(runs_, clock_, "sales");
  const RunClock paused{WallMs(), TimeOf(1), "1d/s", WallMs()};
  ASSERT_TRUE(manifest_->StoreClock(paused));
  clock_.Advance(hours(1));
  Open();
  EXPECT_EQ(replayer_->run_clock(), paused);
  for (const StoreProgress& store : replayer_->Snapshot()) EXPECT_EQ(store.lag, nanoseconds(0));
  std::thread other([&] { EXPECT_TRUE(replayer_->GoOn(GoneOnAt(paused, WallMs()))); });
  ASSERT_TRUE(replayer_->Run({}));
  other.join();
  ExpectWhole(log_);
  EXPECT_EQ(clock_.Monotonic(), hours(1) + seconds(10));
}

TEST_F(PausedReplayTest, CatchUpGoesOnByTheStoredClockAlsoOverAllStores) {
  const auto log = OpenLog(files_);
  options_.speed = *Speed::Parse("1d/s");
  options_.to = Day(4);
  ASSERT_TRUE(Replay(*log, files_));
  const RunClock begun = **RunManifest(runs_, clock_, "sales").LoadClock();
  options_.to = Day(0);
  options_.catch_up = true;
  clock_.Advance(seconds(5));
  ASSERT_TRUE(Replay(*log, files_));
  EXPECT_EQ(joined_, begun);
  EXPECT_EQ(clock_.Monotonic(), seconds(10)) << "as if there had been no stop";
  for (const StoreProgress& store : end_) EXPECT_GE(store.lag_max, seconds(4));
  ExpectWhole(*log);
}

TEST_F(PausedReplayTest, CatchUpEndsAPauseAndWithoutAClockBeginsOne) {
  manifest_.emplace(runs_, clock_, "sales");
  options_.catch_up = true;
  options_.speed = *Speed::Parse("1d/s");
  Open();
  EXPECT_FALSE(replayer_->joined_clock().has_value());
  replayer_.reset();
  clock_.Advance(seconds(2));
  const RunClock begun = **manifest_->LoadClock();
  ASSERT_TRUE(manifest_->StoreClock(PausedAt(begun, WallMs())));
  clock_.Advance(hours(1));
  Open();
  RunClock moved = begun;
  moved.wall_ms += 3'600'000;
  EXPECT_EQ(replayer_->joined_clock(), moved);
  EXPECT_EQ(**manifest_->LoadClock(), moved);
}

TEST_F(PausedReplayTest, AtFullSpeedAProcessWaitsForTheSlowestOfTheOthers) {
  const auto board = *ProgressBoard::Make(3);
  board->at(0).next_day = 3;
  board->at(1).next_day = 1;
  board->at(1).state = BoardSlot::kGivenUp;  // nobody waits for it
  dataset_ = LoadSmall(small_, {"TX_1"});
  options_.all_stores = false;
  options_.max_skew_days = 2;
  options_.seat = BoardSeat{board.get(), 2};
  Day last{0};
  std::atomic<int32_t> reached{0};
  watched_.on_append = [&](PartitionId, Timestamp timestamp) {
    last = DayOf(timestamp);
    EXPECT_LE(last - Day(board->at(0).next_day.load()), 2);
    reached = last.value();
    return Ok();
  };
  Open();
  EXPECT_EQ(board->at(2).next_day, 1);
  std::thread other([&] {
    for (int32_t day = 4; day <= 11; ++day) {
      while (reached < std::min(day + 1, 10)) std::this_thread::yield();
      board->at(0).next_day = day;
    }
    board->at(0).state = BoardSlot::kDone;
  });
  ASSERT_TRUE(replayer_->Run({}));
  other.join();
  EXPECT_EQ(last, Day(10));
  EXPECT_EQ(board->at(2).state, BoardSlot::kDone);
  EXPECT_EQ(board->at(2).position, 30);
  EXPECT_EQ(board->at(2).durable, 30);
  EXPECT_EQ(board->at(2).durable_day, 11);
  EXPECT_GT(board->at(2).bytes_written, 0);
  EXPECT_EQ(board->at(2).reopens, 0);
}

TEST_F(PausedReplayTest, WhatIsWrittenBecomesDurableWhileNothingIsDue) {
  options_.speed = *Speed::Parse("10d/s");
  options_.sync = {.bytes = 1 << 30, .interval = hours(1)};
  options_.sync_when_idle = true;
  Open();
  ASSERT_TRUE(replayer_->Run({}));
  for (const StoreProgress& store : replayer_->Snapshot()) {
    EXPECT_EQ(store.lag_max, nanoseconds(0)) << "durable before the next day is due";
    EXPECT_EQ(store.lag_p99, nanoseconds(0));
  }
}

TEST_F(PausedReplayTest, AStoreThatCannotKeepUpSaysSoOnceWithTheSpeedThatItKeeps) {
  small_.days = 400;
  small_.calendar_days = 400;
  Load();
  // The speed is that of the clock that it joins.
  options_.all_stores = false;
  options_.speed = *Speed::Parse("7d/s");
  ASSERT_TRUE(
      RunManifest(runs_, clock_, "sales").StoreClock({WallMs(), TimeOf(1), "10d/s", std::nullopt}));
  std::vector<std::string> told;
  options_.on_slow = [&](const std::string& store, const std::string& speed,
                         const std::string& kept) {
    told.push_back(fmt::format("{} {} {}", store, speed, kept));
  };
  watched_.on_append = [&](PartitionId partition, Timestamp) {
    if (partition == PartitionId(2)) clock_.Advance(milliseconds(200));
    return Ok();
  };
  dataset_ = LoadSmall(small_, {"TX_1"});
  Open();
  ASSERT_TRUE(replayer_->Run({}));
  EXPECT_EQ(told, std::vector<std::string>{"TX_1 10d/s 5.00d/s"});
  EXPECT_EQ(Speed::Parse("3600x")->TextOf(0.5), "43200x");
}

}  // namespace
}  // namespace tillstream
