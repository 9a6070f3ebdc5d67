#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "log/event_log.h"

// The promises of EventLog, as a suite that every implementation passes:
//
//   INSTANTIATE_TEST_SUITE_P(Memory, EventLogContract, testing::Values(EventLogFactory{...}));

namespace tillstream {

/// A log for one test, with what it stands on.
class LogUnderTest {
 public:
  virtual ~LogUnderTest() = default;
  virtual EventLog& log() = 0;
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

  void SetUp() override {
    under_test_ = GetParam().make();
    ASSERT_TRUE(log().CreateTopic({"sales", 3}).has_value());
    ASSERT_TRUE(log().CreateTopic({"sales-days", 3}).has_value());
  }

  EventLog& log() { return under_test_->log(); }
  static TopicPartition Events() { return {"sales", PartitionId(1)}; }
  static TopicPartition Other(int32_t partition) { return {"sales", PartitionId(partition)}; }
  static TopicPartition Totals() { return {"sales-days", PartitionId(1)}; }

  Result<std::unique_ptr<LogWriter>> TryOpenWriter(const TopicPartition& events,
                                                   const std::optional<TopicPartition>& totals,
                                                   const std::string& holder = "another") {
    WriterSpec spec;
    spec.events = events;
    spec.totals = totals;
    spec.holder = holder;
    return log().OpenWriter(spec);
  }
  std::unique_ptr<LogWriter> OpenWriter(const std::string& holder = "writer one") {
    auto writer = TryOpenWriter(Events(), Totals(), holder);
    EXPECT_TRUE(writer.has_value()) << (writer ? "" : writer.error().message);
    return writer ? *std::move(writer) : nullptr;
  }
  std::unique_ptr<LogReader> OpenReader(const TopicPartition& partition = Events()) {
    auto reader = log().OpenReader(partition);
    EXPECT_TRUE(reader.has_value()) << (reader ? "" : reader.error().message);
    return reader ? *std::move(reader) : nullptr;
  }

  /// A block of `count` records whose keys and values follow from their offsets, from `first` on.
  static RecordBlock Block(int64_t first, int count, int64_t timestamp) {
    RecordBlock block;
    block.Clear(Timestamp(timestamp));
    for (int64_t i = first; i < first + count; ++i) {
      block.Append("key-" + std::to_string(i), Value(i));
    }
    return block;
  }
  static std::string Value(int64_t i) {
    return "value " + std::to_string(i) + std::string(static_cast<size_t>(i % 7), 'x');
  }
  static OwnedRecord Expected(int64_t offset, int64_t timestamp) {
    return {offset, timestamp, "key-" + std::to_string(offset), Value(offset), true};
  }

  /// Appends `count` events that continue the stream, all with `timestamp`.
  static void Write(LogWriter& writer, int count, int64_t timestamp) {
    const RecordBlock block = Block(writer.position().value(), count, timestamp);
    const Status status = writer.Append(block);
    ASSERT_TRUE(status.has_value()) << status.error().message;
  }
  static void WriteTotal(LogWriter& writer, int64_t timestamp) {
    const Status status = writer.AppendTotals(Block(writer.totals_count(), 1, timestamp));
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

  static std::vector<OwnedRecord> ReadAll(LogReader& reader) {
    std::vector<OwnedRecord> records;
    for (;;) {
      const auto batch = reader.Read(kNoWait);
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

 private:
  std::unique_ptr<LogUnderTest> under_test_;
};

TEST_P(EventLogContract, RecordsComeBackAsTheyWereWritten) {
  auto writer = OpenWriter();
  RecordBlock block;
  block.Clear(Timestamp(1296259200000));
  block.Append("FOODS_3_827_WI_3", std::string("\0\0\0\0\1payload", 12));
  block.Append("", "");
  block.Append("gone", "ignored", /*has_value=*/false);
  block.Append(std::string(300, 'k'), std::string(70'000, 'v'));
  ASSERT_TRUE(writer->Append(block).has_value());
  Sync(*writer);
  const auto records = ReadAll(*OpenReader());
  ASSERT_EQ(records.size(), 4U);
  EXPECT_EQ(records[0], (OwnedRecord{0, 1296259200000, "FOODS_3_827_WI_3",
                                     std::string("\0\0\0\0\1payload", 12), true}));
  EXPECT_EQ(records[1], (OwnedRecord{1, 1296259200000, "", "", true}));
  EXPECT_EQ(records[2], (OwnedRecord{2, 1296259200000, "gone", "", false}));
  EXPECT_EQ(records[3],
            (OwnedRecord{3, 1296259200000, std::string(300, 'k'), std::string(70'000, 'v'), true}));
}

TEST_P(EventLogContract, ABatchOfTheLargestSizeIsWrittenAndRead) {
  auto writer = OpenWriter();
  RecordBlock block;
  block.Clear(Timestamp(5));
  std::mt19937_64 random(1);
  std::string value(999'900, '\0');  // Bytes that no codec shortens.
  for (char& c : value) c = static_cast<char>(random());
  block.Append("key", value);
  ASSERT_LE(block.size_bytes(), 1'000'000U - 61U);
  ASSERT_TRUE(writer->Append(block).has_value());
  Sync(*writer);
  const auto records = ReadAll(*OpenReader());
  ASSERT_EQ(records.size(), 1U);
  EXPECT_TRUE(records[0].value == value);
}

TEST_P(EventLogContract, TimestampsBeforeTheEpochAreKept) {
  auto writer = OpenWriter();
  Write(*writer, 2, -86'400'000);
  Sync(*writer);
  EXPECT_EQ(ReadAll(*OpenReader()),
            (std::vector{Expected(0, -86'400'000), Expected(1, -86'400'000)}));
}

TEST_P(EventLogContract, AnEmptyPartitionBeginsAndEndsAtZero) {
  auto reader = OpenReader();
  EXPECT_EQ(reader->Begin().value(), Offset(0));
  EXPECT_EQ(End(*reader), 0);
  EXPECT_EQ(reader->OffsetAt(Timestamp(0)).value(), Offset(0));
  EXPECT_TRUE(ReadAll(*reader).empty());
  auto writer = OpenWriter();
  EXPECT_EQ(writer->position(), Position(0));
  EXPECT_EQ(writer->durable_position(), Position(0));
  EXPECT_EQ(writer->totals_count(), 0);
}

TEST_P(EventLogContract, AppendedIsNotVisibleBeforeFlush) {
  auto writer = OpenWriter();
  Write(*writer, 3, 1);
  auto reader = OpenReader();
  EXPECT_EQ(End(*reader), 0);
  EXPECT_TRUE(ReadAll(*reader).empty());
  Flush(*writer);
  EXPECT_EQ(End(*reader), 3);
  EXPECT_EQ(ReadAll(*reader).size(), 3U);
}

TEST_P(EventLogContract, AppendedAloneIsLostWithTheWriter) {
  auto writer = OpenWriter();
  Write(*writer, 3, 1);
  writer.reset();
  EXPECT_EQ(OpenWriter()->position(), Position(0));
}

TEST_P(EventLogContract, FlushedSurvivesTheWriter) {
  auto writer = OpenWriter();
  Write(*writer, 3, 1);
  Flush(*writer);
  EXPECT_EQ(writer->durable_position(), Position(0));
  writer.reset();
  writer = OpenWriter();
  EXPECT_EQ(writer->position(), Position(3));
  EXPECT_EQ(writer->durable_position(), Position(3));
}

TEST_P(EventLogContract, SyncMakesDurableWhatWasAppended) {
  auto writer = OpenWriter();
  Write(*writer, 3, 1);
  EXPECT_EQ(writer->position(), Position(3));
  EXPECT_EQ(writer->durable_position(), Position(0));
  Sync(*writer);
  EXPECT_EQ(writer->durable_position(), Position(3));
  Sync(*writer);
  EXPECT_EQ(writer->durable_position(), Position(3));
}

TEST_P(EventLogContract, TotalsWaitUntilTheirEventsAreDurable) {
  auto writer = OpenWriter();
  auto totals = OpenReader(Totals());
  Write(*writer, 3, 1);
  WriteTotal(*writer, 1);
  EXPECT_EQ(writer->totals_count(), 1);
  Flush(*writer);
  EXPECT_EQ(End(*totals), 0);
  Sync(*writer);
  EXPECT_EQ(ReadAll(*totals), (std::vector{Expected(0, 1)}));
  // Its events are durable already: nothing to wait for.
  WriteTotal(*writer, 2);
  Flush(*writer);
  EXPECT_EQ(ReadAll(*totals), (std::vector{Expected(1, 2)}));
  writer.reset();
  EXPECT_EQ(OpenWriter()->totals_count(), 2);
}

TEST_P(EventLogContract, AWriterContinuesWhereTheLogEnds) {
  std::vector<OwnedRecord> expected;
  for (int64_t day = 0; day < 5; ++day) {
    auto writer = OpenWriter();
    ASSERT_EQ(writer->position().value(), day * 4);
    for (int64_t i = 0; i < 4; ++i) expected.push_back(Expected(day * 4 + i, day));
    Write(*writer, 4, day);
    Sync(*writer);
  }
  EXPECT_EQ(ReadAll(*OpenReader()), expected);
}

TEST_P(EventLogContract, ASecondWriterIsRefusedAndToldWhoHoldsThePartition) {
  auto writer = OpenWriter("replay, process 17");
  const auto second = TryOpenWriter(Events(), std::nullopt);
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, ErrorCode::kRefused);
  EXPECT_EQ(second.error().message,
            "log: sales-1: another writer holds it (replay, process 17); wait for its end, or "
            "stop it");
  // The totals alone are held as well, and a refused writer leaves no lock behind.
  const auto third = TryOpenWriter(Other(2), Totals());
  ASSERT_FALSE(third.has_value());
  EXPECT_EQ(third.error().code, ErrorCode::kRefused);
  EXPECT_TRUE(TryOpenWriter(Other(2), std::nullopt).has_value());
  writer.reset();
  EXPECT_NE(OpenWriter("another"), nullptr);
}

TEST_P(EventLogContract, WritersOfDifferentPartitionsDoNotMix) {
  std::vector<std::unique_ptr<LogWriter>> writers;
  for (int32_t p = 0; p < 3; ++p) {
    auto writer = TryOpenWriter(Other(p), std::nullopt);
    ASSERT_TRUE(writer.has_value());
    writers.push_back(*std::move(writer));
  }
  for (int64_t day = 0; day < 3; ++day) {
    for (size_t p = 0; p < 3; ++p) Write(*writers[p], static_cast<int>(p) + 1, day);
  }
  for (size_t p = 0; p < 3; ++p) {
    Sync(*writers[p]);
    auto reader = OpenReader(Other(static_cast<int32_t>(p)));
    EXPECT_EQ(End(*reader), 3 * (static_cast<int64_t>(p) + 1));
  }
}

TEST_P(EventLogContract, SeekGoesToTheRecordInsideABatch) {
  auto writer = OpenWriter();
  for (int64_t day = 0; day < 20; ++day) Write(*writer, 10, day);
  Sync(*writer);
  auto reader = OpenReader();
  for (int64_t offset = 199; offset >= 0; offset -= 3) {
    ASSERT_TRUE(reader->Seek(Offset(offset)).has_value());
    const auto records = reader->Read(kNoWait);
    ASSERT_TRUE(records.has_value());
    ASSERT_FALSE(records->empty());
    EXPECT_EQ(Own(records->front()), Expected(offset, offset / 10));
  }
  ASSERT_TRUE(reader->Seek(Offset(0)).has_value());
  EXPECT_EQ(ReadAll(*reader).size(), 200U);
}

TEST_P(EventLogContract, SeekBeyondTheEndWaitsForThatOffset) {
  auto writer = OpenWriter();
  Write(*writer, 10, 1);
  Flush(*writer);
  auto reader = OpenReader();
  ASSERT_TRUE(reader->Seek(Offset(15)).has_value());
  EXPECT_TRUE(ReadAll(*reader).empty());
  Write(*writer, 3, 2);
  Flush(*writer);
  EXPECT_TRUE(ReadAll(*reader).empty());
  Write(*writer, 4, 3);
  Flush(*writer);
  EXPECT_EQ(ReadAll(*reader), (std::vector{Expected(15, 3), Expected(16, 3)}));
}

TEST_P(EventLogContract, OffsetAtIsTheFirstRecordNotBeforeATime) {
  auto writer = OpenWriter();
  for (int64_t day = 0; day < 50; ++day) Write(*writer, 20, 1000 * day);
  Sync(*writer);
  auto reader = OpenReader();
  EXPECT_EQ(reader->OffsetAt(Timestamp(-5)).value(), Offset(0));
  for (int64_t day = 0; day < 50; ++day) {
    EXPECT_EQ(reader->OffsetAt(Timestamp(1000 * day)).value(), Offset(20 * day)) << day;
    EXPECT_EQ(reader->OffsetAt(Timestamp(1000 * day - 999)).value(), Offset(20 * day)) << day;
  }
  EXPECT_EQ(reader->OffsetAt(Timestamp(49'001)).value(), Offset(1000));
}

TEST_P(EventLogContract, OffsetAtCopesWithTimesThatGoBack) {
  auto writer = OpenWriter();
  const std::vector<int64_t> times = {10, 50, 20, 70, 60, 5, 70, 90};
  for (const int64_t time : times) Write(*writer, 100, time);
  Sync(*writer);
  auto reader = OpenReader();
  for (int64_t wanted = 0; wanted <= 100; wanted += 5) {
    int64_t expected = 0;
    for (const int64_t time : times) {
      if (time >= wanted) break;
      expected += 100;
    }
    EXPECT_EQ(reader->OffsetAt(Timestamp(wanted)).value(), Offset(expected)) << wanted;
  }
}

TEST_P(EventLogContract, OffsetAtAndEndLeaveTheReaderWhereItIs) {
  auto writer = OpenWriter();
  for (int64_t day = 0; day < 3; ++day) Write(*writer, 2, day);
  Sync(*writer);
  auto reader = OpenReader();
  ASSERT_TRUE(reader->Seek(Offset(2)).has_value());
  EXPECT_EQ(reader->OffsetAt(Timestamp(2)).value(), Offset(4));
  EXPECT_EQ(End(*reader), 6);
  EXPECT_EQ(ReadAll(*reader).front(), Expected(2, 1));
}

TEST_P(EventLogContract, AReaderFollowsTheWriter) {
  auto writer = OpenWriter();
  auto reader = OpenReader();
  EXPECT_TRUE(ReadAll(*reader).empty());
  for (int64_t day = 0; day < 30; ++day) {
    Write(*writer, 5, day);
    if (day % 3 == 0) {
      Sync(*writer);
    } else {
      Flush(*writer);
    }
    const auto records = ReadAll(*reader);
    ASSERT_EQ(records.size(), 5U);
    EXPECT_EQ(records.front(), Expected(day * 5, day));
    EXPECT_EQ(End(*reader), day * 5 + 5);
  }
}

TEST_P(EventLogContract, ReadingAtTheEndGivesNothingAfterTheWait) {
  auto reader = OpenReader();
  const auto records = reader->Read(std::chrono::milliseconds(20));
  ASSERT_TRUE(records.has_value());
  EXPECT_TRUE(records->empty());
}

TEST_P(EventLogContract, SeveralReadersDoNotDisturbEachOther) {
  auto writer = OpenWriter();
  for (int64_t day = 0; day < 4; ++day) Write(*writer, 3, day);
  Sync(*writer);
  auto one = OpenReader();
  auto two = OpenReader();
  ASSERT_TRUE(two->Seek(Offset(7)).has_value());
  const auto first = one->Read(kNoWait);
  EXPECT_EQ(ReadAll(*two).size(), 5U);
  EXPECT_EQ(Own(first->front()), Expected(0, 0));
  EXPECT_EQ(ReadAll(*one).size(), 9U);
}

TEST_P(EventLogContract, AnUnknownPartitionIsNotFound) {
  EXPECT_EQ(log().OpenReader({"sales", PartitionId(3)}).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(log().OpenReader({"sale", PartitionId(0)}).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(TryOpenWriter(Other(3), std::nullopt).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(TryOpenWriter(Events(), TopicPartition{"none", PartitionId(0)}).error().code,
            ErrorCode::kNotFound);
  EXPECT_NE(OpenWriter(), nullptr);  // Nothing stayed locked.
}

TEST_P(EventLogContract, TopicsAreListedByNameAndGrow) {
  ASSERT_TRUE(log().CreateTopic({"_schemas", 1}).has_value());
  ASSERT_TRUE(log().CreateTopic({"sales", 5}).has_value());
  ASSERT_TRUE(log().CreateTopic({"sales-days", 2}).has_value());
  const auto topics = log().ListTopics();
  ASSERT_TRUE(topics.has_value());
  ASSERT_EQ(topics->size(), 3U);
  EXPECT_EQ((*topics)[0].name, "_schemas");
  EXPECT_EQ((*topics)[0].partition_count, 1);
  EXPECT_EQ((*topics)[1].name, "sales");
  EXPECT_EQ((*topics)[1].partition_count, 5);
  EXPECT_EQ((*topics)[2].name, "sales-days");
  EXPECT_EQ((*topics)[2].partition_count, 3);
}

TEST_P(EventLogContract, NothingIsLostOverManyBatchesOfAllSizes) {
  constexpr uint64_t kSeed = 7;
  std::mt19937_64 random(kSeed);
  auto writer = OpenWriter();
  std::vector<OwnedRecord> expected;
  for (int64_t day = 0; day < 60; ++day) {
    const int count = 1 + static_cast<int>(random() % 400);
    for (int i = 0; i < count; ++i) {
      expected.push_back(Expected(writer->position().value() + i, day));
    }
    Write(*writer, count, day);
    if (random() % 5 == 0) Sync(*writer);
  }
  Sync(*writer);
  EXPECT_EQ(ReadAll(*OpenReader()), expected);
}

}  // namespace tillstream
