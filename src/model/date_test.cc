#include "model/date.h"

#include <gtest/gtest.h>

namespace tillstream {
namespace {

TEST(DateTest, DatesAreReadAndWritten) {
  for (const char* text : {"2011-01-29", "1970-01-01", "2016-02-29", "2000-02-29", "1969-12-31",
                           "0001-01-01", "9999-12-31"}) {
    const Result<Date> date = ParseDate(text);
    ASSERT_TRUE(date) << text;
    EXPECT_EQ(FormatDate(*date), text);
  }
  EXPECT_EQ(ParseDate("1970-01-02")->time_since_epoch().count(), 1);
  EXPECT_EQ(ParseDate("2011-01-29")->time_since_epoch().count(), 15'003);
}

TEST(DateTest, WhatIsNoDateIsRefused) {
  for (const char* text :
       {"", "2011-01-32", "2011-02-29", "1900-02-29", "2011-13-01", "2011-00-01", "2011-01-00",
        "2011-1-29", "11-01-29", "2011/01/29", "29.01.2011", "2011-01-29 ", " 2011-01-29",
        "2011-01-2x", "+201-01-29", "-001-01-29", "2011-+1-29", "2011-01--1"}) {
    const Result<Date> date = ParseDate(text);
    ASSERT_FALSE(date) << text;
    EXPECT_EQ(date.error().code, ErrorCode::kBadInput);
    EXPECT_EQ(date.error().message,
              fmt::format("expected a date like 2011-01-29, found \"{}\"", text));
  }
}

TEST(DateTest, DayHoldsFromMidnightToMidnight) {
  const Date date = *ParseDate("2011-01-29");
  EXPECT_EQ(StartOf(date).value(), 1'296'259'200'000);
  EXPECT_EQ(DateOf(StartOf(date)), date);
  EXPECT_EQ(DateOf(StartOf(date) + 86'399'999), date);
  EXPECT_EQ(DateOf(StartOf(date) + 86'400'000), date + std::chrono::days(1));
  EXPECT_EQ(FormatDate(DateOf(Timestamp(-1))), "1969-12-31");
}

}  // namespace
}  // namespace tillstream
