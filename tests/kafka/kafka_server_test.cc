// What src/kafka promises, against real brokers: the contract of EventLog, and what only a log with
// transactions has. TILLSTREAM_KAFKA_SERVERS says where they are; test_kafka_log.py starts them.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/mutex.h"
#include "kafka/kafka_log.h"
#include "kafka/kafka_run_store.h"
#include "kafka/position_reader.h"
#include "testing/event_log_contract.h"
#include "testing/run_store_contract.h"

namespace tillstream {
namespace {

/// Topics of a test begin with it, so that tests share brokers: "t17-sales".
std::string NextPrefix() {
  static std::atomic<int> count{0};
  return "t" + std::to_string(++count) + "-";
}

class KafkaUnderTest final : public LogUnderTest {
 public:
  explicit KafkaUnderTest(KafkaProperties properties = {}) {
    const char* const servers = std::getenv("TILLSTREAM_KAFKA_SERVERS");
    config_.bootstrap_servers = servers == nullptr ? "" : servers;
    config_.properties = std::move(properties);
    KafkaLogOptions options;
    options.config = config_;
    options.owner = prefix_;
    auto log = KafkaLog::Open(options, clock_);
    if (log) log_ = *std::move(log);
  }
  KafkaLog& kafka() { return *log_; }
  const KafkaConfig& config() const { return config_; }
  EventLog& log() override { return *log_; }
  bool offsets_are_dense() const override { return false; }
  bool visible_at_once() const override { return false; }
  bool flushed_is_visible() const override { return false; }
  std::string TopicName(const std::string& name) const override { return prefix_ + name; }

 private:
  SystemClock clock_;
  KafkaConfig config_;
  const std::string prefix_ = NextPrefix();
  std::unique_ptr<KafkaLog> log_;
};

EventLogFactory Kafka(const std::string& name, const KafkaProperties& properties) {
  return {name, [properties] { return std::make_unique<KafkaUnderTest>(properties); }};
}

INSTANTIATE_TEST_SUITE_P(Kafka, EventLogContract, testing::Values(Kafka("Default", {})),
                         [](const auto& instance) { return instance.param.name; });

/// Documents on topics of their own, each store with a log of its own.
class KafkaRunStoresUnderTest final : public RunStoresUnderTest {
 public:
  std::unique_ptr<RunStore> Open() override {
    MutexLock lock(mutex_);
    logs_.push_back(std::make_unique<KafkaUnderTest>());
    return std::make_unique<KafkaRunStore>(logs_.back()->kafka(), clock_);
  }
  std::string TopicName(const std::string& name) override {
    const std::string topic = prefix_ + name;
    EXPECT_TRUE(KafkaUnderTest().kafka().admin().Create(PositionsTopicSpec(topic, 1)));
    return topic;
  }

 private:
  SystemClock clock_;
  const std::string prefix_ = NextPrefix();
  Mutex mutex_;
  std::vector<std::unique_ptr<KafkaUnderTest>> logs_;
};

INSTANTIATE_TEST_SUITE_P(Kafka, RunStoreContract,
                         testing::Values(RunStoreFactory{
                             "Kafka", [] { return std::make_unique<KafkaRunStoresUnderTest>(); }}),
                         [](const auto& instance) { return instance.param.name; });

/// A topic of two partitions and writers over it.
class KafkaServerTest : public testing::Test {
 protected:
  void Start(const KafkaProperties& properties = {}) {
    under_test_ = std::make_unique<KafkaUnderTest>(properties);
    ASSERT_TRUE(kafka().CreateTopic({Topic(), 2}).has_value());
  }
  KafkaUnderTest& under_test() { return *under_test_; }
  KafkaLog& kafka() { return under_test_->kafka(); }
  std::string Topic() const { return under_test_->TopicName("sales"); }
  TopicPartition Events() const { return {Topic(), PartitionId(1)}; }

  Result<std::unique_ptr<LogWriter>> TryOpen(const std::string& holder,
                                             const std::string& identity = "") {
    WriterSpec spec;
    spec.events = {Events()};
    spec.stream = "CA_1";
    spec.holder = holder;
    spec.identity = identity;
    return kafka().OpenWriter(spec);
  }
  std::unique_ptr<LogWriter> Open(const std::string& holder = "process 1") {
    auto writer = TryOpen(holder);
    EXPECT_TRUE(writer.has_value()) << (writer ? "" : writer.error().message);
    return writer ? *std::move(writer) : nullptr;
  }
  /// Appends `count` events whose value is their place in the stream.
  static Status Write(LogWriter& writer, int count) {
    RecordBlock block;
    block.Clear(Timestamp(1'296'259'200'000));
    for (int i = 0; i < count; ++i) {
      block.Append("key", std::to_string(writer.position().value() + i));
    }
    return writer.Append(block);
  }
  static Error ErrorOf(const Result<Position>& result) { return result ? Error{} : result.error(); }
  static Result<Position> Sync(LogWriter& writer) { return writer.Sync(std::chrono::seconds(30)); }
  /// That a reader sees the events 0 .. count-1, each once and in order.
  void ExpectEvents(int count) {
    auto reader = kafka().OpenReader(Events());
    ASSERT_TRUE(reader.has_value());
    int next = 0;
    for (;;) {
      const auto wait = std::chrono::seconds(next < count ? 10 : 0);
      const auto records = (*reader)->Read(wait);
      ASSERT_TRUE(records.has_value()) << records.error().message;
      if (records->empty()) break;
      for (const RecordView& record : *records) EXPECT_EQ(record.value, std::to_string(next++));
    }
    EXPECT_EQ(next, count);
  }

 private:
  std::unique_ptr<KafkaUnderTest> under_test_;
};

TEST_F(KafkaServerTest, ASecondWriterTakesOverAndTheFirstIsToldWhoItIs) {
  Start();
  auto first = Open("process 17 on till-3");
  ASSERT_TRUE(Write(*first, 5).has_value());
  ASSERT_TRUE(Sync(*first).has_value());
  ASSERT_TRUE(Write(*first, 3).has_value());  // Never committed.
  auto second = Open("process 18 on till-4");
  EXPECT_EQ(second->position(), Position(5));
  const Error error = ErrorOf(Sync(*first));
  EXPECT_EQ(error.code, ErrorCode::kRefused);
  EXPECT_EQ(error.message, "kafka: " + Topic() +
                               "-1: another writer took the stream over (process 18 on till-4); it "
                               "goes on from the committed position, so leave it to that one, or "
                               "stop it first");
  // It stays so, and the second is not disturbed.
  EXPECT_EQ(Write(*first, 1).error().message, error.message);
  EXPECT_EQ(ErrorOf(Sync(*first)).message, error.message);
  ASSERT_TRUE(Write(*second, 2).has_value());
  ASSERT_TRUE(Sync(*second).has_value());
  ExpectEvents(7);
}

TEST_F(KafkaServerTest, AnIdleWriterThatWasReplacedLearnsItWhenItWrites) {
  Start();
  auto first = Open("process 17");
  auto second = Open("process 18");
  Status status = Write(*first, 1);
  if (status) {
    const auto position = Sync(*first);
    if (!position) status = position.error();
  }
  ASSERT_FALSE(status.has_value());
  EXPECT_EQ(status.error().code, ErrorCode::kRefused) << status.error().message;
  ExpectEvents(0);
}

TEST_F(KafkaServerTest, AProcessThatWasReplacedCannotTakeTheStreamBack) {
  Start();
  // It has learned nothing: its connection was gone, or it was stopped.
  Open("process 17").reset();
  Open("process 17").reset();
  SystemClock clock;
  KafkaLogOptions options;
  options.config = under_test().config();
  options.owner = "another process";
  const auto other = KafkaLog::Open(options, clock);
  ASSERT_TRUE(other.has_value());
  WriterSpec spec;
  spec.events = {Events()};
  spec.stream = "CA_1";
  spec.holder = "process 18 on till-4";
  auto second = (*other)->OpenWriter(spec);
  ASSERT_TRUE(second.has_value()) << second.error().message;
  const auto again = TryOpen("process 17");
  ASSERT_FALSE(again.has_value());
  EXPECT_EQ(again.error().code, ErrorCode::kRefused);
  EXPECT_EQ(again.error().message,
            "kafka: " + Topic() +
                "-1: another writer took the stream over (process 18 on till-4); it goes on from "
                "the committed position, so leave it to that one, or stop it first");
  ASSERT_TRUE(Write(**second, 3).has_value());
  ASSERT_TRUE(Sync(**second).has_value());
  ExpectEvents(3);
}

TEST_F(KafkaServerTest, ATransactionThatTimedOutIsNotAnotherWriter) {
  // The broker looks for such transactions every so often: test_kafka_log.py has it do so at once.
  Start({{"transaction.timeout.ms", "1000"}, {"message.timeout.ms", "900"}});
  auto writer = Open();
  ASSERT_TRUE(Write(*writer, 4).has_value());
  ASSERT_TRUE(Sync(*writer).has_value());
  ExpectEvents(4);
  ASSERT_TRUE(Write(*writer, 4).has_value());
  // The first record of the open transaction holds the end back; when the broker gives the
  // transaction up, its mark moves it.
  auto reader = kafka().OpenReader(Events());
  ASSERT_TRUE(reader.has_value());
  const Offset before = *(*reader)->End();
  SystemClock clock;
  const std::chrono::nanoseconds deadline = clock.Monotonic() + std::chrono::seconds(30);
  while (*(*reader)->End() == before && clock.Monotonic() < deadline) {
    ASSERT_TRUE(writer->Flush().has_value());
  }
  const Error error = ErrorOf(Sync(*writer));
  EXPECT_EQ(error.code, ErrorCode::kUnavailable);
  EXPECT_EQ(error.message, "kafka: " + Topic() +
                               "-1: a transaction was open for more than 1000 ms "
                               "(transaction.timeout.ms) and was given up");
  writer.reset();
  writer = Open();
  EXPECT_EQ(writer->position(), Position(4));
  ASSERT_TRUE(Write(*writer, 2).has_value());
  ASSERT_TRUE(Sync(*writer).has_value());
  ExpectEvents(6);
}

TEST_F(KafkaServerTest, ATransactionIsCommittedBeforeItsTimeIsOver) {
  Start({{"transaction.timeout.ms", "4000"}, {"message.timeout.ms", "3000"}});
  auto writer = Open();
  ASSERT_TRUE(Write(*writer, 4).has_value());
  SystemClock clock;
  const std::chrono::nanoseconds half = clock.Monotonic() + std::chrono::milliseconds(2000);
  while (clock.Monotonic() < half) ASSERT_TRUE(writer->Flush().has_value());
  EXPECT_EQ(writer->durable_position(), Position(0));
  ASSERT_TRUE(Write(*writer, 4).has_value());
  EXPECT_EQ(writer->durable_position(), Position(4));
  ExpectEvents(4);
  ASSERT_TRUE(Sync(*writer).has_value());
  ExpectEvents(8);
}

TEST_F(KafkaServerTest, AStreamOfAnotherIdentityIsRefused) {
  Start();
  ASSERT_TRUE(TryOpen("process 1", "dataset 1a2b").has_value());
  ASSERT_TRUE(TryOpen("process 2", "dataset 1a2b").has_value());
  const auto other = TryOpen("process 3", "dataset 3c4d");
  ASSERT_FALSE(other.has_value());
  EXPECT_EQ(other.error().code, ErrorCode::kRefused);
  EXPECT_EQ(other.error().message,
            "kafka: " + Topic() +
                "-1: was written from dataset 1a2b, and this would write dataset 3c4d; use another "
                "topic");
}

TEST_F(KafkaServerTest, APartitionThatAnotherProgramWroteIsRefused) {
  Start();
  WriterSpec other;
  other.events = {{Topic(), PartitionId(0)}};
  other.totals = Events();  // Records that no position of the stream there accounts for.
  auto writer = kafka().OpenWriter(other);
  ASSERT_TRUE(writer.has_value()) << writer.error().message;
  RecordBlock block;
  block.Clear(Timestamp(1'296'259'200'000));
  block.Append("k", "v");
  ASSERT_TRUE((*writer)->AppendTotals(block).has_value());
  ASSERT_TRUE(Sync(**writer).has_value());
  auto reader = kafka().OpenReader(Events());
  ASSERT_FALSE((*reader)->Read(std::chrono::seconds(10))->empty());
  const auto refused = TryOpen("process 2");
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::kRefused);
  EXPECT_EQ(refused.error().message,
            "kafka: " + Topic() +
                "-1: has records (offset 0) but no position; another program wrote them; use "
                "another topic");
}

TEST_F(KafkaServerTest, ATopicThatWasMadeAgainIsNotWhatThePositionSays) {
  Start();
  SystemClock clock;
  const Status status = CheckPartition(under_test().config(), Events(), Position(5), clock);
  ASSERT_FALSE(status.has_value());
  EXPECT_EQ(status.error().code, ErrorCode::kRefused);
  EXPECT_EQ(status.error().message,
            "kafka: " + Topic() +
                "-1: 5 events are said to be written, but it ends at offset 0; was the topic made "
                "again? delete its positions topic too, or use another topic");
}

TEST_F(KafkaServerTest, AnEventWhoseTimeTheClientCannotWriteIsRefused) {
  Start();
  auto writer = Open();
  RecordBlock block;
  block.Clear(Timestamp(0));
  block.Append("k", "v");
  const Status status = writer->Append(block);
  ASSERT_FALSE(status.has_value());
  EXPECT_EQ(status.error().code, ErrorCode::kBadInput);
  writer.reset();
  writer = Open();
  ASSERT_TRUE(Write(*writer, 2).has_value());
  ASSERT_TRUE(Sync(*writer).has_value());
  ExpectEvents(2);
}

/// Of events that are older than any retention that is not infinite.
const EventDates kDates = {.begin = *ParseDate("2011-01-29"),
                           .end = *ParseDate("2016-05-23"),
                           .today = *ParseDate("2026-01-01")};

TEST_F(KafkaServerTest, TopicsAreMadeWithoutRetentionAndDoNotDeviate) {
  Start();
  const TopicSpec spec = EventTopicSpec(Topic(), 2);
  const auto found = kafka().admin().Describe(Topic());
  ASSERT_TRUE(found.has_value() && found->has_value());
  EXPECT_EQ((*found)->settings.at("retention.ms"), "-1");
  EXPECT_EQ((*found)->settings.at("segment.ms"), std::to_string(kSegmentMs));
  EXPECT_TRUE(TopicDeviations(spec, **found, kDates).empty());
  const auto none = kafka().admin().Describe(Topic() + "-none");
  ASSERT_TRUE(none.has_value());
  EXPECT_FALSE(none->has_value());
}

TEST_F(KafkaServerTest, ATopicWithTheBrokersDefaultsDeviates) {
  Start();
  TopicSpec plain;
  plain.name = Topic() + "-plain";
  plain.partition_count = 1;
  ASSERT_TRUE(kafka().admin().Create(plain).has_value());
  const auto found = kafka().admin().Describe(plain.name);
  ASSERT_TRUE(found.has_value() && found->has_value());
  const auto deviations = TopicDeviations(EventTopicSpec(plain.name, 1), **found, kDates);
  ASSERT_EQ(deviations.size(), 2U);
  EXPECT_TRUE(deviations[0].find(" deletes after 7 d ") != std::string::npos) << deviations[0];
  EXPECT_TRUE(deviations[1].find("(segment.ms=604800000)") != std::string::npos) << deviations[1];
}

TEST_F(KafkaServerTest, WhatABrokerDoesNotTakeSaysWhy) {
  Start();
  TopicSpec spec = EventTopicSpec(Topic() + "-9", 1);
  spec.replication_factor = 9;
  const Error replication = kafka().admin().Create(spec).error();
  EXPECT_EQ(replication.code, ErrorCode::kUsage) << replication.message;
  EXPECT_TRUE(replication.message.starts_with("kafka: topic \"" + spec.name + "\": "));
  spec.name = "no/name";
  spec.replication_factor = 1;
  EXPECT_EQ(kafka().admin().Create(spec).error().code, ErrorCode::kUsage);
}

}  // namespace
}  // namespace tillstream
