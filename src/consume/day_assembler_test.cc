// When a day is over, by hand-made streams.

#include "consume/day_assembler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tillstream {
namespace {

using testing::ElementsAre;

constexpr int32_t kEvents = 0;  // Partitions.
constexpr int32_t kTotals = 1;

class DayAssemblerTest : public testing::Test {
 protected:
  DayPut Sell(const char* item, int32_t day, int32_t units, std::optional<float> price = 1.0F) {
    return days_.Put({.item_id = item,
                      .dept_id = "A_1",
                      .cat_id = "A",
                      .store_id = "CA_1",
                      .state_id = "CA",
                      .day = Day(day),
                      .sold = units,
                      .sell_price = price},
                     kEvents, Offset(next_event_++));
  }
  DayPut Total(int32_t day, int32_t events, int64_t units, Cents revenue, int64_t unpriced = 0,
               int32_t revision = 0) {
    StoreDay total;
    total.day = Day(day);
    total.events = events;
    total.units = units;
    total.revenue_cents = revenue;
    total.unpriced_units = unpriced;
    total.revision = revision;
    return days_.PutTotal(total, kTotals, Offset(next_total_++));
  }

  DayAssembler days_{Day(1), /*wait_days=*/2};
  int64_t next_event_ = 0;
  int64_t next_total_ = 0;
};

TEST_F(DayAssemblerTest, ADayIsOverWhenItsTotalAgrees) {
  Sell("a", 1, 2);
  Sell("b", 1, 3, 2.5F);
  Sell("c", 1, 4, std::nullopt);
  EXPECT_FALSE(days_.Close());
  Total(1, 3, 9, 950, 4);
  const auto day = days_.Close();
  ASSERT_TRUE(day);
  EXPECT_EQ(day->day, Day(1));
  EXPECT_EQ(day->close, DayClose::kComplete);
  EXPECT_THAT(day->units, ElementsAre(2, 3, 4));
  EXPECT_THAT(day->revenue_cents, ElementsAre(200, 750, 0));
  EXPECT_EQ(days_.next_day(), Day(2));
  EXPECT_FALSE(days_.Close());
}

TEST_F(DayAssemblerTest, EachPartOfATotalMustAgree) {
  Sell("a", 1, 2);
  for (const auto& [events, units, revenue, unpriced] :
       {std::tuple{2, 2, 200, 0}, {1, 3, 200, 0}, {1, 2, 201, 0}, {1, 2, 200, 1}}) {
    Total(1, events, units, revenue, unpriced);
    EXPECT_FALSE(days_.Close()) << events << units << revenue << unpriced;
  }
  Total(1, 1, 2, 200, 0);
  EXPECT_TRUE(days_.Close());
}

TEST_F(DayAssemblerTest, ATotalMayComeFirstAndItsEventsInAnyOrder) {
  Total(1, 2, 5, 500);
  Sell("a", 1, 2);
  Sell("a", 2, 7);
  EXPECT_FALSE(days_.Close());
  Sell("b", 1, 3);
  ASSERT_TRUE(days_.Close());
  Total(2, 1, 7, 700);
  const auto second = days_.Close();
  ASSERT_TRUE(second);
  EXPECT_THAT(second->units, ElementsAre(7, 0));
}

TEST_F(DayAssemblerTest, ARepeatedEventCountsOnceAndTheLastOneHolds) {
  Sell("a", 1, 2);
  Sell("a", 1, 2);
  Sell("a", 1, 5);
  Total(1, 1, 5, 500);
  const auto day = days_.Close();
  ASSERT_TRUE(day);
  EXPECT_THAT(day->units, ElementsAre(5));
}

TEST_F(DayAssemblerTest, AnEventOfAClosedDayChangesNothing) {
  Sell("a", 1, 2);
  Total(1, 1, 2, 200);
  ASSERT_TRUE(days_.Close());
  EXPECT_EQ(Sell("a", 1, 9), DayPut::kLate);
  EXPECT_EQ(Total(1, 1, 9, 900, 0, 1), DayPut::kLate);
  EXPECT_FALSE(days_.Close());
}

TEST_F(DayAssemblerTest, ADayThatDoesNotAgreeIsClosedWhenEventsAndTotalsAreFarBeyond) {
  Sell("a", 1, 2);
  Total(1, 1, 3, 300);
  Sell("a", 4, 1);
  EXPECT_FALSE(days_.Close()) << "the totals may still bring a correction";
  Total(4, 1, 1, 100);
  const auto first = days_.Close();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->close, DayClose::kIncomplete);
  EXPECT_THAT(first->units, ElementsAre(2));
  EXPECT_FALSE(days_.Close()) << "d_2 is not two days back yet";
  // The rest follows as the stream goes on, up to what agrees.
  Sell("a", 6, 1);
  Total(6, 1, 1, 100);
  EXPECT_EQ(days_.Close()->close, DayClose::kIncomplete);
  EXPECT_EQ(days_.Close()->close, DayClose::kIncomplete);
  const auto fourth = days_.Close();
  ASSERT_TRUE(fourth);
  EXPECT_EQ(fourth->day, Day(4));
  EXPECT_EQ(fourth->close, DayClose::kComplete);
}

TEST_F(DayAssemblerTest, ACorrectedTotalReplacesAnEarlierOneOnly) {
  Sell("a", 1, 2);
  Total(1, 1, 3, 300, 0, 1);
  Total(1, 1, 2, 200, 0, 0);
  EXPECT_FALSE(days_.Close());
  Total(1, 1, 2, 200, 0, 2);
  EXPECT_TRUE(days_.Close());
}

TEST_F(DayAssemblerTest, AStoreThatHasStoppedIsClosedByTheOthers) {
  Sell("a", 1, 2);
  EXPECT_FALSE(days_.Close(Day(3)));
  EXPECT_EQ(days_.Close(Day(4))->close, DayClose::kIncomplete);
  EXPECT_FALSE(days_.Close(Day(4)));
}

TEST_F(DayAssemblerTest, AnItemThatAppearsLaterCountsForItsDayAlone) {
  Sell("a", 1, 2);
  Total(1, 1, 2, 200);
  ASSERT_TRUE(days_.Close());
  Sell("a", 2, 1);
  Sell("new", 2, 5);
  Total(2, 2, 6, 600);
  const auto day = days_.Close();
  ASSERT_TRUE(day);
  EXPECT_THAT(day->units, ElementsAre(1));
  EXPECT_EQ(days_.strangers().at("new"), 1);
}

TEST_F(DayAssemblerTest, ADayBeyondReasonIsNone) {
  EXPECT_EQ(Sell("a", 1 + kOpenDaysMax, 2), DayPut::kAhead);
  EXPECT_EQ(Sell("a", 2'000'000'000, 2), DayPut::kAhead);
  EXPECT_EQ(Sell("a", kOpenDaysMax, 2), DayPut::kTaken);
}

TEST_F(DayAssemblerTest, SaysFromWhereItHasToBeReadAgain) {
  Sell("a", 1, 2);
  Sell("a", 2, 3);
  Total(1, 1, 2, 200);
  EXPECT_EQ(days_.OldestOpen(kEvents), Offset(0));
  ASSERT_TRUE(days_.Close());
  EXPECT_EQ(days_.OldestOpen(kEvents), Offset(1));
  EXPECT_FALSE(days_.OldestOpen(kTotals));

  DayAssembler other(Day(1), 2);
  other.GoOnFrom(days_.next_day(), days_.items());
  SalesRecord sale;
  sale.item_id = "a";
  sale.day = Day(2);
  sale.sold = 3;
  sale.sell_price = 1.0F;
  other.Put(sale, kEvents, Offset(1));
  StoreDay total;
  total.day = Day(2);
  total.events = 1;
  total.units = 3;
  total.revenue_cents = 300;
  other.PutTotal(total, kTotals, Offset(1));
  const auto day = other.Close();
  ASSERT_TRUE(day);
  EXPECT_THAT(day->units, ElementsAre(3));
}

}  // namespace
}  // namespace tillstream
