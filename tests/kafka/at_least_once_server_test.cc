// What src/kafka and src/zookeeper promise of streams that are at least once, against a real broker
// and a real ZooKeeper: TILLSTREAM_KAFKA_SERVERS and TILLSTREAM_ZOOKEEPER say where they are;
// test_zookeeper.py starts them.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "kafka/kafka_log.h"
#include "log/sequence_header.h"
#include "testing/event_log_contract.h"
#include "testing/memory_position_store.h"
#include "testing/position_store_contract.h"
#include "zookeeper/zookeeper_position_store.h"

namespace tillstream {
namespace {

std::string FromEnvironment(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

/// Topics of a test begin with it, so that tests share servers: "a17-sales".
std::string NextPrefix() {
  static std::atomic<int> count{0};
  return "a" + std::to_string(++count) + "-";
}

ZooKeeperConfig ZooKeeperServers() {
  ZooKeeperConfig config;
  config.servers = FromEnvironment("TILLSTREAM_ZOOKEEPER");
  config.path = "/tests/positions";
  return config;
}

class AtLeastOnceLog final : public LogUnderTest {
 public:
  /// Without a store in idempotent mode. A long linger, so that what is appended stays here until
  /// it is synced, as the contract has it of what is appended alone.
  explicit AtLeastOnceLog(PositionStore* store, const std::string& linger_ms = "20000") {
    KafkaLogOptions options;
    options.config.bootstrap_servers = FromEnvironment("TILLSTREAM_KAFKA_SERVERS");
    options.config.properties = {{"linger.ms", linger_ms}};
    options.owner = prefix_;
    options.positions = store == nullptr ? PositionsMode::kIdempotent : PositionsMode::kStore;
    options.position_store = store;
    auto log = KafkaLog::Open(options, clock_);
    if (log) log_ = *std::move(log);
  }
  EventLog& log() override { return *log_; }
  bool visible_at_once() const override { return false; }
  bool deals_streams_out() const override { return false; }
  bool flushed_is_visible() const override { return false; }
  std::string TopicName(const std::string& name) const override { return prefix_ + name; }

 private:
  SystemClock clock_;
  const std::string prefix_ = NextPrefix();
  std::unique_ptr<KafkaLog> log_;
};

/// A log with its own session of ZooKeeper.
class ZooKeeperLog final : public LogUnderTest {
 public:
  EventLog& log() override { return log_.log(); }
  bool visible_at_once() const override { return log_.visible_at_once(); }
  bool deals_streams_out() const override { return log_.deals_streams_out(); }
  bool flushed_is_visible() const override { return log_.flushed_is_visible(); }
  std::string TopicName(const std::string& name) const override { return log_.TopicName(name); }

 private:
  SystemClock clock_;
  ZooKeeperPositionStore store_{ZooKeeperServers(), clock_};
  AtLeastOnceLog log_{&store_};
};

INSTANTIATE_TEST_SUITE_P(
    AtLeastOnce, EventLogContract,
    testing::Values(EventLogFactory{"Idempotent",
                                    [] { return std::make_unique<AtLeastOnceLog>(nullptr); }},
                    EventLogFactory{"ZooKeeper", [] { return std::make_unique<ZooKeeperLog>(); }}),
    [](const auto& instance) { return instance.param.name; });

/// A store with its clock.
class ClockedZooKeeperStore final : public PositionStore {
 public:
  Result<std::optional<Entry>> Load(const StreamName& stream) override {
    return store_.Load(stream);
  }
  Result<PositionVersion> Store(const StreamName& stream, const PositionRecord& record,
                                std::optional<PositionVersion> expected) override {
    return store_.Store(stream, record, expected);
  }
  std::string Describe() const override { return store_.Describe(); }

 private:
  SystemClock clock_;
  ZooKeeperPositionStore store_{ZooKeeperServers(), clock_};
};

INSTANTIATE_TEST_SUITE_P(ZooKeeper, PositionStoreContract,
                         testing::Values(PositionStoreFactory{
                             "ZooKeeper",
                             [](std::string* topic) {
                               *topic = NextPrefix() + "sales";
                               return std::make_unique<ClockedZooKeeperStore>();
                             }}),
                         [](const auto& instance) { return instance.param.name; });

/// A topic of two partitions and writers over it.
class AtLeastOnceTest : public testing::Test {
 protected:
  void Start(PositionStore* store) {
    under_test_ = std::make_unique<AtLeastOnceLog>(store, "1");
    ASSERT_TRUE(log().CreateTopic({Topic(), 2}).has_value());
  }
  EventLog& log() { return under_test_->log(); }
  std::string Topic() const { return under_test_->TopicName("sales"); }
  TopicPartition Events() const { return {Topic(), PartitionId(1)}; }

  Result<std::unique_ptr<LogWriter>> TryOpen(const std::string& holder,
                                             const std::string& identity = "") {
    WriterSpec spec;
    spec.events = {Events()};
    spec.stream = "CA_1";
    spec.holder = holder;
    spec.identity = identity;
    return log().OpenWriter(spec);
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
  static Result<Position> Sync(LogWriter& writer) { return writer.Sync(std::chrono::seconds(30)); }
  /// Writes on until the writer refuses; its error.
  static Error WriteUntilRefused(LogWriter& writer) {
    SystemClock clock;
    const std::chrono::nanoseconds deadline = clock.Monotonic() + std::chrono::seconds(30);
    while (clock.Monotonic() < deadline) {
      if (const Status status = Write(writer, 1); !status) return status.error();
      if (const auto position = Sync(writer); !position) return position.error();
    }
    return Error{};
  }
  /// The sequences of all records, whose values must be the same.
  std::vector<int64_t> Sequences(size_t count) {
    std::vector<int64_t> sequences;
    auto reader = log().OpenReader(Events());
    EXPECT_TRUE(reader.has_value());
    for (;;) {
      const auto wait = std::chrono::seconds(sequences.size() < count ? 10 : 0);
      const auto records = (*reader)->Read(wait);
      EXPECT_TRUE(records.has_value()) << (records ? "" : records.error().message);
      if (!records || records->empty()) return sequences;
      for (const RecordView& record : *records) {
        sequences.push_back(SequenceOf(record).value_or(-1));
        EXPECT_EQ(record.value, std::to_string(sequences.back()));
      }
    }
  }

 private:
  std::unique_ptr<AtLeastOnceLog> under_test_;
};

using Numbers = std::vector<int64_t>;

TEST_F(AtLeastOnceTest, WithoutAStoreTheLastRecordIsThePosition) {
  Start(nullptr);
  auto writer = Open();
  ASSERT_TRUE(Write(*writer, 5).has_value());
  ASSERT_TRUE(Sync(*writer).has_value());
  writer = Open();
  EXPECT_EQ(writer->position(), Position(5));
  ASSERT_TRUE(Write(*writer, 2).has_value());
  ASSERT_TRUE(Sync(*writer).has_value());
  EXPECT_EQ(Sequences(7), Numbers({0, 1, 2, 3, 4, 5, 6}));
}

TEST_F(AtLeastOnceTest, WithoutAStoreRecordsWithoutAHeaderAreRefused) {
  Start(nullptr);
  SystemClock clock;
  KafkaLogOptions options;
  options.config.bootstrap_servers = FromEnvironment("TILLSTREAM_KAFKA_SERVERS");
  options.owner = "transactional";
  const auto other = KafkaLog::Open(options, clock);
  WriterSpec spec;
  spec.events = {Events()};
  auto writer = (*other)->OpenWriter(spec);
  ASSERT_TRUE(writer.has_value()) << writer.error().message;
  ASSERT_TRUE(Write(**writer, 3).has_value());
  ASSERT_TRUE(Sync(**writer).has_value());
  auto reader = log().OpenReader(Events());
  ASSERT_FALSE((*reader)->Read(std::chrono::seconds(10))->empty());  // Visible by now.
  const auto refused = TryOpen("process 2");
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::kRefused);
  EXPECT_EQ(refused.error().message,
            "kafka: " + Topic() +
                "-1: its last record (offset 2) has no header \"sequence\", so it was not written "
                "at least once; use another topic, or the --positions that wrote it");
}

TEST_F(AtLeastOnceTest, AWriterThatWasReplacedIsRefusedAtItsNextPosition) {
  ClockedZooKeeperStore store;
  Start(&store);
  auto first = Open("process 17 on till-3");
  ASSERT_TRUE(Write(*first, 5).has_value());
  ASSERT_TRUE(Sync(*first).has_value());
  auto second = Open("process 18 on till-4");
  EXPECT_EQ(second->position(), Position(0)) << "the first stores once a second";
  const Error error = WriteUntilRefused(*first);
  EXPECT_EQ(error.code, ErrorCode::kRefused);
  EXPECT_EQ(error.message, "zookeeper: /tests/positions/" + Topic() +
                               "/CA_1: another writer took the stream over (process 18 on till-4); "
                               "it goes on from the stored position, so leave it to that one, or "
                               "stop it first");
  // It stays so, and the second is not disturbed.
  EXPECT_EQ(Write(*first, 1).error().message, error.message);
  first.reset();
  ASSERT_TRUE(Write(*second, 2).has_value());
  ASSERT_TRUE(Sync(*second).has_value());
  second.reset();
  EXPECT_EQ(Open()->position(), Position(2)) << "stored at its end";
}

TEST_F(AtLeastOnceTest, AStreamOfAnotherIdentityIsRefusedAndKeepsItsWriter) {
  ClockedZooKeeperStore store;
  Start(&store);
  auto writer = TryOpen("process 1", "dataset 1a2b");
  ASSERT_TRUE(writer.has_value());
  const auto other = TryOpen("process 2", "dataset 3c4d");
  ASSERT_FALSE(other.has_value());
  EXPECT_EQ(other.error().code, ErrorCode::kRefused);
  EXPECT_EQ(other.error().message,
            "kafka: " + Topic() +
                "-1: was written from dataset 1a2b, and this would write dataset 3c4d; use another "
                "topic");
  ASSERT_TRUE(Write(**writer, 1).has_value());
  ASSERT_TRUE(Sync(**writer).has_value());
  writer->reset();
  EXPECT_EQ(Open()->position(), Position(1));
}

TEST_F(AtLeastOnceTest, AStoreThatIsAwayEndsTheWriterAndTheNextRepeats) {
  MemoryPositionStore store;
  Start(&store);
  auto writer = Open();
  ASSERT_TRUE(Write(*writer, 3).has_value());
  ASSERT_TRUE(Sync(*writer).has_value());
  store.Fail(MakeError(ErrorCode::kUnavailable, "memory: away"));
  const Error error = WriteUntilRefused(*writer);
  EXPECT_EQ(error.code, ErrorCode::kUnavailable);
  EXPECT_EQ(error.message, "memory: away");
  const int64_t written = writer->position().value();
  writer.reset();
  store.Fail(std::nullopt);
  writer = Open();
  EXPECT_EQ(writer->position(), Position(0));
  ASSERT_TRUE(Write(*writer, 2).has_value());
  ASSERT_TRUE(Sync(*writer).has_value());
  const Numbers sequences = Sequences(static_cast<size_t>(written) + 2);
  ASSERT_GE(sequences.size(), 5U);
  EXPECT_EQ(sequences[2], 2);
  EXPECT_EQ(Numbers(sequences.end() - 2, sequences.end()), Numbers({0, 1}));
}

TEST_F(AtLeastOnceTest, PositionsAreStoredAtMostOnceASecondAndAtTheEnd) {
  MemoryPositionStore store;
  Start(&store);
  SystemClock clock;
  auto writer = Open();
  EXPECT_EQ(store.store_count(), 1);
  const std::chrono::nanoseconds begin = clock.Monotonic();
  while (clock.Monotonic() - begin < std::chrono::milliseconds(2500)) {
    ASSERT_TRUE(Write(*writer, 1).has_value());
    ASSERT_TRUE(Sync(*writer).has_value());
  }
  const auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(clock.Monotonic() - begin).count();
  EXPECT_GE(store.store_count(), 3);
  EXPECT_LE(store.store_count(), 1 + seconds);
  const int count = store.store_count();
  const Position end = writer->position();
  writer.reset();
  EXPECT_EQ(store.store_count(), count + 1);
  EXPECT_EQ(Open()->position(), end);
}

TEST_F(AtLeastOnceTest, APartitionThatAnotherProgramWroteIsRefused) {
  MemoryPositionStore store;
  Start(nullptr);
  auto writer = Open();
  ASSERT_TRUE(Write(*writer, 3).has_value());
  ASSERT_TRUE(Sync(*writer).has_value());
  Sequences(3);
  SystemClock clock;
  KafkaLogOptions options;
  options.config.bootstrap_servers = FromEnvironment("TILLSTREAM_KAFKA_SERVERS");
  options.positions = PositionsMode::kStore;
  options.position_store = &store;
  const auto other = KafkaLog::Open(options, clock);
  WriterSpec spec;
  spec.events = {Events()};
  const auto refused = (*other)->OpenWriter(spec);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::kRefused);
  EXPECT_EQ(store.store_count(), 0);
}

}  // namespace
}  // namespace tillstream
