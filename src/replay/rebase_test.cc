#include "replay/rebase.h"

#include <gtest/gtest.h>

#include "replay/replay_fixture.h"

namespace tillstream {
namespace {

Date DateFrom(const std::string& text) { return ParseDate(text).value(); }

TEST(RebaseTest, TheShiftIsTheLatestThatEndsBeforeTheDate) {
  const Date last = DateFrom("2016-05-22");  // A Sunday.
  for (const auto& [to, weeks] :
       {std::pair{"2026-11-22", 547}, std::pair{"2026-11-23", 548}, std::pair{"2026-11-29", 548},
        std::pair{"2026-11-30", 549}, std::pair{"2016-05-23", 0}, std::pair{"2016-05-22", -1},
        std::pair{"2016-05-16", -1}, std::pair{"2016-05-15", -2}, std::pair{"1980-01-01", -1899}}) {
    const Rebase rebase = RebaseTo(DateFrom(to), last);
    EXPECT_EQ(rebase.weeks, weeks) << to;
    const Date moved = last + WeeksOf(rebase);
    EXPECT_LT(moved, rebase.to);
    EXPECT_GE(moved + std::chrono::weeks(1), rebase.to);
    EXPECT_EQ(std::chrono::weekday(moved), std::chrono::Sunday);
  }
}

TEST(RebaseTest, SaysDateAndShift) {
  EXPECT_EQ((Rebase{.weeks = 548, .to = DateFrom("2026-11-27")}).ToString(),
            "2026-11-27 (548 weeks later)");
  EXPECT_EQ((Rebase{.weeks = -1, .to = DateFrom("2016-05-20")}).ToString(),
            "2016-05-20 (1 week earlier)");
}

TEST(RebaseTest, AFaultIsOneLine) {
  for (const auto& [text, message] :
       {std::pair{"2d", "--rebase-to: \"2d\" is not a date; write today or 2026-11-27"},
        std::pair{"2026-02-30",
                  "--rebase-to: \"2026-02-30\" is not a date; write today or 2026-11-27"},
        std::pair{"Today", "--rebase-to: \"Today\" is not a date; write today or 2026-11-27"},
        std::pair{"1970-01-01", "--rebase-to: 1970-01-01 is outside 1970-01-02 to 2199-12-31"},
        std::pair{"2200-01-01", "--rebase-to: 2200-01-01 is outside 1970-01-02 to 2199-12-31"}}) {
    const Status checked = CheckRebase(text);
    ASSERT_FALSE(checked) << text;
    EXPECT_EQ(checked.error().code, ErrorCode::kUsage);
    EXPECT_EQ(checked.error().message, message);
  }
  for (const char* text : {"", "today", "1970-01-02", "2199-12-31"}) {
    EXPECT_TRUE(CheckRebase(text)) << text;
  }
}

TEST(RebaseTest, TodayAndTheFirstDateAreTheStoredShift) {
  const Date last = DateFrom("2016-04-24");
  const auto first = ResolveRebase("today", last, DateFrom("2026-11-27"), {});
  ASSERT_TRUE(first);
  // A year later, and with four weeks more of data.
  const Date later = DateFrom("2027-11-27");
  const Date last_now = last + std::chrono::days(28);
  EXPECT_EQ(ResolveRebase("today", last_now, later, first), first);
  EXPECT_EQ(ResolveRebase("2026-11-27", last_now, later, first), first);
  EXPECT_EQ(ResolveRebase("2026-11-28", last_now, later, first)->weeks, first->weeks - 4);
  EXPECT_EQ(ResolveRebase("", last_now, later, first), std::nullopt);
}

TEST(RebaseTest, AMovedCalendarKeepsWeekdaysAndWeeks) {
  const Dataset dataset = LoadSmall(SmallDataset());
  const Calendar& calendar = *dataset.calendar;
  const Calendar moved = calendar.Moved(std::chrono::weeks(-3));
  ASSERT_EQ(moved.day_count(), calendar.day_count());
  for (Day day(1); day.value() <= calendar.day_count(); ++day) {
    EXPECT_EQ(calendar.at(day).date - moved.at(day).date, std::chrono::days(21));
    EXPECT_EQ(std::chrono::weekday(calendar.at(day).date),
              std::chrono::weekday(moved.at(day).date));
    EXPECT_EQ(calendar.at(day).week, moved.at(day).week);
  }
}

}  // namespace
}  // namespace tillstream
