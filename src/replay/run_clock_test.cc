#include "replay/run_clock.h"

#include <gtest/gtest.h>

#include "base/check.h"
#include "log/folder_run_store.h"
#include "replay/keep_up_watch.h"
#include "replay/lag_histogram.h"
#include "replay/progress_board.h"
#include "replay/replay_fixture.h"
#include "testing/faulty_file_system.h"
#include "testing/sim_clock.h"

namespace tillstream {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr int32_t kDays = 400;

class DayScheduleTest : public testing::Test {
 protected:
  DayScheduleTest() : clock_(WallTime(hours(500'000))) {
    SmallDataset small;
    small.days = kDays;
    calendar_ = LoadSmall(small).calendar;
    schedule_ = DaySchedule(calendar_, Day(kDays + 1));
  }

  int64_t WallMs() { return clock_.Now().time_since_epoch().count(); }
  RunClock ClockAt(Day day, const std::string& speed) {
    return {WallMs(), StartOf(calendar_->at(day).date), speed};
  }
  void Follow(const RunClock& clock) { ASSERT_TRUE(schedule_.Follow(clock, clock_)); }

  SimClock clock_;
  std::shared_ptr<const Calendar> calendar_;
  DaySchedule schedule_;
};

TEST_F(DayScheduleTest, WithoutAClockEverythingIsDueAndNothingLate) {
  EXPECT_FALSE(schedule_.paced());
  EXPECT_EQ(schedule_.DueOf(Day(7)), nanoseconds(0));
  EXPECT_EQ(schedule_.LagOf(Day(7), hours(1)), nanoseconds(0));
}

TEST_F(DayScheduleTest, NothingDriftsOverASimulatedWeekAt3600x) {
  Follow(ClockAt(Day(1), "3600x"));
  const auto begin = clock_.Monotonic();
  // A process that joins later, at whatever moment, has the same schedule to the clock's
  // millisecond, and each day is due at its very end.
  const RunClock stored = ClockAt(Day(1), "3600x");
  for (int32_t day = 1; day <= 7; ++day) {
    EXPECT_EQ(schedule_.DueOf(Day(day)) - begin, seconds(24) * day) << day;
    clock_.Advance(milliseconds(24'000));
    Follow(stored);
  }
}

TEST_F(DayScheduleTest, APauseMovesEveryDayByItsLength) {
  RunClock clock = ClockAt(Day(1), "1d/s");
  Follow(clock);
  const auto begin = clock_.Monotonic();
  clock_.Advance(milliseconds(2'500));
  clock = PausedAt(clock, WallMs());
  schedule_.Pause(clock_.Monotonic());
  EXPECT_EQ(schedule_.LagOf(Day(1), clock_.Monotonic()), milliseconds(1'500));
  clock_.Advance(hours(3));
  EXPECT_EQ(schedule_.LagOf(Day(1), clock_.Monotonic()), milliseconds(1'500))
      << "time stands still";
  EXPECT_EQ(PausedAt(clock, WallMs()), clock) << "paused once";
  clock = GoneOnAt(clock, WallMs());
  Follow(clock);
  EXPECT_FALSE(schedule_.paused());
  EXPECT_EQ(schedule_.DueOf(Day(3)) - begin, hours(3) + seconds(3));
  EXPECT_EQ(schedule_.LagOf(Day(1), clock_.Monotonic()), milliseconds(1'500));
  EXPECT_EQ(GoneOnAt(clock, WallMs() + 5'000), clock) << "one that goes goes on";
}

TEST_F(DayScheduleTest, WhoJoinsDuringAPauseStandsWhereTheOthersDo) {
  RunClock clock = ClockAt(Day(1), "1d/s");
  clock_.Advance(milliseconds(2'500));
  clock = PausedAt(clock, WallMs());
  clock_.Advance(hours(3));
  Follow(clock);
  EXPECT_TRUE(schedule_.paused());
  EXPECT_EQ(schedule_.LagOf(Day(1), clock_.Monotonic()), milliseconds(1'500));
}

/// Runs `after_load` behind the first load, before what was loaded is known to the caller.
class RacingRunStore final : public RunStore {
 public:
  explicit RacingRunStore(RunStore& store) : store_(store) {}
  std::function<void()> after_load;

  Result<std::optional<std::string>> Load(const std::string& topic, RunDocument document) override {
    auto loaded = store_.Load(topic, document);
    if (const auto race = std::exchange(after_load, nullptr)) race();
    return loaded;
  }
  Status Store(const std::string& topic, RunDocument document, const std::string& text) override {
    return store_.Store(topic, document, text);
  }
  Status Update(const std::string& topic, RunDocument document, const std::string& holder,
                const Merge& merge) override {
    return store_.Update(topic, document, holder, merge);
  }
  std::string NameOf(const std::string& topic, RunDocument document) const override {
    return store_.NameOf(topic, document);
  }

 private:
  RunStore& store_;
};

class StartRunClockTest : public testing::Test {
 protected:
  StartRunClockTest() : clock_(WallTime(hours(500'000))), runs_(files_, clock_, "log") {
    TILLSTREAM_CHECK(files_.MakeDirectory("log").has_value());
  }

  StartedClock Start(RunStore& runs, ClockStart start, const std::string& speed,
                     bool stands_still = false) {
    RunManifest manifest(runs, clock_, "sales");
    auto started = StartRunClock(manifest, clock_,
                                 {.start = start,
                                  .simulated = Timestamp(5),
                                  .speed = *Speed::Parse(speed),
                                  .holder = "me",
                                  .stands_still = stands_still});
    TILLSTREAM_CHECK_MSG(started.has_value(), started ? "" : started.error().message);
    return *started;
  }

  FaultyFileSystem files_;
  SimClock clock_;
  FolderRunStore runs_;
};

TEST_F(StartRunClockTest, OfTwoThatBeginOneAtOnceBothHaveThatOfTheFirst) {
  for (const ClockStart start : {ClockStart::kJoin, ClockStart::kCatchUp}) {
    RacingRunStore racing(runs_);
    std::optional<StartedClock> first;
    racing.after_load = [&] {
      first = Start(runs_, ClockStart::kJoin, "2d/s");
      clock_.Advance(milliseconds(3));
    };
    const StartedClock second = Start(racing, start, "7d/s");
    EXPECT_FALSE(first->is_stored_one);
    EXPECT_TRUE(second.is_stored_one);
    EXPECT_EQ(second.clock, first->clock);
    EXPECT_EQ(**RunManifest(runs_, clock_, "sales").LoadClock(), first->clock);
    ASSERT_TRUE(files_.Remove("log/sales.clock.json"));
  }
}

TEST_F(StartRunClockTest, ANewOneReplacesTheStoredAndMayStandStill) {
  ASSERT_FALSE(Start(runs_, ClockStart::kJoin, "2d/s").is_stored_one);
  const StartedClock joined = Start(runs_, ClockStart::kJoin, "7d/s", true);
  EXPECT_TRUE(joined.is_stored_one);
  EXPECT_EQ(joined.clock.speed, "2d/s");
  EXPECT_FALSE(joined.clock.paused_ms.has_value()) << "only a new one";
  const StartedClock begun = Start(runs_, ClockStart::kNew, "7d/s", true);
  EXPECT_FALSE(begun.is_stored_one);
  EXPECT_EQ(begun.clock.speed, "7d/s");
  EXPECT_EQ(begun.clock.paused_ms, begun.clock.wall_ms);
  EXPECT_EQ(**RunManifest(runs_, clock_, "sales").LoadClock(), begun.clock);
}

TEST(LagHistogramTest, PercentilesAreAtMostAnEighthTooHighAndNeverTooLow) {
  LagHistogram lags;
  EXPECT_EQ(lags.Percentile(0.99), nanoseconds(0));
  for (int i = 1; i <= 1'000; ++i) lags.Add(microseconds(i * 97));
  for (const double share : {0.01, 0.5, 0.9, 0.99, 0.999}) {
    const nanoseconds exact = microseconds(static_cast<int64_t>(share * 1'000) * 97);
    EXPECT_GE(lags.Percentile(share), exact) << share;
    EXPECT_LE(lags.Percentile(share), exact + exact / 8) << share;
  }
  EXPECT_EQ(lags.Percentile(1), microseconds(97'000));
  EXPECT_EQ(lags.max(), microseconds(97'000));
  EXPECT_EQ(lags.count(), 1'000);
}

TEST(LagHistogramTest, AnyLagFindsABucket) {
  for (int64_t ns = 1; ns > 0 && ns < INT64_MAX / 3; ns = ns * 2 + 1) {
    LagHistogram lags;
    lags.Add(nanoseconds(ns));
    EXPECT_EQ(lags.Percentile(0.5), nanoseconds(ns)) << "the only one is the largest";
    lags.Add(nanoseconds(INT64_MAX));
    if (ns < nanoseconds(hours(24 * 40)).count()) {
      EXPECT_GE(lags.Percentile(0.5), nanoseconds(ns));
      EXPECT_LE(lags.Percentile(0.5), nanoseconds(ns + ns / 8 + 1'000));
    }
  }
  LagHistogram lags;
  lags.Add(nanoseconds(-5));
  EXPECT_EQ(lags.Percentile(0.5), nanoseconds(0));
}

TEST(ProgressBoardTest, TheSlowestIsAmongThoseWhoLive) {
  const auto board = ProgressBoard::Make(3);
  ASSERT_TRUE(board.has_value());
  for (size_t i = 0; i < 3; ++i) (*board)->at(i).next_day = 10 + static_cast<int32_t>(i);
  EXPECT_EQ((*board)->SlowestLive(Day(99)), Day(10));
  (*board)->at(0).state = BoardSlot::kDone;
  EXPECT_EQ((*board)->SlowestLive(Day(99)), Day(11));
  (*board)->at(1).state = BoardSlot::kGivenUp;
  EXPECT_EQ((*board)->SlowestLive(Day(99)), Day(12));
  (*board)->at(2).state = BoardSlot::kDone;
  EXPECT_EQ((*board)->SlowestLive(Day(99)), Day(99));
}

class KeepUpWatchTest : public testing::Test {
 protected:
  /// Writes days for so long, each taking `day_takes`, due every `day_due`.
  std::optional<double> Write(nanoseconds length, nanoseconds day_takes, nanoseconds day_due) {
    std::optional<double> told;
    for (const nanoseconds end = now_ + length; now_ < end;) {
      now_ = std::max(now_, due_) + day_takes;
      due_ += day_due;
      const auto kept = watch_.Wrote(now_, ++day_, now_ - due_);
      EXPECT_FALSE(kept && told) << "told once";
      if (kept) told = kept;
    }
    return told;
  }

  KeepUpWatch watch_;
  nanoseconds now_{0};
  nanoseconds due_{0};
  Day day_{1};
};

TEST_F(KeepUpWatchTest, WhoWritesTooFewDaysASecondSaysSoOnceWithTheRate) {
  const auto kept = Write(seconds(60), milliseconds(2), milliseconds(1));
  ASSERT_TRUE(kept.has_value());
  EXPECT_NEAR(*kept, 500, 1);
}

TEST_F(KeepUpWatchTest, WhoKeepsUpSaysNothing) {
  EXPECT_FALSE(Write(seconds(60), milliseconds(1), milliseconds(2)));
  EXPECT_FALSE(Write(seconds(60), nanoseconds(1'999'999), milliseconds(2)));
}

TEST_F(KeepUpWatchTest, WhoCatchesUpSaysNothing) {
  due_ = -seconds(3'600);
  EXPECT_FALSE(Write(seconds(600), milliseconds(1), milliseconds(2)));
}

TEST_F(KeepUpWatchTest, AStallIsNotTooSlow) {
  for (int i = 0; i < 20; ++i) {
    EXPECT_FALSE(Write(milliseconds(1'900), milliseconds(1), milliseconds(2)));
    EXPECT_FALSE(Write(milliseconds(1), seconds(20), milliseconds(2)));
    EXPECT_FALSE(Write(seconds(60), milliseconds(1), milliseconds(2)));
  }
}

}  // namespace
}  // namespace tillstream
