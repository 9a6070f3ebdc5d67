#include "replay/clock_keeper.h"

#include <gtest/gtest.h>

#include "base/check.h"
#include "log/folder_run_store.h"
#include "testing/faulty_file_system.h"
#include "testing/sim_clock.h"

namespace tillstream {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

class ClockKeeperTest : public testing::Test {
 protected:
  ClockKeeperTest() : clock_(WallTime(hours(500'000))), runs_(files_, clock_, "log") {
    TILLSTREAM_CHECK(files_.MakeDirectory("log").has_value());
  }

  int64_t WallMs() { return clock_.Now().time_since_epoch().count(); }

  /// A clock that a command begins now, stored.
  RunClock Begin(const std::string& speed = "2d/s") {
    const RunClock begun{WallMs(), Timestamp(0), speed, std::nullopt};
    TILLSTREAM_CHECK(manifest_.StoreClock(begun).has_value());
    return begun;
  }
  ClockKeeper Keeper(const std::optional<RunClock>& clock, bool owns) {
    return ClockKeeper(manifest_, clock_, clock, {.owns_clock = owns, .holder = "me"});
  }
  std::optional<RunClock> Stored() { return *manifest_.LoadClock(); }

  static RunClock Moved(RunClock clock, int64_t ms) {
    clock.wall_ms += ms;
    clock.paused_ms.reset();
    return clock;
  }

  FaultyFileSystem files_;
  SimClock clock_;
  FolderRunStore runs_;
  RunManifest manifest_{runs_, clock_, "sales"};
};

TEST_F(ClockKeeperTest, TheOwnerStoresItsPauseAndThenTheClockMovedByIt) {
  const RunClock begun = Begin();
  ClockKeeper keeper = Keeper(begun, true);
  clock_.Advance(seconds(5));
  const int64_t paused_ms = WallMs();
  keeper.Pause(paused_ms);
  clock_.Advance(seconds(1));
  keeper.Pause(WallMs());
  ASSERT_TRUE(keeper.Store());
  EXPECT_EQ(Stored(), PausedAt(begun, paused_ms)) << "since the first of two";
  clock_.Advance(seconds(2));
  EXPECT_EQ(*keeper.GoOn(false), Moved(begun, 3'000));
  EXPECT_EQ(Stored(), Moved(begun, 3'000));
  EXPECT_FALSE(keeper.is_pausing());
  clock_.Advance(seconds(2));
  EXPECT_EQ(*keeper.GoOn(false), Moved(begun, 3'000)) << "one that goes goes on";
}

TEST_F(ClockKeeperTest, APauseThatCouldNotBeStoredMovesTheClockAllTheSame) {
  const RunClock begun = Begin();
  ClockKeeper keeper = Keeper(begun, true);
  keeper.Pause(WallMs());
  files_.FailNth({FileOperation::kRename}, 0);
  ASSERT_FALSE(keeper.Store());
  clock_.Advance(seconds(4));
  files_.FailNth({FileOperation::kRename}, 0);
  ASSERT_FALSE(keeper.GoOn(false));
  EXPECT_TRUE(keeper.is_pausing()) << "to be tried again";
  clock_.Advance(seconds(4));
  EXPECT_EQ(*keeper.GoOn(false), Moved(begun, 8'000));
  EXPECT_EQ(Stored(), Moved(begun, 8'000));
}

TEST_F(ClockKeeperTest, WhatBeginsPausedGoesOn) {
  const RunClock begun = PausedAt(Begin(), WallMs());
  ASSERT_TRUE(manifest_.StoreClock(begun));
  ClockKeeper keeper = Keeper(begun, true);
  EXPECT_TRUE(keeper.is_pausing());
  clock_.Advance(seconds(7));
  EXPECT_EQ(*keeper.GoOn(false), Moved(begun, 7'000));
}

TEST_F(ClockKeeperTest, OthersWaitForThePauseToEndOrTakeItOver) {
  const RunClock begun = Begin();
  const RunClock paused = PausedAt(begun, WallMs());
  ASSERT_TRUE(manifest_.StoreClock(paused));
  ClockKeeper keeper = Keeper(paused, false);
  EXPECT_FALSE(keeper.is_pausing());
  clock_.Advance(seconds(9));
  EXPECT_EQ(*keeper.GoOn(false), paused);
  EXPECT_EQ(Stored(), paused) << "not this one's to move";
  EXPECT_EQ(*keeper.GoOn(true), Moved(begun, 9'000));
  EXPECT_EQ(Stored(), Moved(begun, 9'000));
  clock_.Advance(seconds(1));
  EXPECT_EQ(*Keeper(paused, false).GoOn(true), Moved(begun, 9'000)) << "taken over once";
}

TEST_F(ClockKeeperTest, TheOwnerFollowsWhatOthersHaveMadeOfItsClock) {
  const RunClock begun = Begin();
  ClockKeeper keeper = Keeper(begun, true);
  keeper.Pause(WallMs());
  ASSERT_TRUE(keeper.Store());
  clock_.Advance(seconds(2));
  ASSERT_TRUE(Keeper(begun, false).GoOn(true));
  clock_.Advance(seconds(2));
  ASSERT_TRUE(keeper.Store());
  EXPECT_EQ(*keeper.GoOn(false), Moved(begun, 2'000)) << "the pause has been taken over";
  keeper.Pause(WallMs());
  const RunClock other = Begin("7d/s");
  ASSERT_TRUE(keeper.Store());
  EXPECT_EQ(Stored(), other);
  EXPECT_EQ(*keeper.GoOn(false), other);
}

TEST_F(ClockKeeperTest, WithoutAClockNothingIsStored) {
  ClockKeeper keeper = Keeper(std::nullopt, true);
  keeper.Pause(WallMs());
  ASSERT_TRUE(keeper.Store());
  EXPECT_EQ(*keeper.GoOn(true), std::nullopt);
  EXPECT_EQ(Stored(), std::nullopt);
}

}  // namespace
}  // namespace tillstream
