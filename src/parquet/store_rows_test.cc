#include "parquet/store_rows.h"

#include <gtest/gtest.h>

namespace tillstream {
namespace {

Date At(const char* text) { return *ParseDate(text); }

/// Days of two events, from 2011-01-29 on.
class StoreRowsTest : public testing::Test {
 protected:
  static Date DateOfDay(int32_t day) { return At("2011-01-29") + std::chrono::days(day - 1); }

  void Sell(int32_t day, const char* item, int32_t sold, std::optional<float> price,
            size_t partition = 0) {
    SalesRecord sale{item, "FOODS_1", "FOODS", "CA_1", "CA", Day(day), sold, price};
    added_ = *store_.AddSale(sale, DateOfDay(day), partition, Offset(next_++));
  }
  void Events(int32_t day) {
    Sell(day, "FOODS_1_001", 2, 1.5F);
    Sell(day, "FOODS_1_002", 1, std::nullopt);
  }
  void Total(int32_t day, int64_t units = 3, int32_t revision = 0) {
    StoreDay total{"CA_1", "CA", Day(day), DateOfDay(day), 2, units, 300, 1, revision};
    added_ = store_.SetTotal(total, 1, Offset(next_++));
  }
  /// "d_1-d_3", or nothing.
  std::string Next(bool also_open_months = false) const {
    const auto range = store_.NextClosed(also_open_months);
    return range ? fmt::format("d_{}-d_{}", range->first.value(), range->last.value()) : "";
  }

  StoreRows store_{Day(0)};
  bool added_ = false;
  int64_t next_ = 0;
};

TEST_F(StoreRowsTest, AMonthIsReadyWhenItsLastDayIsClosed) {
  for (int32_t day = 1; day <= 3; ++day) {
    EXPECT_EQ(Next(), "");
    Events(day);
    EXPECT_EQ(Next(), "");
    Total(day);
    EXPECT_TRUE(*store_.LastDayIsClosed());
  }
  EXPECT_EQ(Next(), "d_1-d_3");  // To 2011-01-31.
}

TEST_F(StoreRowsTest, ATotalMayComeBeforeItsEvents) {
  Total(3);
  EXPECT_EQ(Next(true), "");
  Sell(3, "FOODS_1_001", 2, 1.5F);
  EXPECT_EQ(Next(true), "");
  Sell(3, "FOODS_1_002", 1, std::nullopt);
  EXPECT_EQ(Next(), "d_3-d_3");
}

TEST_F(StoreRowsTest, ADayThatIsOpenHoldsUpThoseBehindIt) {
  for (const int32_t day : {1, 2, 3, 4}) Events(day);
  for (const int32_t day : {1, 3, 4}) Total(day);
  EXPECT_EQ(Next(), "");
  EXPECT_EQ(Next(true), "d_1-d_1");
  Total(2);
  EXPECT_EQ(Next(), "d_1-d_3");
}

TEST_F(StoreRowsTest, AMonthWhoseLastDaysAreNotInTheStreamEndsWithTheNextMonth) {
  for (const int32_t day : {1, 4}) {
    Events(day);
    Total(day);
  }
  EXPECT_EQ(Next(), "d_1-d_1");
  store_.Take(*store_.NextClosed(false));
  EXPECT_EQ(Next(), "");
  EXPECT_EQ(Next(true), "d_4-d_4");
}

TEST_F(StoreRowsTest, WhatIsPublishedIsForgottenAndNotTakenAgain) {
  Events(1);
  Total(1);
  store_.Take(*store_.NextClosed(true));
  EXPECT_EQ(store_.row_count(), 0);
  Events(1);
  EXPECT_FALSE(added_);
  Total(1);
  EXPECT_FALSE(added_);
  Events(2);
  EXPECT_TRUE(added_);
  EXPECT_EQ(store_.row_count(), 2);
}

TEST_F(StoreRowsTest, EventsThatDoNotAddUpToTheirTotalAreCorrupt) {
  Events(1);
  Total(1, 4);
  const Result<bool> closed = store_.LastDayIsClosed();
  ASSERT_FALSE(closed.has_value());
  EXPECT_EQ(closed.error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(closed.error().message,
            "d_1: 2 events with 3 units and 300 cents, its end-of-day total has 2, 4 and 300; "
            "tillstream verify says more");
}

TEST_F(StoreRowsTest, AnEventTooManyIsCorrupt) {
  Events(1);
  Sell(1, "FOODS_1_001", 0, 1.5F);
  Total(1);
  EXPECT_FALSE(store_.LastDayIsClosed().has_value());
}

TEST_F(StoreRowsTest, TheHighestRevisionOfATotalCounts) {
  Total(1, 4, 0);
  Total(1, 3, 1);
  Total(1, 4, 0);
  Events(1);
  EXPECT_TRUE(*store_.LastDayIsClosed());
}

TEST_F(StoreRowsTest, EachPartitionsFirstRecordOfADayIsKnown) {
  Sell(1, "FOODS_1_001", 1, 1.5F, 7);
  Sell(1, "FOODS_1_002", 1, 1.5F, 3);
  Sell(1, "FOODS_1_003", 1, 1.5F, 7);
  const auto& offsets = store_.days().at(Day(1)).first_offsets;
  ASSERT_EQ(offsets.size(), 2U);
  EXPECT_EQ(offsets[0], std::pair(size_t{7}, Offset(0)));
  EXPECT_EQ(offsets[1], std::pair(size_t{3}, Offset(1)));
}

TEST(SeriesTableTest, SeriesAreToldApartByEveryText) {
  SeriesTable table;
  const SalesRecord a{"A", "D", "C", "S", "CA", Day(1), 0, std::nullopt};
  SalesRecord b = a;
  b.dept_id = "E";
  SalesRecord c = a;
  c.item_id = "AD";
  c.dept_id = "";
  EXPECT_EQ(*table.IndexOf(a, 0), 0U);
  EXPECT_EQ(*table.IndexOf(b, 0), 1U);
  EXPECT_EQ(*table.IndexOf(c, 1), 2U);
  EXPECT_EQ(*table.IndexOf(a, 2), 0U);
  EXPECT_EQ(*table.IndexOf(c, 0), 2U);
  EXPECT_EQ(*table.IndexOf(b, 0), 1U);
}

}  // namespace
}  // namespace tillstream
