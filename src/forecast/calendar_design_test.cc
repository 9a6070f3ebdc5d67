#include "forecast/calendar_design.h"

#include <gtest/gtest.h>

#include <map>

#include "forecast/forecast_fixture.h"

namespace tillstream {
namespace {

class CalendarDesignTest : public testing::Test {
 protected:
  CalendarDesignTest() {
    panel_.stores = 2;  // One in CA, one in TX.
    panel_.calendar_days = 400;
    panel_.Make();
    panel_.known.days.assign(400, {});
  }
  /// Entries of a day with only `kind` in the design: column behind the two levels -> value.
  std::map<int32_t, double> EntriesOf(Regressor kind, int32_t day, int32_t state = -1) {
    DesignVariances variances{};
    variances[static_cast<size_t>(kind)] = {1, 0};
    const CalendarDesign design(panel_.known, *panel_.hierarchy, variances);
    std::vector<CalendarDesign::Entry> entries;
    design.Append(Day(day), state, &entries);
    std::map<int32_t, double> found;
    for (const auto& [column, value] : entries) {
      EXPECT_LT(column, design.ColumnCount(state));
      EXPECT_EQ(design.OfColumn(column).prior, 1);
      found[column - 2] = value;
    }
    return found;
  }
  int32_t DayOf(const char* date) const {
    return static_cast<int32_t>((*ParseDate(date) - panel_.known.first_date).count()) + 1;
  }
  using Columns = std::map<int32_t, double>;

  SmallPanel panel_;
};

TEST_F(CalendarDesignTest, WeekdaysAndDaysOfTheMonth) {
  EXPECT_EQ(EntriesOf(Regressor::kWeekday, 1), (Columns{{6, 1}}));  // Saturday, 2011-01-29.
  EXPECT_EQ(EntriesOf(Regressor::kWeekday, 2), (Columns{{0, 1}}));
  EXPECT_EQ(EntriesOf(Regressor::kDayOfMonth, 1), (Columns{{28, 1}}));
}

TEST_F(CalendarDesignTest, EventsOnTheirDayAndBefore) {
  panel_.known.days[9].events[0] = {"Easter", "Cultural"};      // d_10
  panel_.known.days[9].events[1] = {"Purim End", "Religious"};  // Minor.
  panel_.known.days[19].events[1] = {"LaborDay", "National"};
  EXPECT_EQ(EntriesOf(Regressor::kEventToday, 10), (Columns{{0, 1}}));
  EXPECT_EQ(EntriesOf(Regressor::kEventTomorrow, 9), (Columns{{0, 1}}));
  EXPECT_EQ(EntriesOf(Regressor::kEventAfter, 18), (Columns{{1, 1}}));
  EXPECT_EQ(EntriesOf(Regressor::kEventToday, 9), Columns());
}

TEST_F(CalendarDesignTest, SnapOfTheNodesOwnState) {
  panel_.known.days[2].snap = 0b010;  // TX, d_3: a Monday.
  panel_.known.days[7].snap = 0b011;  // d_8: a Saturday.
  EXPECT_EQ(EntriesOf(Regressor::kSnap, 3), (Columns{{2, 1}}));
  EXPECT_EQ(EntriesOf(Regressor::kSnap, 3, 0), Columns());
  EXPECT_EQ(EntriesOf(Regressor::kSnap, 3, 1), (Columns{{0, 1}}));
  EXPECT_EQ(EntriesOf(Regressor::kWeekendSnap, 3), Columns());
  EXPECT_EQ(EntriesOf(Regressor::kWeekendSnap, 8), (Columns{{1, 1}, {3, 1}}));
}

TEST_F(CalendarDesignTest, WindowsOfTheHolidayTable) {
  EXPECT_EQ(EntriesOf(Regressor::kWindow, DayOf("2011-12-14")), Columns());
  EXPECT_EQ(EntriesOf(Regressor::kWindow, DayOf("2011-12-15")), (Columns{{0, 1}}));
  EXPECT_EQ(EntriesOf(Regressor::kWindow, DayOf("2011-12-31")), (Columns{{16, 1}}));
  const int32_t thanksgiving = DayOf("2011-11-24");
  panel_.known.days[static_cast<size_t>(thanksgiving - 1)].events[0] = {"Thanksgiving", "National"};
  EXPECT_EQ(EntriesOf(Regressor::kWindow, thanksgiving - 3), (Columns{{17, 1}}));
  EXPECT_EQ(EntriesOf(Regressor::kWindow, thanksgiving), Columns());
  EXPECT_EQ(EntriesOf(Regressor::kWindow, thanksgiving + 5), (Columns{{25, 1}}));
}

TEST_F(CalendarDesignTest, WeekendsInWindowsAndAtNationalEvents) {
  EXPECT_EQ(EntriesOf(Regressor::kWeekendWindow, DayOf("2011-12-24")), (Columns{{0, 1}}));
  EXPECT_EQ(EntriesOf(Regressor::kWeekendWindow, DayOf("2012-01-01")), (Columns{{1, 1}}));
  EXPECT_EQ(EntriesOf(Regressor::kWeekendWindow, DayOf("2011-12-27")), Columns());  // Tuesday.
  panel_.known.days[8].events[0] = {"MemorialDay", "National"};  // d_9: a Sunday.
  EXPECT_EQ(EntriesOf(Regressor::kWeekendEvent, 9), (Columns{{0, 1}}));
  EXPECT_EQ(EntriesOf(Regressor::kWeekendEvent, 8), (Columns{{1, 1}}));
  EXPECT_EQ(EntriesOf(Regressor::kWeekendEvent, 7), Columns());
}

TEST_F(CalendarDesignTest, ClosedDatesComeFromTheTable) {
  EXPECT_TRUE(panel_.known.IsClosed(Day(DayOf("2011-12-25"))));
  EXPECT_FALSE(panel_.known.IsClosed(Day(DayOf("2011-12-26"))));
  panel_.known.holidays.closed_dates.clear();
  EXPECT_FALSE(panel_.known.IsClosed(Day(DayOf("2011-12-25"))));
}

TEST_F(CalendarDesignTest, DaysBeyondTheCalendarHaveADateOnly) {
  EXPECT_EQ(EntriesOf(Regressor::kWeekday, 4000).size(), 1U);
  EXPECT_EQ(EntriesOf(Regressor::kSnap, 4000), Columns());
  EXPECT_EQ(EntriesOf(Regressor::kEventToday, 4000), Columns());
}

}  // namespace
}  // namespace tillstream
