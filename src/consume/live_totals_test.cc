#include "consume/live_totals.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "consume/live_totals_fixture.h"

namespace tillstream {
namespace {

using testing::ElementsAre;

const TotalsShape kByStore{{TotalsDimension::kStore}, Period::kDay, 3};

TEST_F(LiveTotalsTest, ADayIsAddedUpByHand) {
  Begin({{TotalsDimension::kStore, TotalsDimension::kCategory}, Period::kDay, 3}, 1, 4);
  // F: 2 x 1.50 and a listed zero; H: 3 without a price, and not listed without a sale.
  SellAndClose(1,
               {{"F1", 2, 1.5F}, {"F2", 0, 3.F}, {"H1", 3, std::nullopt}, {"H2", 0, std::nullopt}});
  ASSERT_EQ(closed_.size(), 1U);
  EXPECT_EQ(closed_[0].begin, "2011-01-29");
  EXPECT_TRUE(closed_[0].complete);
  ASSERT_EQ(closed_[0].groups.size(), 2U);
  const GroupTotals& food = closed_[0].groups[0].totals;
  EXPECT_EQ(closed_[0].groups[0].key, "CA_1,F");
  EXPECT_EQ(food.units, 2);
  EXPECT_EQ(food.revenue_cents, 300);
  EXPECT_EQ(food.events, 2);
  EXPECT_EQ(food.listed_events, 2);
  EXPECT_EQ(food.zero_events, 1);
  EXPECT_EQ(food.ShareOfZeros(), 0.5);
  EXPECT_EQ(food.units_before, std::nullopt);
  EXPECT_EQ(food.price_index, std::nullopt);
  const GroupTotals& hobbies = closed_[0].groups[1].totals;
  EXPECT_EQ(closed_[0].groups[1].key, "CA_1,H");
  EXPECT_EQ(hobbies.units, 3);
  EXPECT_EQ(hobbies.revenue_cents, 0);
  EXPECT_EQ(hobbies.unpriced_units, 3);
  EXPECT_EQ(hobbies.listed_events, 0);
  EXPECT_EQ(hobbies.ShareOfZeros(), std::nullopt);
}

// F1 2.00 -> 3.00, sold 10 -> 4; F2 5.00 -> 4.00, sold 1 -> 3; F3 is not listed on the second day.
TEST_F(LiveTotalsTest, TheNextPeriodIsComparedWithTheOneBefore) {
  Begin(kByStore, 1, 3);
  SellAndClose(1, {{"F1", 10, 2.F}, {"F2", 1, 5.F}, {"F3", 4, 9.F}});
  SellAndClose(2, {{"F1", 4, 3.F}, {"F2", 3, 4.F}, {"F3", 0, std::nullopt}});
  ASSERT_EQ(closed_.size(), 2U);
  const SeenGroup& second = closed_[1].groups.at(0);
  EXPECT_EQ(second.totals.units, 7);
  EXPECT_EQ(second.totals.units_before, 15);
  EXPECT_DOUBLE_EQ(*second.totals.price_index, std::sqrt(34.0 / 25 * (24.0 / 23)));
  EXPECT_THAT(second.movers, ElementsAre("F1 4<10", "F3 0<4", "F2 3<1"));
}

TEST_F(LiveTotalsTest, AWeekHasTheMeanOfItsPricesAndTheFirstMonthOnlyItsDays) {
  Begin({{TotalsDimension::kState}, Period::kWeek, 0}, 1, 1);
  for (int32_t day = 1; day <= 7; ++day) SellAndClose(day, {{"F1", 1, 1.F}});
  for (int32_t day = 8; day <= 12; ++day) SellAndClose(day, {{"F1", 1, 1.F}});
  EXPECT_EQ(closed_.size(), 1U);
  for (int32_t day = 13; day <= 14; ++day) SellAndClose(day, {{"F1", 1, 1.7F}});
  ASSERT_EQ(closed_.size(), 2U);
  EXPECT_EQ(closed_[1].begin, "2011-02-05");
  EXPECT_DOUBLE_EQ(*closed_[1].groups[0].totals.price_index, 1.2);
  EXPECT_EQ(closed_[1].groups[0].totals.revenue_cents, 5 * 100 + 2 * 170);

  Begin({{TotalsDimension::kState}, Period::kMonth, 0}, 1, 1);
  for (int32_t day = 1; day <= 3; ++day) SellAndClose(day, {{"F1", 1, 1.F}});
  ASSERT_EQ(closed_.size(), 1U);
  EXPECT_EQ(closed_[0].begin, "2011-01-01");
  EXPECT_EQ(closed_[0].days, 3);
}

TEST_F(LiveTotalsTest, MoversAreItemsOverTheStoresOfTheirGroup) {
  Begin({{TotalsDimension::kState}, Period::kDay, 2}, 2, 3);
  for (int32_t store : {1, 2})
    SellAndClose(1, {{"F1", 5, 1.F}, {"F2", 5, 1.F}, {"F3", 5, 1.F}}, store);
  SellAndClose(2, {{"F1", 9, 1.F}, {"F2", 6, 1.F}, {"F3", 2, 1.F}}, 1);
  SellAndClose(2, {{"F1", 1, 1.F}, {"F2", 6, 1.F}, {"F3", 2, 1.F}}, 2);
  ASSERT_EQ(closed_.size(), 2U);
  EXPECT_THAT(closed_[1].groups[0].movers, ElementsAre("F3 4<10", "F2 12<10"));
}

TEST_F(LiveTotalsTest, APeriodWaitsForEveryEventAndEveryTotal) {
  Begin(kByStore, 2);
  CloseDay(1, 1);  // A total may be read before the events.
  sums_.clear();
  Begin(kByStore, 2);
  Sell(1, {"F1", 1, 1.F}, 1);
  Sell(1, {"F2", 1, 1.F}, 1);
  CloseDay(1, 1);
  EXPECT_TRUE(closed_.empty());
  EXPECT_EQ(totals_->slowest_store(), "CA_2");
  Sell(1, {"F1", 1, 1.F}, 2);
  Sell(1, {"F2", 1, 1.F}, 2);
  EXPECT_TRUE(closed_.empty());
  CloseDay(1, 2);
  ASSERT_EQ(closed_.size(), 1U);
  EXPECT_TRUE(closed_[0].complete);
}

TEST_F(LiveTotalsTest, TheOrderOfReadingPartitionsChangesNothing) {
  const auto sell = [&](int32_t store) {
    for (int32_t day = 1; day <= 3; ++day) {
      Sell(day, {"F1", day + store, 1.F}, store);
      Sell(day, {"F2", 2 * day, 2.F}, store);
    }
  };
  const auto close = [&](int32_t store) {
    for (int32_t day = 1; day <= 3; ++day) CloseDay(day, store);
  };
  Begin(kByStore, 2);
  sell(1), close(1), sell(2), close(2);
  const auto one = closed_;
  Begin(kByStore, 2);
  sell(2), sell(1), close(2), close(1);
  ASSERT_EQ(closed_.size(), 3U);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(closed_[i].groups[0].totals.units, one[i].groups[0].totals.units);
    EXPECT_EQ(closed_[i].groups[1].movers, one[i].groups[1].movers);
  }
}

TEST_F(LiveTotalsTest, ACorrectionWithinTheDayTakesThePlaceOfTheEvent) {
  Begin(kByStore);
  Sell(1, {"F1", 5, 1.F}, 1, -1, /*is_expected=*/false);
  Sell(1, {"F1", 3, 2.F});
  Sell(1, {"F1", 3, 2.F}, 1, -1, /*is_expected=*/false);  // A repeat is none.
  Sell(1, {"F2", 0, 1.F});
  CloseDay(1);
  ASSERT_EQ(closed_.size(), 1U);
  EXPECT_TRUE(closed_[0].complete);
  EXPECT_EQ(closed_[0].groups[0].totals.units, 3);
  EXPECT_EQ(closed_[0].groups[0].totals.revenue_cents, 600);
  EXPECT_EQ(counts().corrected, 1);
  EXPECT_EQ(counts().repeated, 1);
}

TEST_F(LiveTotalsTest, WhatComesForAWholeDayIsLateWhetherItsTotalIsThereOrNot) {
  for (const bool total_first : {false, true}) {
    Begin(kByStore);
    sums_.clear();
    Sell(1, {"F1", 5, 1.F});
    Sell(1, {"F2", 1, 1.F});
    if (total_first) CloseDay(1);
    Sell(1, {"F1", 9, 1.F}, 1, -1, /*is_expected=*/false);
    Sell(1, {"F2", 1, 1.F}, 1, -1, /*is_expected=*/false);
    if (!total_first) CloseDay(1);
    ASSERT_EQ(closed_.size(), 1U);
    EXPECT_EQ(closed_[0].groups[0].totals.units, 6);
    EXPECT_EQ(counts().late, 1);
    EXPECT_EQ(counts().repeated, 1);
  }
}

TEST_F(LiveTotalsTest, ADayThatIsOverWithoutAllItsEventsIsClosedAndNotComplete) {
  Begin(kByStore);
  SellAndClose(1, {{"F1", 5, 1.F}, {"F2", 1, 1.F}});
  Sell(2, {"F1", 7, 1.F});
  sums_[{1, 2}].events = 2;  // The total knows of one that is missing.
  CloseDay(2);
  EXPECT_EQ(closed_.size(), 1U);
  Sell(3, {"F1", 1, 1.F});
  ASSERT_EQ(closed_.size(), 2U);
  EXPECT_FALSE(closed_[1].complete);
  EXPECT_EQ(closed_[1].groups[0].totals.units, 7);
  EXPECT_EQ(counts().disagreeing_days, 1);
  Sell(2, {"F2", 1, 1.F}, 1, -1, /*is_expected=*/false);
  EXPECT_EQ(counts().late, 1);
  EXPECT_EQ(closed_.size(), 2U);
}

TEST_F(LiveTotalsTest, ADayWithoutItsTotalIsClosedByThatOfALaterDay) {
  Begin(kByStore);
  Sell(1, {"F1", 5, 1.F});
  Sell(1, {"F2", 1, 1.F});
  SellAndClose(2, {{"F1", 1, 1.F}, {"F2", 1, 1.F}});
  ASSERT_EQ(closed_.size(), 2U);
  EXPECT_FALSE(closed_[0].complete);
  EXPECT_EQ(closed_[0].groups[0].totals.units, 6);
  EXPECT_TRUE(closed_[1].complete);
}

TEST_F(LiveTotalsTest, ADayWithoutAnythingIsAPeriodWithoutGroups) {
  Begin(kByStore, 1, 1);
  SellAndClose(1, {{"F1", 5, 1.F}});
  SellAndClose(3, {{"F1", 6, 1.F}});
  ASSERT_EQ(closed_.size(), 3U);
  EXPECT_TRUE(closed_[1].groups.empty());
  EXPECT_FALSE(closed_[1].complete);
  EXPECT_EQ(closed_[2].groups[0].totals.units_before, 0);
  EXPECT_EQ(closed_[2].groups[0].totals.price_index, std::nullopt);
}

TEST_F(LiveTotalsTest, ASecondTotalIsNotUsed) {
  Begin(kByStore);
  SellAndClose(1, {{"F1", 5, 1.F}, {"F2", 1, 1.F}});
  sums_[{1, 1}].units = 100;
  sums_[{1, 1}].revision = 1;
  CloseDay(1);
  EXPECT_EQ(closed_.size(), 1U);
  EXPECT_EQ(counts().revised_totals, 1);
}

TEST_F(LiveTotalsTest, WhatDoesNotBelongThereIsCountedAndNothingElse) {
  Begin(kByStore);
  Sell(1, {"F1", 5, 1.F});
  Sell(1, {"F2", 1, 1.F});
  Sell(1, {"F3", 8, 1.F}, 1, -1, false);               // No room for a third series.
  Sell(1, {"F1", 8, 1.F}, /*store=*/2, -1, false);     // No such store.
  Sell(1, {"F1", 8, 1.F}, 1, /*partition=*/5, false);  // Not its partition.
  EXPECT_EQ(counts().foreign, 3);
  const SalesRecord wrong_day{"F1", "F_1", "F", "CA_1", "CA", Day(9), 8, 1.F};
  ASSERT_TRUE(totals_->AddSale(EventsOf(0), TimeOf(2), wrong_day));
  ASSERT_TRUE(totals_->AddSale(EventsOf(0), Timestamp(INT64_MAX), wrong_day));
  ASSERT_TRUE(totals_->AddSale(EventsOf(0), Timestamp(INT64_MIN), wrong_day));
  EXPECT_EQ(counts().misdated, 3);
  CloseDay(1);
  ASSERT_EQ(closed_.size(), 1U);
  EXPECT_TRUE(closed_[0].complete);
  EXPECT_EQ(closed_[0].groups[0].totals.units, 6);
}

TEST_F(LiveTotalsTest, APriceThatIsNoMoneyIsNone) {
  Begin(kByStore, 1, 3);
  Sell(1, {"F1", 5, std::nanf("")}, 1, -1, false);
  Sell(1, {"F2", 5, -1.F}, 1, -1, false);
  Sell(1, {"F3", 1, 0.F}, 1, -1, false);
  CloseDay(1);
  ASSERT_EQ(closed_.size(), 1U);
  EXPECT_EQ(closed_[0].groups[0].totals.unpriced_units, 10);
  EXPECT_EQ(closed_[0].groups[0].totals.listed_events, 1);
}

TEST_F(LiveTotalsTest, AStoreOfSeveralPartitionsIsOverWhenAllOfThemAre) {
  LiveTotalsOptions options;
  options.shape = kByStore;
  options.first_date = options.week_anchor = *ParseDate("2011-01-29");
  options.stores = {{"CA_1", 3, {EventsOf(0), EventsOf(1)}, {"sales-days", PartitionId(0)}}};
  Begin(options);
  Sell(1, {"F1", 1, 1.F}, 1, 0);
  Sell(2, {"F1", 1, 1.F}, 1, 0);
  sums_[{1, 1}].events = 3;
  CloseDay(1);
  EXPECT_TRUE(closed_.empty());
  Sell(1, {"F2", 4, 1.F}, 1, 1, false);
  EXPECT_TRUE(closed_.empty());
  Sell(2, {"F2", 1, 1.F}, 1, 1);
  ASSERT_EQ(closed_.size(), 1U);
  EXPECT_EQ(closed_[0].groups[0].totals.units, 5);
}

TEST_F(LiveTotalsTest, APartitionThatIsFarAheadWaitsSoThatFewPeriodsAreOpen) {
  Begin(kByStore, 2);
  for (int32_t day = 1; day <= 1 + LiveTotals::kAheadDays; ++day) {
    EXPECT_FALSE(totals_->IsAhead(EventsOf(0))) << day;
    EXPECT_FALSE(totals_->IsAhead({"sales-days", PartitionId(0)})) << day;
    SellAndClose(day, {{"F1", 1, 1.F}, {"F2", 1, 1.F}}, 1);
  }
  Sell(2 + LiveTotals::kAheadDays, {"F1", 1, 1.F}, 1);
  EXPECT_TRUE(totals_->IsAhead(EventsOf(0)));
  EXPECT_EQ(totals_->open_count(), static_cast<size_t>(2 + LiveTotals::kAheadDays));
  EXPECT_FALSE(totals_->IsAhead(EventsOf(1)));
  SellAndClose(1, {{"F1", 1, 1.F}, {"F2", 1, 1.F}}, 2);
  EXPECT_FALSE(totals_->IsAhead(EventsOf(0)));
  EXPECT_FALSE(totals_->IsAhead({"other", PartitionId(0)}));
}

TEST_F(LiveTotalsTest, TheRunningPeriodCanBeLookedAt) {
  Begin({{TotalsDimension::kStore}, Period::kWeek, 3});
  SellAndClose(1, {{"F1", 1, 1.F}, {"F2", 1, 1.F}});
  Sell(2, {"F1", 5, 1.F});
  const PeriodTotals running = totals_->Running();
  EXPECT_EQ(running.days, 1);
  ASSERT_EQ(running.groups.size(), 1U);
  EXPECT_EQ(running.groups[0].units, 7);
}

TEST_F(LiveTotalsTest, AnErrorOfWhoTakesPeriodsComesBack) {
  LiveTotalsOptions options;
  options.shape = kByStore;
  options.first_date = options.week_anchor = *ParseDate("2011-01-29");
  options.stores = {{"CA_1", 1, {EventsOf(0)}, {"sales-days", PartitionId(0)}}};
  LiveTotals totals(options, [](const PeriodTotals&) -> Status {
    return MakeError(ErrorCode::kIoError, "full");
  });
  const Timestamp time = StartOf(options.first_date);
  ASSERT_TRUE(totals.AddSale(EventsOf(0), time, {"A", "D", "C", "CA_1", "CA", Day(1), 1, 1.F}));
  StoreDay total;
  total.store_id = "CA_1";
  total.day = Day(1);
  const Status status = totals.AddTotal(time, total);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().message, "full");
}

}  // namespace
}  // namespace tillstream
