#include "postgres/postgres_connection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "postgres/month_partitions.h"

namespace tillstream {
namespace {

std::string Place(const std::string& address) {
  const auto place = PlaceOfPostgres(address);
  return place ? *place : place.error().message;
}

TEST(PostgresConnectionTest, APlaceHasNoSecrets) {
  EXPECT_EQ(Place("postgres://me:secret@db.example:5433/retail?sslmode=require"),
            "db.example:5433/retail");
  EXPECT_EQ(Place("host=/run/pg port=1 dbname=retail password=secret"), "/run/pg:1/retail");
  EXPECT_EQ(Place("postgresql://h1:1,h2:2/x"), "h1,h2:1,2/x");
}

TEST(PostgresConnectionTest, WhatIsNoAddressIsAUsageError) {
  const auto place = PlaceOfPostgres("host=x colour=red");
  ASSERT_FALSE(place.has_value());
  EXPECT_EQ(place.error().code, ErrorCode::kUsage);
  EXPECT_EQ(place.error().message,
            "--sink: postgres: invalid connection option \"colour\"; write "
            "postgres://USER@HOST:PORT/DATABASE");
}

TEST(PostgresConnectionTest, APortIsANumber) {
  EXPECT_EQ(Place("postgres://h:x/db"), "--sink: postgres: \"x\" is not a port");
}

TEST(PostgresConnectionTest, AStateSaysWhatCanBeDone) {
  EXPECT_EQ(CodeOfSqlState("42501"), ErrorCode::kForbidden);    // no right to do that
  EXPECT_EQ(CodeOfSqlState("28P01"), ErrorCode::kForbidden);    // wrong password
  EXPECT_EQ(CodeOfSqlState("22021"), ErrorCode::kCorrupt);      // bytes that are no text
  EXPECT_EQ(CodeOfSqlState("23514"), ErrorCode::kRefused);      // a constraint
  EXPECT_EQ(CodeOfSqlState("53100"), ErrorCode::kUnavailable);  // disk full
  EXPECT_EQ(CodeOfSqlState("57P01"), ErrorCode::kUnavailable);  // shut down
  EXPECT_EQ(CodeOfSqlState(""), ErrorCode::kUnavailable);
}

TEST(MonthPartitionsTest, AMonthIsNamedAndEndsWhereTheNextOneBegins) {
  using std::chrono::year;
  const Month december = MonthOf(year(2011) / 12 / 31);
  EXPECT_EQ(december.suffix, "_2011_12");
  EXPECT_EQ(FormatDate(december.begin), "2011-12-01");
  EXPECT_EQ(FormatDate(december.end), "2012-01-01");
  const Month february = MonthOf(year(2016) / 2 / 1);
  EXPECT_EQ(february.suffix, "_2016_02");
  EXPECT_EQ(FormatDate(february.begin), "2016-02-01");
  EXPECT_EQ(FormatDate(february.end), "2016-03-01");
  EXPECT_EQ(MonthOf(year(1) / 1 / 1).suffix, "_0001_01");
}

}  // namespace
}  // namespace tillstream
