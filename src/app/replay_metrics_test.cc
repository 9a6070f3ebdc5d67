#include "app/replay_metrics.h"

#include <gmock/gmock.h>

#include "testing/sim_clock.h"

namespace tillstream {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;

/// A replay of two stores that a test moves by hand, sampled.
class ReplayMetricsTest : public testing::Test {
 protected:
  ReplayMetricsTest() {
    request_.metrics.stalled_after_seconds = 10;
    request_.sync.interval = seconds(1);
    request_.max_skew_days = 7;
    for (const char* id : {"CA_1", "TX_1"}) {
      StoreProgress store;
      store.store_id = id;
      state_.stores.push_back(store);
    }
  }

  void Pace(const std::string& speed) { request_.speed = *Speed::Parse(speed); }
  StoreProgress& ca() { return state_.stores[0]; }
  StoreProgress& tx() { return state_.stores[1]; }

  HealthState Sample() {
    if (source_ == nullptr) {
      source_ = std::make_unique<ReplayMetrics>(clock_, request_, [this] { return state_; });
    }
    Metrics metrics;
    health_ = source_->Sample(metrics);
    text_ = metrics.Text();
    return health_.state;
  }
  HealthState SampleAfter(seconds time) {
    clock_.Advance(time);
    return Sample();
  }
  std::string Reason() const { return health_.reasons.empty() ? "" : health_.reasons.front(); }

  SimClock clock_;
  ReplayRequest request_;
  ReplayState state_;
  std::unique_ptr<ReplayMetrics> source_;
  Health health_;
  std::string text_;
};

TEST_F(ReplayMetricsTest, EveryStoreHasItsSeries) {
  Pace("1d/s");
  ca().events_written = 900;
  ca().bytes_written = 4'500;
  ca().position = Position(1'000);
  ca().durable = Position(700);
  ca().durable_day = Day(8);
  ca().written_lag = milliseconds(1'500);
  ca().lag = milliseconds(2'500);
  ca().reopens = 2;
  Sample();
  for (const char* line :
       {"tillstream_replay_written_events_total{store=\"CA_1\"} 900\n",
        "tillstream_replay_written_bytes_total{store=\"CA_1\"} 4500\n",
        "tillstream_replay_position_events{store=\"CA_1\"} 700\n",
        "tillstream_replay_queue_events{store=\"CA_1\"} 300\n",
        "tillstream_replay_next_day{store=\"CA_1\"} 8\n",
        "tillstream_replay_written_lag_seconds{store=\"CA_1\"} 1.5\n",
        "tillstream_replay_lag_seconds{store=\"CA_1\"} 2.5\n",
        "tillstream_replay_errors_total{reason=\"writer ended\",store=\"CA_1\"} 2\n",
        "tillstream_replay_position_events{store=\"TX_1\"} 0\n", "tillstream_replay_paused 0\n"}) {
    EXPECT_THAT(text_, HasSubstr(line));
  }
  EXPECT_THAT(text_, Not(HasSubstr("tillstream_replay_generators")));
}

TEST_F(ReplayMetricsTest, ACounterDoesNotGoBackWhenAProcessDies) {
  ca().events_written = 900;
  ca().position = Position(900);
  Sample();
  ca().events_written = 300;
  ca().position = Position(300);
  Sample();
  EXPECT_THAT(text_, HasSubstr("tillstream_replay_written_events_total{store=\"CA_1\"} 900\n"));
}

TEST_F(ReplayMetricsTest, ProcessesAreCountedByStateAndTheirDeathsByStore) {
  state_.processes = {{.pid = 1, .restarts = 3, .state = "running"}, {.state = "given up"}};
  Sample();
  for (const char* line :
       {"tillstream_replay_generators{state=\"running\"} 1\n",
        "tillstream_replay_generators{state=\"given up\"} 1\n",
        "tillstream_replay_generators{state=\"waiting\"} 0\n",
        "tillstream_replay_errors_total{reason=\"process died\",store=\"CA_1\"} 3\n",
        "tillstream_replay_errors_total{reason=\"given up\",store=\"TX_1\"} 1\n"}) {
    EXPECT_THAT(text_, HasSubstr(line));
  }
}

TEST_F(ReplayMetricsTest, WaitingForTheVirtualClockIsOk) {
  Pace("1d/s");
  Sample();
  EXPECT_EQ(SampleAfter(seconds(1'000)), HealthState::kOk);
}

TEST_F(ReplayMetricsTest, ADayThatIsDueAndNotWrittenIsStalledInTime) {
  Pace("1d/s");
  ca().written_lag = milliseconds(1);
  Sample();
  // The limit, and the time that --sync lets what is written wait.
  EXPECT_EQ(SampleAfter(seconds(11)), HealthState::kOk);
  EXPECT_EQ(SampleAfter(seconds(1)), HealthState::kStalled);
  EXPECT_EQ(Reason(), "store CA_1: no progress for 12 s; d_1 is due");
  state_.is_paused = true;
  EXPECT_EQ(Sample(), HealthState::kOk);
}

TEST_F(ReplayMetricsTest, BehindTheScheduleButWritingIsSlow) {
  Pace("1d/s");
  Sample();
  for (int32_t i = 1; i < 30; ++i) {
    ca().position = Position(i);
    ca().written_lag = seconds(6 + i);
    ASSERT_EQ(SampleAfter(seconds(1)), HealthState::kSlow);
  }
  EXPECT_EQ(Reason(), "store CA_1: 35 s behind");
}

TEST_F(ReplayMetricsTest, AtFullSpeedWhoWaitsForTheSlowestIsNotStalled) {
  ca().next_day = Day(9);  // 8 days ahead.
  Sample();
  SampleAfter(seconds(12));
  EXPECT_EQ(health_.state, HealthState::kStalled);
  EXPECT_EQ(health_.reasons,
            std::vector<std::string>{"store TX_1: no progress for 12 s; d_1 is due"});
}

TEST_F(ReplayMetricsTest, WhatNeverBecomesDurableIsStalled) {
  Pace("1d/s");
  ca().position = Position(30);
  Sample();
  EXPECT_EQ(SampleAfter(seconds(12)), HealthState::kStalled);
  EXPECT_EQ(Reason(), "store CA_1: no progress for 12 s; 30 events are not durable");
}

TEST_F(ReplayMetricsTest, AStoreAtItsEndHasNothingToDo) {
  ca().done = tx().done = true;
  Sample();
  EXPECT_EQ(SampleAfter(seconds(1'000)), HealthState::kOk);
}

TEST_F(ReplayMetricsTest, AStoreThatWasGivenUpIsStalledAtOnceAndHoldsNobody) {
  state_.processes = {{.pid = 1, .state = "running"}, {.restarts = 5, .state = "given up"}};
  ca().next_day = Day(100);
  EXPECT_EQ(Sample(), HealthState::kStalled);
  EXPECT_EQ(Reason(), "store TX_1: given up after 5 restarts");
  SampleAfter(seconds(12));
  ASSERT_EQ(health_.reasons.size(), 2U);
  EXPECT_EQ(health_.reasons[0], "store CA_1: no progress for 12 s; d_100 is due");
}

TEST_F(ReplayMetricsTest, BeforeEverythingIsOpenItIsStarting) {
  state_.is_started = false;
  Sample();
  EXPECT_EQ(SampleAfter(seconds(1'000)), HealthState::kStarting);
}

}  // namespace
}  // namespace tillstream
