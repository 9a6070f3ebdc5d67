#include <gtest/gtest.h>

#include "app/run_replay.h"

namespace tillstream {
namespace {

Calendar TenDays() {
  std::vector<CalendarDay> days;
  for (int i = 0; i < 10; ++i) {
    days.push_back({*ParseDate("2011-01-29") + std::chrono::days(i), 11101});
  }
  return Calendar(days);
}

TEST(CheckDayTest, NumbersDatesAndNothingAreDays) {
  for (const char* text : {"", "d_1", "d_1969", "2011-01-29", "1999-12-31"}) {
    EXPECT_TRUE(CheckDay("--from", text).has_value()) << text;
  }
}

TEST(CheckDayTest, AnythingElseIsRefused) {
  for (const char* text : {"1", "d_", "d_0", "d_-1", "d_1x", "d_99999999999", "D_1", "2011-02-30",
                           "2011-2-3", "yesterday"}) {
    const Status checked = CheckDay("--from", text);
    ASSERT_FALSE(checked.has_value()) << text;
    EXPECT_EQ(checked.error().code, ErrorCode::kUsage);
    EXPECT_EQ(checked.error().message,
              fmt::format("--from: \"{}\" is not a day; write d_17 or 2011-02-14", text));
  }
}

TEST(ResolveDayTest, NumbersAndDatesNameTheSameDays) {
  const Calendar calendar = TenDays();
  EXPECT_EQ(*ResolveDay("--to", "", calendar, Day(10), Day(4)), Day(4));
  EXPECT_EQ(*ResolveDay("--to", "d_1", calendar, Day(10), Day(4)), Day(1));
  EXPECT_EQ(*ResolveDay("--to", "d_10", calendar, Day(10), Day(4)), Day(10));
  EXPECT_EQ(*ResolveDay("--to", "2011-01-29", calendar, Day(10), Day(4)), Day(1));
  EXPECT_EQ(*ResolveDay("--to", "2011-02-07", calendar, Day(10), Day(4)), Day(10));
}

TEST(ResolveDayTest, ADayOutsideIsRefusedWithWhatIsInside) {
  const Calendar calendar = TenDays();
  for (const char* text :
       {"d_11", "d_2147483647", "2011-01-28", "2011-02-08", "1700-01-01", "9999-12-31"}) {
    const Result<Day> day = ResolveDay("--to", text, calendar, Day(10), Day(4));
    ASSERT_FALSE(day.has_value()) << text;
    EXPECT_EQ(day.error().code, ErrorCode::kUsage);
    EXPECT_EQ(day.error().message,
              fmt::format("--to: \"{}\" is outside d_1 to d_10 (2011-01-29 to 2011-02-07)", text));
  }
}

}  // namespace
}  // namespace tillstream
