#include "replay/generator.h"

#include <gtest/gtest.h>

#include "replay/replay_fixture.h"

namespace tillstream {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

TEST(SyncPolicyTest, BytesAndTimeAreRead) {
  struct Case {
    const char* text;
    int64_t bytes;
    milliseconds interval;
  };
  for (const Case& c :
       {Case{"16MiB,1s", 16 << 20, seconds(1)}, Case{"0,0s", 0, milliseconds(0)},
        Case{"1000,250ms", 1000, milliseconds(250)}, Case{"5B,2min", 5, seconds(120)},
        Case{"2KiB,60min", 2048, seconds(3600)}, Case{"3kB,1s", 3000, seconds(1)},
        Case{"1MB,1s", 1'000'000, seconds(1)}, Case{"1GB,1s", 1'000'000'000, seconds(1)},
        Case{"1024GiB,1440min", int64_t{1} << 40, seconds(86'400)}}) {
    const Result<SyncPolicy> policy = SyncPolicy::Parse(c.text);
    ASSERT_TRUE(policy.has_value()) << c.text;
    EXPECT_EQ(policy->bytes, c.bytes) << c.text;
    EXPECT_EQ(policy->interval, c.interval) << c.text;
  }
}

TEST(SyncPolicyTest, ACommitIsOfEventsAndTime) {
  const Result<SyncPolicy> policy = SyncPolicy::ParseCommit("1000000,1s");
  ASSERT_TRUE(policy.has_value());
  EXPECT_EQ(policy->events, 1'000'000);
  EXPECT_EQ(policy->interval, std::chrono::seconds(1));
  EXPECT_EQ(policy->bytes, INT64_MAX);
  for (const char* const text :
       {"", "1000", "1000,", ",1s", "-1,1s", "1e6,1s", "1000,21s", "1s,1"}) {
    const Result<SyncPolicy> refused = SyncPolicy::ParseCommit(text);
    ASSERT_FALSE(refused.has_value()) << text;
    EXPECT_EQ(refused.error().code, ErrorCode::kUsage);
    EXPECT_TRUE(refused.error().message.starts_with("--commit: \"")) << refused.error().message;
  }
}

TEST(SyncPolicyTest, AnythingElseIsRefused) {
  for (const char* text : {"",
                           ",",
                           "16MiB",
                           "1s",
                           "16MiB,",
                           ",1s",
                           "16 MiB,1s",
                           "16mib,1s",
                           "-1,1s",
                           "1,-1s",
                           "1,1",
                           "1,1h",
                           "1,1s,1s",
                           "1.5MiB,1s",
                           "1025GiB,1s",
                           "1,1441min",
                           "1,86400001ms",
                           "1099511627776GiB,1s",
                           "9223372036854775807GiB,1s",
                           "1,9223372036854775807min",
                           "99999999999999999999,1s"}) {
    const Result<SyncPolicy> policy = SyncPolicy::Parse(text);
    ASSERT_FALSE(policy.has_value()) << text;
    EXPECT_EQ(policy.error().code, ErrorCode::kUsage);
    EXPECT_EQ(policy.error().message,
              fmt::format("--sync: \"{}\" is not a size of at most 1024 GiB and a time of at most "
                          "1440 min; write 16MiB,1s",
                          text));
  }
}

/// A writer that counts what it is asked for; what it holds can be set.
class CountingWriter final : public LogWriter {
 public:
  struct Counts {
    int64_t position = 0;
    int64_t durable = 0;
    int64_t totals = 0;
    int64_t syncs = 0;
  };
  explicit CountingWriter(Counts* counts) : counts_(counts) {}
  Position position() const override { return Position(counts_->position); }
  Position durable_position() const override { return Position(counts_->durable); }
  int64_t totals_count() const override { return counts_->totals; }
  int64_t EventsIn(size_t /*index*/) const override { return counts_->position; }
  int64_t DurableEventsIn(size_t /*index*/) const override { return counts_->durable; }
  Status AppendTo(size_t /*index*/, const RecordBlock& events) override {
    counts_->position += events.record_count();
    return Ok();
  }
  Status AppendTotals(const RecordBlock& totals) override {
    counts_->totals += totals.record_count();
    return Ok();
  }
  Status Flush() override { return Ok(); }
  Result<Position> Sync(milliseconds) override {
    ++counts_->syncs;
    counts_->durable = counts_->position;
    return durable_position();
  }

 private:
  Counts* counts_;
};

class GeneratorTest : public testing::Test {
 protected:
  static constexpr int32_t kRows = 3;  // items of a SmallDataset
  static constexpr int32_t kDays = 10;

  Result<std::unique_ptr<Generator>> Open(Day from = Day(1), Day to = Day(kDays + 1)) {
    options_.name = dataset_.stores[0]->store_id();
    options_.source.tables = {dataset_.stores[0]};
    options_.source.calendar = dataset_.calendar;
    options_.from = from;
    options_.to = to;
    options_.source.sales_schema = SchemaId(1);
    options_.source.totals_schema = SchemaId(2);
    return Generator::Open(options_, std::make_unique<CountingWriter>(&counts_), clock_);
  }
  std::unique_ptr<Generator> MustOpen(Day from = Day(1), Day to = Day(kDays + 1)) {
    auto generator = Open(from, to);
    TILLSTREAM_CHECK(generator.has_value());
    return *std::move(generator);
  }

  Dataset dataset_ = LoadSmall(SmallDataset());
  SimClock clock_;
  GeneratorOptions options_;
  CountingWriter::Counts counts_;
};

TEST_F(GeneratorTest, AnEmptyLogBeginsAtTheFirstDay) {
  EXPECT_EQ(MustOpen()->next_day(), Day(1));
  EXPECT_EQ(MustOpen(Day(4))->next_day(), Day(4));
  EXPECT_FALSE(MustOpen()->done());
}

TEST_F(GeneratorTest, ThePositionSaysWhereToGoOn) {
  counts_ = {.position = 7, .durable = 5, .totals = 2};
  const auto generator = MustOpen(Day(4));
  EXPECT_EQ(generator->next_day(), Day(6));
  EXPECT_EQ(generator->durable_day(), Day(5));
  ASSERT_TRUE(generator->WriteDay(nanoseconds(0)));
  EXPECT_EQ(counts_.position, 9);
  EXPECT_EQ(counts_.totals, 3);
  EXPECT_EQ(generator->next_day(), Day(7));
}

TEST_F(GeneratorTest, ItIsDoneAtItsEnd) {
  counts_ = {.position = 9, .durable = 9, .totals = 3};
  EXPECT_TRUE(MustOpen(Day(1), Day(4))->done());
  EXPECT_TRUE(MustOpen(Day(1), Day(2))->done());
  EXPECT_FALSE(MustOpen(Day(1), Day(5))->done());
}

TEST_F(GeneratorTest, MissingTotalsAreAppendedBeforeAnythingElse) {
  counts_ = {.position = 3 * kRows + 1, .durable = 3 * kRows + 1, .totals = 1};
  const auto generator = MustOpen();
  EXPECT_EQ(counts_.totals, 3);
  EXPECT_EQ(counts_.position, 3 * kRows + 1);
  ASSERT_TRUE(generator->Sync());
  EXPECT_EQ(counts_.syncs, 1) << "totals are to be durable, too";
}

TEST_F(GeneratorTest, ALogWithMoreEventsThanTheDataIsRefused) {
  counts_ = {.position = kDays * kRows, .durable = 0, .totals = kDays};
  EXPECT_TRUE(Open().has_value());
  counts_.position += 1;
  const auto generator = Open();
  ASSERT_FALSE(generator.has_value());
  EXPECT_EQ(generator.error().code, ErrorCode::kRefused);
  EXPECT_EQ(generator.error().message,
            "store CA_1: the log holds 31 events, the data has 30; use the data that the run began "
            "with, or another --log or --topic");
}

TEST_F(GeneratorTest, TotalsThatAreAheadOfTheirEventsAreCorruption) {
  counts_ = {.position = 2 * kRows + 2, .durable = 0, .totals = 3};
  const auto generator = Open();
  ASSERT_FALSE(generator.has_value());
  EXPECT_EQ(generator.error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(generator.error().message,
            "store CA_1: the log holds 3 end-of-day totals for 2 complete days; replay --repair "
            "writes the events again");
}

TEST_F(GeneratorTest, AfterARepairTotalsThatAreAheadStayAndTheirEventsAreWritten) {
  options_.totals_may_lead = true;
  counts_ = {.position = 2 * kRows + 2, .durable = 0, .totals = 4};
  const auto generator = MustOpen();
  for (int64_t totals : {4, 4, 5}) {
    ASSERT_TRUE(generator->WriteDay(nanoseconds(0)));
    EXPECT_EQ(counts_.totals, totals);
  }
  EXPECT_EQ(counts_.position, 5 * kRows);
  counts_.totals = kDays + 1;
  EXPECT_FALSE(Open().has_value()) << "more than the data has";
}

TEST_F(GeneratorTest, SmallDaysAreSyncedTogether) {
  const auto generator = MustOpen();
  while (!generator->done()) ASSERT_TRUE(generator->WriteDay(nanoseconds(0)));
  EXPECT_EQ(counts_.syncs, 0);
  ASSERT_TRUE(generator->Sync());
  EXPECT_EQ(counts_.syncs, 1);
  EXPECT_EQ(counts_.durable, kDays * kRows);
  ASSERT_TRUE(generator->Sync());
  EXPECT_EQ(counts_.syncs, 1) << "nothing was new";
}

TEST_F(GeneratorTest, ASyncComesAfterSoManyBytes) {
  options_.sync = {.bytes = 0, .interval = std::chrono::minutes(1)};
  const auto generator = MustOpen();
  for (int64_t day = 1; day <= 3; ++day) {
    ASSERT_TRUE(generator->WriteDay(nanoseconds(0)));
    EXPECT_EQ(counts_.syncs, day);
  }
}

TEST_F(GeneratorTest, ASyncComesAfterSoLong) {
  options_.sync = {.bytes = 1 << 30, .interval = seconds(1)};
  const auto generator = MustOpen();
  for (int64_t day = 1; day <= 9; ++day) {
    clock_.Advance(milliseconds(400));
    ASSERT_TRUE(generator->WriteDay(nanoseconds(0)));
    EXPECT_EQ(counts_.syncs, day / 3);
  }
}

TEST_F(GeneratorTest, AStoreThatWillBeIdleForLongerThanTheIntervalSyncsAtOnce) {
  options_.sync = {.bytes = 1 << 30, .interval = seconds(1)};
  const auto generator = MustOpen();
  ASSERT_TRUE(generator->WriteDay(clock_.Monotonic() + milliseconds(999)));
  EXPECT_EQ(counts_.syncs, 0);
  ASSERT_TRUE(generator->WriteDay(clock_.Monotonic() + milliseconds(1000)));
  EXPECT_EQ(counts_.syncs, 1);
}

}  // namespace
}  // namespace tillstream
