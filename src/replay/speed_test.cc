#include "replay/speed.h"

#include <gtest/gtest.h>

namespace tillstream {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr milliseconds kDay = hours(24);

TEST(SpeedTest, WhatIsASpeedIsTaken) {
  struct Case {
    const char* text;
    nanoseconds real_time_of_a_day;
  };
  for (const Case& c : {Case{"1d/s", seconds(1)}, Case{"2d/s", milliseconds(500)},
                        Case{"0.5d/s", seconds(2)}, Case{"86400x", seconds(1)},
                        Case{"3600x", seconds(24)}, Case{"1x", hours(24)}, Case{"0.5x", hours(48)},
                        Case{".25d/s", seconds(4)}, Case{"1000000000000x", nanoseconds(86)}}) {
    const Result<Speed> speed = Speed::Parse(c.text);
    ASSERT_TRUE(speed.has_value()) << c.text;
    EXPECT_FALSE(speed->is_max()) << c.text;
    EXPECT_EQ(speed->text(), c.text);
    EXPECT_EQ(speed->RealTime(kDay), c.real_time_of_a_day) << c.text;
  }
  EXPECT_TRUE(Speed::Parse("max")->is_max());
  EXPECT_EQ(Speed::Parse("max")->text(), "max");
}

TEST(SpeedTest, WhatIsNoSpeedIsRefusedInWordsThatHelp) {
  for (const char* text : {"",     "2d",    "2",     "2d/h",           "d/s",        "x",
                           "-1x",  "-2d/s", "0x",    "0d/s",           "1e3x",       "1 x",
                           " 1x",  "1x ",   "nanx",  "infx",           "1,5x",       "MAX",
                           "maxx", "1xx",   "2d/sx", "1000000000001x", "0.0000001x", "+1x",
                           "0x10x"}) {
    const Result<Speed> speed = Speed::Parse(text);
    ASSERT_FALSE(speed.has_value()) << text;
    EXPECT_EQ(speed.error().code, ErrorCode::kUsage);
    EXPECT_EQ(speed.error().message,
              fmt::format("--speed: \"{}\" is not a speed; write 2d/s, 3600x or max", text));
  }
}

TEST(SpeedTest, RealTimeIsExactOverACentury) {
  // Sums of days have no more error than one day: what is rounded is the whole, not each step.
  const Speed speed = *Speed::Parse("7d/s");
  const int64_t days = 36'525;
  const int64_t expected = (days * 1'000'000'000 + 3) / 7;
  EXPECT_EQ(speed.RealTime(kDay * days).count(), expected);
  EXPECT_EQ(Speed::Parse("1x")->RealTime(kDay * 365 * 49), nanoseconds(kDay * 365 * 49));
}

TEST(SpeedTest, RealTimeBeyondTheScheduleIsCutAndDoesNotOverflow) {
  const Speed speed = *Speed::Parse("0.000001x");
  EXPECT_EQ(speed.RealTime(kDay * 365'000), nanoseconds(kScheduleSpan));
  EXPECT_EQ(speed.RealTime(-kDay * 365'000), -nanoseconds(kScheduleSpan));
}

Timestamp DayStart(int64_t day) { return Timestamp(day * kDay.count()); }

TEST(ScheduleTest, WithoutASpeedNothingIsPaced) {
  EXPECT_FALSE(Schedule().paced());
  EXPECT_FALSE(Schedule({}, Speed::Max(), nanoseconds(0), 0).paced());
}

TEST(ScheduleTest, TheClocksInstantIsDueWhenItWasSet) {
  const RunClock clock{.wall_ms = 1'000'000, .simulated = DayStart(10), .speed = "2d/s"};
  const Schedule schedule(clock, *Speed::Parse("2d/s"), seconds(77), 1'000'000);
  EXPECT_TRUE(schedule.paced());
  EXPECT_EQ(schedule.Due(DayStart(10)), seconds(77));
  EXPECT_EQ(schedule.Due(DayStart(11)), seconds(77) + milliseconds(500));
  EXPECT_EQ(schedule.Due(DayStart(9)), seconds(77) - milliseconds(500));
}

TEST(ScheduleTest, AClockThatStartedEarlierOnTheWallIsAheadByAsMuch) {
  const RunClock clock{.wall_ms = 1'000'000, .simulated = DayStart(10), .speed = "2d/s"};
  const Schedule schedule(clock, *Speed::Parse("2d/s"), seconds(5'000), 1'000'000 + 60'000);
  EXPECT_EQ(schedule.Due(DayStart(10)), seconds(5'000 - 60));
  EXPECT_EQ(schedule.Due(DayStart(10 + 120)), seconds(5'000));
}

TEST(ScheduleTest, DecadesOfDaysDoNotDrift) {
  const RunClock clock{.wall_ms = 0, .simulated = DayStart(0), .speed = "3d/s"};
  const Schedule schedule(clock, *Speed::Parse("3d/s"), nanoseconds(0), 0);
  for (int64_t day = 0; day <= 50 * 365; ++day) {
    const int64_t exact_thirds = day * 1'000'000'000;
    const int64_t due = schedule.Due(DayStart(day)).count();
    ASSERT_LE(std::abs(3 * due - exact_thirds), 2) << "day " << day;
  }
}

TEST(ScheduleTest, AStoredClockOfAnyTimeDoesNotOverflow) {
  for (const int64_t wall_ms : {int64_t{-300'000'000'000'000}, int64_t{300'000'000'000'000}}) {
    const RunClock clock{.wall_ms = wall_ms, .simulated = Timestamp(-wall_ms), .speed = "1x"};
    const Schedule schedule(clock, *Speed::Parse("1x"), hours(1), 1'700'000'000'000);
    EXPECT_LE(std::chrono::abs(schedule.Due(DayStart(1))), 3 * nanoseconds(kScheduleSpan));
  }
}

}  // namespace
}  // namespace tillstream
