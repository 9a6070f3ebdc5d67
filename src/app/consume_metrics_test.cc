#include "app/consume_metrics.h"

#include <gmock/gmock.h>

#include "testing/sim_clock.h"

namespace tillstream {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;

/// One end for all partitions, which a test sets.
class ToldEnds final : public PartitionEnds {
 public:
  explicit ToldEnds(Clock& clock) : clock_(clock), known_at_(clock.Monotonic()) {}

  /// From now on; what is found empty later is all of it.
  void Tell(int64_t offset) {
    if (!end_ || end_->offset != Offset(offset)) end_ = {Offset(offset), clock_.Monotonic()};
  }

  void Want(const std::vector<TopicPartition>& partitions) override { wanted = partitions; }
  std::optional<End> Find(const TopicPartition& /*partition*/) override { return end_; }
  std::chrono::nanoseconds known_at() override {
    if (answers) known_at_ = clock_.Monotonic();
    return known_at_;
  }
  std::string failure() override { return error; }

  bool answers = true;
  std::string error;
  std::vector<TopicPartition> wanted;

 private:
  Clock& clock_;
  std::optional<End> end_;
  std::chrono::nanoseconds known_at_;
};

class ConsumeMetricsTest : public testing::Test {
 protected:
  ConsumeMetricsTest() {
    auto ends = std::make_unique<ToldEnds>(clock_);
    ends_ = ends.get();
    source_ = std::make_unique<ConsumeMetrics>(std::move(ends), clock_, board_, seconds(10));
    clock_.Advance(seconds(1));
    state_.sources.emplace_back().partition = {"sales", PartitionId(3)};
  }

  /// The consumer has come round, a second later.
  HealthState Round() {
    clock_.Advance(seconds(1));
    state_.at = clock_.Monotonic();
    if (is_empty_) state_.sources[0].found_empty_at = state_.at;
    board_.Put(state_);
    return Sample();
  }
  HealthState Sample() {
    Metrics metrics;
    health_ = source_->Sample(metrics);
    text_ = metrics.Text();
    return health_.state;
  }
  std::string Reason() const { return health_.reasons.empty() ? "" : health_.reasons.front(); }
  SourceState& source() { return state_.sources[0]; }

  SimClock clock_;
  ConsumeBoard board_;
  ToldEnds* ends_ = nullptr;
  std::unique_ptr<ConsumeMetrics> source_;
  ConsumeState state_;
  bool is_empty_ = false;
  Health health_;
  std::string text_;
};

TEST_F(ConsumeMetricsTest, BeforeAnythingIsOpenItIsStarting) {
  EXPECT_EQ(Sample(), HealthState::kStarting);
}

TEST_F(ConsumeMetricsTest, EveryPartitionHasItsSeries) {
  ends_->Tell(1'000);
  source().next = Offset(400);
  state_.queue_records = 5;
  state_.summary = {
      .records = 390, .bytes = 7'000, .repeats = 3, .missing = 2, .skipped = {{"x", 4}}};
  Round();
  for (const char* line :
       {"tillstream_consume_position_offset{partition=\"3\",topic=\"sales\"} 400\n",
        "tillstream_consume_end_offset{partition=\"3\",topic=\"sales\"} 1000\n",
        "tillstream_consume_lag_records{partition=\"3\",topic=\"sales\"} 600\n",
        "tillstream_consume_read_records_total 390\n", "tillstream_consume_read_bytes_total 7000\n",
        "tillstream_consume_repeated_records_total 3\n",
        "tillstream_consume_missing_events_total 2\n",
        "tillstream_consume_errors_total{reason=\"x\"} 4\n", "tillstream_consume_queue_records 5\n",
        "tillstream_consume_partitions 1\n"}) {
    EXPECT_THAT(text_, HasSubstr(line));
  }
}

TEST_F(ConsumeMetricsTest, WaitingForNewEventsAtTheEndIsOk) {
  ends_->Tell(1'000);
  source().next = Offset(1'000);
  for (int i = 0; i < 100; ++i) ASSERT_EQ(Round(), HealthState::kOk);
}

TEST_F(ConsumeMetricsTest, AnEndThatIsReadBeyondIsShownWhereTheReaderIs) {
  ends_->Tell(1'000);
  source().next = Offset(1'200);
  EXPECT_EQ(Round(), HealthState::kOk);
  EXPECT_THAT(text_,
              HasSubstr("tillstream_consume_end_offset{partition=\"3\",topic=\"sales\"} 1200\n"));
  EXPECT_THAT(text_,
              HasSubstr("tillstream_consume_lag_records{partition=\"3\",topic=\"sales\"} 0\n"));
}

TEST_F(ConsumeMetricsTest, MarksOfTransactionsBehindTheLastRecordAreNoLag) {
  ends_->Tell(1'000);
  source().next = Offset(997);
  is_empty_ = true;
  for (int i = 0; i < 100; ++i) ASSERT_EQ(Round(), HealthState::kOk);
  EXPECT_THAT(text_,
              HasSubstr("tillstream_consume_lag_records{partition=\"3\",topic=\"sales\"} 0\n"));
}

TEST_F(ConsumeMetricsTest, RecordsThatAreNotReadAreAStall) {
  ends_->Tell(1'000);
  source().next = Offset(400);
  for (int i = 0; i < 6; ++i) ASSERT_EQ(Round(), HealthState::kOk) << i;
  for (int i = 0; i < 5; ++i) ASSERT_EQ(Round(), HealthState::kSlow) << i;
  EXPECT_EQ(Round(), HealthState::kStalled);
  EXPECT_EQ(Reason(), "sales-3: no progress for 11 s; 600 records to read");
  source().ended = true;
  EXPECT_EQ(Round(), HealthState::kOk);
}

TEST_F(ConsumeMetricsTest, ReadingButNotReachingTheEndIsSlow) {
  ends_->Tell(1'000'000);
  for (int i = 0; i < 40; ++i) {
    source().next = source().next + 1'000;
    Round();
    if (i <= 5) continue;
    ASSERT_EQ(health_.state, HealthState::kSlow) << i;
  }
  EXPECT_EQ(Reason(), "sales-3: 39 s behind");
}

TEST_F(ConsumeMetricsTest, FollowingAStreamThatNeverStopsIsOk) {
  // Always something to read, and always what was there five seconds ago is read.
  for (int i = 1; i < 40; ++i) {
    ends_->Tell(1'000 * i);
    source().next = Offset(1'000 * i - 500);
    ASSERT_EQ(Round(), HealthState::kOk) << i;
  }
}

TEST_F(ConsumeMetricsTest, AnEndThatNobodyTellsIsAStallAfterTheTime) {
  ends_->Tell(1'000);
  source().next = Offset(1'000);
  Round();
  ends_->answers = false;
  for (int i = 0; i < 10; ++i) ASSERT_EQ(Round(), HealthState::kOk) << i;
  EXPECT_EQ(Round(), HealthState::kStalled);
  EXPECT_EQ(Reason(), "ends: no answer for 11 s");
  ends_->error = "kafka: no broker answered";
  EXPECT_EQ(Round(), HealthState::kStalled);
  EXPECT_EQ(Reason(), "ends: kafka: no broker answered");
  ends_->answers = true;
  EXPECT_EQ(Round(), HealthState::kOk);
}

TEST_F(ConsumeMetricsTest, AConsumerThatDoesNotComeRoundIsAStall) {
  ends_->Tell(1'000);
  source().next = Offset(1'000);
  Round();
  clock_.Advance(seconds(10));
  EXPECT_EQ(Sample(), HealthState::kOk);
  clock_.Advance(seconds(1));
  EXPECT_EQ(Sample(), HealthState::kStalled);
  EXPECT_EQ(Reason(), "reader: no round for 11 s");
}

TEST_F(ConsumeMetricsTest, APartitionThatIsNoLongerReadHasNoSeries) {
  ends_->Tell(10);
  Round();
  EXPECT_THAT(text_, HasSubstr("partition=\"3\""));
  source().partition.partition = PartitionId(4);
  Round();
  EXPECT_THAT(text_, testing::Not(HasSubstr("partition=\"3\"")));
  ASSERT_EQ(ends_->wanted.size(), 1U);
  EXPECT_EQ(ends_->wanted[0].ToString(), "sales-4");
}

}  // namespace
}  // namespace tillstream
