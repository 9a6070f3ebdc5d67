#include "forecast/holiday_table.h"

#include <gtest/gtest.h>

namespace tillstream {
namespace {

std::string FaultOf(std::string_view text) {
  const Result<HolidayTable> table = ParseHolidayTable(text);
  return table ? "" : table.error().message;
}

TEST(HolidayTableTest, TheBuiltInTableIsThatOfM5) {
  const Result<HolidayTable> table = ParseHolidayTable(kHolidaysJson);
  ASSERT_TRUE(table) << table.error().message;
  EXPECT_EQ(table->minor_events.size(), 11U);
  ASSERT_EQ(table->closed_dates.size(), 1U);
  EXPECT_EQ(table->closed_dates[0], std::chrono::December / 25);
  ASSERT_EQ(table->event_windows.size(), 1U);
  EXPECT_EQ(table->event_windows[0].event, "Thanksgiving");
  EXPECT_EQ(table->event_windows[0].from, -3);
  EXPECT_EQ(table->event_windows[0].to, 5);
}

TEST(HolidayTableTest, EveryMemberMayBeLeftOut) {
  ASSERT_TRUE(ParseHolidayTable("{}"));
  EXPECT_TRUE(ParseHolidayTable("{}")->closed_dates.empty());
}

TEST(HolidayTableTest, SaysWhatIsWrong) {
  EXPECT_EQ(FaultOf("[]"), "table: needed an object, found []");
  EXPECT_EQ(FaultOf(R"({"closed_dates":["25-12"]})"),
            R"(closed_dates: needed a date as "12-25", found "25-12")");
  EXPECT_EQ(FaultOf(R"({"closed_dates":["02-30"]})"),
            R"(closed_dates: needed a date as "12-25", found "02-30")");
  EXPECT_EQ(FaultOf(R"({"minor_events":"x"})"),
            R"(minor_events: needed a list of names, found "x")");
  EXPECT_EQ(FaultOf(R"({"event_windows":[{"event":"x","from":0,"to":61}]})"),
            R"(event_windows: needed {"event", "from", "to"} with days from -60 to 60, found )"
            R"({"event":"x","from":0,"to":61})");
  EXPECT_EQ(FaultOf(R"({"holidays":[]})"), R"("holidays": no member of a table of holidays)");
}

}  // namespace
}  // namespace tillstream
