// Days of several stores out of their partitions, with stores that lag, stop and are wrong.

#include "live/day_follower.h"

#include <gmock/gmock.h>

#include "live/live_fixture.h"

namespace tillstream {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class DayFollowerTest : public LiveTest {
 protected:
  void Open(int32_t stores = 2) {
    LiveOptions options = OptionsOf(stores);
    auto opened = DayFollower::Open(*log_, *registry_, clock_, options.sources, options.follow);
    ASSERT_TRUE(opened.has_value());
    follower_ = *std::move(opened);
  }
  std::optional<PanelDay> Next() {
    auto day = follower_->Next(std::chrono::milliseconds(0), {});
    EXPECT_TRUE(day.has_value());
    return *std::move(day);
  }
  std::unique_ptr<DayFollower> follower_;
};

TEST_F(DayFollowerTest, ADayIsThereWhenEveryStoreHasClosedIt) {
  Open();
  WriteDay(0, 1, {{"A_1_1", 2}, {"A_1_2", 0}});
  EXPECT_FALSE(Next());
  WriteSales(1, 1, {{"A_1_2", 7}});
  EXPECT_FALSE(Next());
  WriteTotal(1, 1, {{"A_1_2", 7}});
  const auto day = Next();
  ASSERT_TRUE(day);
  EXPECT_EQ(day->day, Day(1));
  EXPECT_THAT(day->stores[0].units, ElementsAre(2, 0));
  EXPECT_THAT(day->stores[1].units, ElementsAre(7));
  EXPECT_EQ(follower_->state_of(1), "CA");
  EXPECT_FALSE(Next());
  EXPECT_THAT(warnings_, IsEmpty());
}

TEST_F(DayFollowerTest, AStoreWhoseTotalNeverAgreesIsClosedAsIncompleteAndSaid) {
  Open(1);
  for (int32_t day = 1; day <= 5; ++day) {
    WriteSales(0, day, {{"A_1_1", day}});
    WriteTotal(0, day, {{"A_1_1", day}}, day == 2 ? 1 : 0);
  }
  std::vector<DayClose> closes;
  while (const auto day = Next()) closes.push_back(day->stores[0].close);
  EXPECT_THAT(closes, ElementsAre(DayClose::kComplete, DayClose::kIncomplete, DayClose::kComplete,
                                  DayClose::kComplete, DayClose::kComplete));
  EXPECT_THAT(warnings_,
              ElementsAre("store CA_1: d_2 never came to its end-of-day total; closed as "
                          "incomplete, forecasts do without it"));
}

TEST_F(DayFollowerTest, AStoreThatStopsHoldsTheOthersUpForTheStatedDaysOnly) {
  Open();
  for (int32_t day = 1; day <= 4; ++day) WriteDay(0, day, {{"A_1_1", 1}});
  WriteDay(1, 1, {{"A_1_1", 5}});
  ASSERT_TRUE(Next());
  EXPECT_FALSE(Next()) << "d_2 of the other is two days back only";
  EXPECT_THAT(follower_->Stragglers(), testing::IsEmpty());
  WriteDay(0, 5, {{"A_1_1", 1}});
  EXPECT_FALSE(Next()) << "what it has written may not be durable yet";
  EXPECT_THAT(follower_->Stragglers(),
              testing::ElementsAre(DayFollower::Straggler{1, Day(2), Day(5)}));
  clock_.Advance(std::chrono::seconds(31));
  const auto second = Next();
  ASSERT_TRUE(second);
  EXPECT_EQ(second->stores[1].close, DayClose::kIncomplete);
  EXPECT_THAT(follower_->Stragglers(), testing::IsEmpty());
  // What it brings later is late.
  WriteDay(1, 2, {{"A_1_1", 5}});
  EXPECT_FALSE(Next());
  EXPECT_EQ(follower_->counts().late, 2);
}

TEST_F(DayFollowerTest, AStoreThatHasEndedDoesNotMakeTheOthersPileUp) {
  Open();
  WriteDay(1, 1, {{"A_1_1", 5}});
  for (int32_t day = 1; day <= 100; ++day) WriteDay(0, day, {{"A_1_1", 1}});
  ASSERT_TRUE(Next());
  EXPECT_FALSE(Next());
  EXPECT_LT(follower_->counts().events, 12) << "of 101, as long as they have to wait";
  clock_.Advance(std::chrono::seconds(31));
  int32_t days = 0;
  while (Next()) ++days;
  EXPECT_EQ(days, 96);
}

TEST_F(DayFollowerTest, StoresThatShareAPartitionAreToldApart) {
  LiveOptions options = OptionsOf(2);
  options.sources[1].events = options.sources[0].events;
  follower_ = *DayFollower::Open(*log_, *registry_, clock_, options.sources, options.follow);
  WriteSales(0, 1, {{"A_1_1", 1}});
  WriteSales(1, 1, {{"A_1_1", 2}}, /*partition=*/0);
  WriteTotal(0, 1, {{"A_1_1", 1}});
  WriteTotal(1, 1, {{"A_1_1", 2}});
  const auto day = Next();
  ASSERT_TRUE(day);
  EXPECT_THAT(day->stores[0].units, ElementsAre(1));
  EXPECT_THAT(day->stores[1].units, ElementsAre(2));
}

TEST_F(DayFollowerTest, GoesOnFromItsPositionsToTheSameDays) {
  for (int32_t day = 1; day <= 6; ++day) {
    WriteDay(0, day, {{"A_1_1", day}, {"A_1_2", 1}});
    WriteDay(1, day, {{"A_1_1", 10 * day}});
  }
  Open();
  for (int32_t taken = 1; taken <= 6; ++taken) {
    ASSERT_TRUE(Next());
    const auto positions = follower_->positions();
    const auto items = follower_->items();
    const Day next = follower_->next_day();
    LiveOptions options = OptionsOf(2);
    auto other = *DayFollower::Open(*log_, *registry_, clock_, options.sources, options.follow);
    ASSERT_TRUE(other->GoOnFrom(next, items, positions).has_value());
    for (Day day = next; day <= Day(6); ++day) {
      const auto given = *other->Next(std::chrono::milliseconds(0), {});
      ASSERT_TRUE(given) << taken << " " << day.value();
      EXPECT_EQ(given->day, day);
      EXPECT_THAT(given->stores[0].units, ElementsAre(day.value(), 1));
      EXPECT_THAT(given->stores[1].units, ElementsAre(10 * day.value()));
    }
    EXPECT_EQ(other->counts().late, 0);
  }
}

TEST_F(DayFollowerTest, ARecordThatIsNoneIsAnErrorWithItsPlace) {
  Open();
  Write("sales", 0, {{"k", "x", TimeOf(1)}});
  const auto day = follower_->Next(std::chrono::milliseconds(0), {});
  ASSERT_FALSE(day.has_value());
  EXPECT_EQ(day.error().code, ErrorCode::kCorrupt);
  EXPECT_THAT(day.error().message, HasSubstr("sales-0 offset 0"));
}

}  // namespace
}  // namespace tillstream
