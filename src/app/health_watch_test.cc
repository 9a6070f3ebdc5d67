#include "app/health_watch.h"

#include <gtest/gtest.h>

namespace tillstream {
namespace {

using std::chrono::seconds;

/// One store, looked at once a second.
class HealthWatchTest : public testing::Test {
 protected:
  HealthState Look(const PartState& part) {
    now_ += seconds(1);
    health_ = watch_.Judge(now_, {part});
    return health_.state;
  }
  std::string Reason() const { return health_.reasons.empty() ? "" : health_.reasons.front(); }

  HealthWatch watch_{seconds(10)};
  std::chrono::nanoseconds now_{0};
  Health health_;
};

TEST_F(HealthWatchTest, WhoHasNothingToDoIsOkForEver) {
  for (int i = 0; i < 100; ++i) ASSERT_EQ(Look({.name = "store CA_1"}), HealthState::kOk);
}

TEST_F(HealthWatchTest, WorkWithoutProgressIsStalledOnceTheTimeIsOver) {
  const PartState part{.name = "store CA_1", .progress = 7, .work = "d_17 is due"};
  for (int i = 0; i < 11; ++i) ASSERT_EQ(Look(part), HealthState::kOk) << i;
  EXPECT_EQ(Look(part), HealthState::kStalled);
  EXPECT_EQ(Reason(), "store CA_1: no progress for 11 s; d_17 is due");
}

TEST_F(HealthWatchTest, BehindButMovingIsSlowAndNotStalled) {
  for (int64_t i = 0; i < 100; ++i) {
    ASSERT_EQ(Look({.name = "a", .progress = i, .work = "more", .behind = seconds(6)}),
              HealthState::kSlow);
  }
  EXPECT_EQ(Reason(), "a: 6 s behind");
  EXPECT_EQ(Look({.name = "a", .progress = 100, .work = "more", .behind = seconds(5)}),
            HealthState::kOk);
}

TEST_F(HealthWatchTest, ProgressEndsAStall) {
  PartState part{.name = "a", .progress = 1, .work = "more", .behind = seconds(60)};
  for (int i = 0; i < 20; ++i) Look(part);
  EXPECT_EQ(health_.state, HealthState::kStalled);
  part.progress = 2;
  EXPECT_EQ(Look(part), HealthState::kSlow);
  // So does having nothing to do any more.
  for (int i = 0; i < 20; ++i) Look(part);
  EXPECT_EQ(health_.state, HealthState::kStalled);
  EXPECT_EQ(Look({.name = "a", .progress = 2}), HealthState::kOk);
}

TEST_F(HealthWatchTest, DoingTheSameAgainAndAgainIsNoProgress) {
  // A generator that dies and goes on where its durable events end, every time.
  for (int64_t i = 0; i < 20; ++i) Look({.name = "a", .progress = i % 3, .work = "more"});
  EXPECT_EQ(health_.state, HealthState::kStalled);
}

TEST_F(HealthWatchTest, AFailureIsStalledAtOnce) {
  EXPECT_EQ(Look({.name = "store CA_1", .failure = "given up"}), HealthState::kStalled);
  EXPECT_EQ(Reason(), "store CA_1: given up");
}

TEST_F(HealthWatchTest, StalledPartsAloneAreNamedWhenThereAreSlowOnesToo) {
  const Health health = watch_.Judge(
      seconds(1), {{.name = "a", .behind = seconds(9)}, {.name = "b", .failure = "given up"}});
  EXPECT_EQ(health.state, HealthState::kStalled);
  EXPECT_EQ(health.reasons, std::vector<std::string>{"b: given up"});
}

TEST_F(HealthWatchTest, APartThatWasGoneIsNew) {
  const PartState part{.name = "sales-0", .progress = 9, .work = "more"};
  for (int i = 0; i < 10; ++i) Look(part);
  Look({.name = "sales-1"});
  for (int i = 0; i < 10; ++i) ASSERT_EQ(Look(part), HealthState::kOk) << i;
}

TEST(HealthStateTest, StatesHaveTheNamesThatAreServed) {
  EXPECT_STREQ(HealthStateName(HealthState::kStarting), "starting");
  EXPECT_STREQ(HealthStateName(HealthState::kOk), "ok");
  EXPECT_STREQ(HealthStateName(HealthState::kSlow), "slow");
  EXPECT_STREQ(HealthStateName(HealthState::kStalled), "stalled");
}

}  // namespace
}  // namespace tillstream
