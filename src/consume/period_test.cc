#include "consume/period.h"

#include <gtest/gtest.h>

namespace tillstream {
namespace {

Date On(const char* text) { return *ParseDate(text); }

TEST(PeriodTest, ADayIsItsOwnPeriod) {
  const PeriodCalendar calendar(Period::kDay, On("2011-01-29"));
  EXPECT_EQ(calendar.BeginOf(On("2012-02-29")), On("2012-02-29"));
  EXPECT_EQ(calendar.EndOf(On("2012-02-29")), On("2012-03-01"));
}

TEST(PeriodTest, AWeekBeginsOnTheAnchorsWeekdayBeforeAndBehindIt) {
  const PeriodCalendar calendar(Period::kWeek, On("2011-01-29"));  // A Saturday.
  EXPECT_EQ(calendar.BeginOf(On("2011-01-29")), On("2011-01-29"));
  EXPECT_EQ(calendar.BeginOf(On("2011-02-04")), On("2011-01-29"));
  EXPECT_EQ(calendar.EndOf(On("2011-02-04")), On("2011-02-05"));
  EXPECT_EQ(calendar.BeginOf(On("2011-01-28")), On("2011-01-22"));
  EXPECT_EQ(calendar.BeginOf(On("2011-01-22")), On("2011-01-22"));
  EXPECT_EQ(calendar.EndOf(On("2011-01-22")), On("2011-01-29"));
}

TEST(PeriodTest, AMonthIsTheCalendars) {
  const PeriodCalendar calendar(Period::kMonth, On("2011-01-29"));
  EXPECT_EQ(calendar.BeginOf(On("2011-01-29")), On("2011-01-01"));
  EXPECT_EQ(calendar.EndOf(On("2011-01-29")), On("2011-02-01"));
  EXPECT_EQ(calendar.EndOf(On("2012-02-01")), On("2012-03-01"));
  EXPECT_EQ(calendar.EndOf(On("2015-12-31")), On("2016-01-01"));
}

TEST(PeriodTest, NamesReadBack) {
  for (const Period period : {Period::kDay, Period::kWeek, Period::kMonth}) {
    EXPECT_EQ(PeriodFromName(PeriodName(period)), period);
  }
  EXPECT_EQ(PeriodFromName("year"), std::nullopt);
}

}  // namespace
}  // namespace tillstream
