#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "log/event_log.h"

// What the contract suites of EventLog stand on: a log under test, and the words they speak.

namespace tillstream {

/// A log for one test, with what it stands on, and in what it differs from a log of files.
class LogUnderTest {
 public:
  virtual ~LogUnderTest() = default;
  virtual EventLog& log() = 0;

  /// Whether the k-th record of a partition is at offset k. On Kafka the marks that end
  /// transactions take offsets.
  virtual bool offsets_are_dense() const { return true; }
  /// Whether what is visible is so when the call returns. On Kafka a transaction is committed a
  /// moment before readers see it.
  virtual bool visible_at_once() const { return true; }
  /// Whether Flush() makes visible. On Kafka only Sync() does.
  virtual bool flushed_is_visible() const { return true; }
  /// Whether a stream may have several partitions; else it is refused as kUsage.
  virtual bool deals_streams_out() const { return true; }
  /// What the suite's topic `name` is called there: tests that share a server need names of their
  /// own. A common beginning for all of them.
  virtual std::string TopicName(const std::string& name) const { return name; }
};

struct EventLogFactory {
  std::string name;
  std::function<std::unique_ptr<LogUnderTest>()> make;
  friend void PrintTo(const EventLogFactory& factory, std::ostream* out) { *out << factory.name; }
};

/// A record that owns its bytes.
struct OwnedRecord {
  int64_t offset = 0;
  int64_t timestamp = 0;
  std::string key;
  std::string value;
  bool has_value = true;
  friend bool operator==(const OwnedRecord&, const OwnedRecord&) = default;
  friend void PrintTo(const OwnedRecord& record, std::ostream* out) {
    *out << record.offset << "@" << record.timestamp << " " << record.key << "="
         << (record.has_value ? record.value : "null");
  }
};

inline OwnedRecord Own(const RecordView& record) {
  return {record.offset.value(), record.timestamp.value(), std::string(record.key),
          std::string(record.value), record.has_value};
}

class EventLogContract : public testing::TestWithParam<EventLogFactory> {
 protected:
  static constexpr std::chrono::milliseconds kNoWait{0};
  static constexpr std::chrono::milliseconds kVisibleWithin{10'000};
  /// 2011-01-29: times of the suite count from here.
  static constexpr int64_t kTimeZero = 1'296'259'200'000;

  void SetUp() override {
    under_test_ = GetParam().make();
    Create("sales", 3);
    Create("sales-days", 3);
  }

  EventLog& log() { return under_test_->log(); }
  bool DealsStreamsOut() const { return under_test_->deals_streams_out(); }
  std::string Name(const std::string& topic) const { return under_test_->TopicName(topic); }
  TopicPartition Events() const { return {Name("sales"), PartitionId(1)}; }
  TopicPartition Other(int32_t partition) const { return {Name("sales"), PartitionId(partition)}; }
  TopicPartition Totals() const { return {Name("sales-days"), PartitionId(1)}; }
  static Timestamp Time(int64_t time) { return Timestamp(kTimeZero + time); }

  void Create(const std::string& topic, int32_t partition_count) {
    const Status status = log().CreateTopic({Name(topic), partition_count});
    ASSERT_TRUE(status.has_value()) << status.error().message;
  }
  Result<std::unique_ptr<LogWriter>> TryOpenWriter(const TopicPartition& events,
                                                   const std::optional<TopicPartition>& totals,
                                                   const std::string& holder = "another") {
    WriterSpec spec;
    spec.events = {events};
    spec.totals = totals;
    spec.holder = holder;
    return log().OpenWriter(spec);
  }
  std::unique_ptr<LogWriter> OpenWriter(const std::string& holder = "writer one") {
    auto writer = TryOpenWriter(Events(), Totals(), holder);
    EXPECT_TRUE(writer.has_value()) << (writer ? "" : writer.error().message);
    return writer ? *std::move(writer) : nullptr;
  }
  std::unique_ptr<LogReader> OpenReader(const std::optional<TopicPartition>& partition = {}) {
    auto reader = log().OpenReader(partition.value_or(Events()));
    EXPECT_TRUE(reader.has_value()) << (reader ? "" : reader.error().message);
    return reader ? *std::move(reader) : nullptr;
  }

  /// A block of `count` records whose keys and values follow from their place, from `first` on.
  static RecordBlock Block(int64_t first, int count, int64_t time) {
    RecordBlock block;
    block.Clear(Time(time));
    for (int64_t i = first; i < first + count; ++i) {
      block.Append("key-" + std::to_string(i), Value(i));
    }
    return block;
  }
  static std::string Value(int64_t i) {
    return "value " + std::to_string(i) + std::string(static_cast<size_t>(i % 7), 'x');
  }

  /// Offset of the record that is the `index`-th of a partition, from 0 on: its index where offsets
  /// are dense, else what a reader of its own finds.
  Offset OffsetOf(int64_t index, const TopicPartition& partition) {
    if (under_test_->offsets_are_dense()) return Offset(index);
    std::vector<Offset>& offsets = offsets_[partition];
    if (index >= static_cast<int64_t>(offsets.size())) offsets = OffsetsOf(partition, index + 1);
    EXPECT_LT(index, static_cast<int64_t>(offsets.size()));
    return index < static_cast<int64_t>(offsets.size()) ? offsets[static_cast<size_t>(index)]
                                                        : Offset(-1);
  }
  Offset OffsetOf(int64_t index) { return OffsetOf(index, Events()); }
  /// The offsets of all records that are there, which must rise; `count` as for ReadAll().
  std::vector<Offset> OffsetsOf(const TopicPartition& partition, int64_t count) {
    std::vector<Offset> offsets;
    for (const OwnedRecord& record : ReadAll(*OpenReader(partition), count)) {
      EXPECT_TRUE(offsets.empty() || Offset(record.offset) > offsets.back()) << record.offset;
      offsets.emplace_back(record.offset);
    }
    return offsets;
  }
  OwnedRecord Expected(int64_t index, int64_t time) { return ExpectedIn(Events(), index, time); }
  OwnedRecord ExpectedIn(const TopicPartition& partition, int64_t index, int64_t time) {
    return {OffsetOf(index, partition).value(), Time(time).value(), "key-" + std::to_string(index),
            Value(index), true};
  }

  /// Appends `count` events that continue the stream, all with `time`.
  static void Write(LogWriter& writer, int count, int64_t time) {
    const RecordBlock block = Block(writer.position().value(), count, time);
    const Status status = writer.Append(block);
    ASSERT_TRUE(status.has_value()) << status.error().message;
  }
  static void WriteTotal(LogWriter& writer, int64_t time) {
    const Status status = writer.AppendTotals(Block(writer.totals_count(), 1, time));
    ASSERT_TRUE(status.has_value()) << status.error().message;
  }
  static void Flush(LogWriter& writer) {
    const Status status = writer.Flush();
    ASSERT_TRUE(status.has_value()) << status.error().message;
  }
  static void Sync(LogWriter& writer) {
    const auto position = writer.Sync(std::chrono::seconds(10));
    ASSERT_TRUE(position.has_value()) << position.error().message;
    ASSERT_EQ(*position, writer.position());
  }
  /// The least after which readers see what was appended.
  void MakeVisible(LogWriter& writer) const {
    if (under_test_->flushed_is_visible()) {
      Flush(writer);
    } else {
      Sync(writer);
    }
  }

  /// Reads to the end. `count` records are known to be durable or flushed: where those need a
  /// moment to be visible, they are waited for.
  std::vector<OwnedRecord> ReadAll(LogReader& reader, int64_t count = 0) const {
    if (under_test_->visible_at_once()) count = 0;
    std::vector<OwnedRecord> records;
    for (;;) {
      const bool some_are_to_come = static_cast<int64_t>(records.size()) < count;
      const auto batch = reader.Read(some_are_to_come ? kVisibleWithin : kNoWait);
      EXPECT_TRUE(batch.has_value()) << (batch ? "" : batch.error().message);
      if (!batch || batch->empty()) return records;
      for (const RecordView& record : *batch) records.push_back(Own(record));
    }
  }
  static int64_t End(LogReader& reader) {
    const auto end = reader.End();
    EXPECT_TRUE(end.has_value()) << (end ? "" : end.error().message);
    return end ? end->value() : -1;
  }
  /// That `reader`'s partition has `count` records and ends behind them.
  void ExpectEnd(LogReader& reader, const TopicPartition& partition, int64_t count) {
    if (under_test_->offsets_are_dense()) {
      EXPECT_EQ(End(reader), count);
      return;
    }
    const std::vector<Offset> offsets = OffsetsOf(partition, count);
    EXPECT_EQ(static_cast<int64_t>(offsets.size()), count);
    EXPECT_GT(End(reader), offsets.empty() ? -1 : offsets.back().value());
  }
  void ExpectEnd(LogReader& reader, int64_t count) { ExpectEnd(reader, Events(), count); }

 private:
  std::unique_ptr<LogUnderTest> under_test_;
  std::map<TopicPartition, std::vector<Offset>> offsets_;
};

}  // namespace tillstream
