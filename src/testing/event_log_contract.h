#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "log/last_record.h"
#include "testing/event_log_fixture.h"

// The promises of EventLog, as a suite that every implementation passes:
//
//   INSTANTIATE_TEST_SUITE_P(Memory, EventLogContract, testing::Values(EventLogFactory{...}));
//
// LogUnderTest says in what a log differs. What only logs without a server promise is in
// embedded_log_contract.h.

namespace tillstream {

TEST_P(EventLogContract, RecordsComeBackAsTheyWereWritten) {
  auto writer = OpenWriter();
  RecordBlock block;
  block.Clear(Time(0));
  block.Append("FOODS_3_827_WI_3", std::string("\0\0\0\0\1payload", 12));
  block.Append("", "");
  block.Append("gone", "ignored", /*has_value=*/false);
  block.Append(std::string(300, 'k'), std::string(70'000, 'v'));
  ASSERT_TRUE(writer->Append(block).has_value());
  Sync(*writer);
  const auto records = ReadAll(*OpenReader(), 4);
  ASSERT_EQ(records.size(), 4U);
  EXPECT_EQ(records[0], (OwnedRecord{0, kTimeZero, "FOODS_3_827_WI_3",
                                     std::string("\0\0\0\0\1payload", 12), true}));
  EXPECT_EQ(records[1], (OwnedRecord{1, kTimeZero, "", "", true}));
  EXPECT_EQ(records[2], (OwnedRecord{2, kTimeZero, "gone", "", false}));
  EXPECT_EQ(records[3],
            (OwnedRecord{3, kTimeZero, std::string(300, 'k'), std::string(70'000, 'v'), true}));
}

TEST_P(EventLogContract, ABatchOfTheLargestSizeIsWrittenAndRead) {
  auto writer = OpenWriter();
  RecordBlock block;
  block.Clear(Time(5));
  std::mt19937_64 random(1);
  std::string value(999'900, '\0');  // Bytes that no codec shortens.
  for (char& c : value) c = static_cast<char>(random());
  block.Append("key", value);
  ASSERT_LE(block.size_bytes(), 1'000'000U - 61U);
  ASSERT_TRUE(writer->Append(block).has_value());
  Sync(*writer);
  const auto records = ReadAll(*OpenReader(), 1);
  ASSERT_EQ(records.size(), 1U);
  EXPECT_TRUE(records[0].value == value);
}

TEST_P(EventLogContract, TimestampsBeforeTheEpochAreKept) {
  constexpr int64_t kDayBefore = -kTimeZero - 86'400'000;
  auto writer = OpenWriter();
  Write(*writer, 2, kDayBefore);
  Sync(*writer);
  EXPECT_EQ(ReadAll(*OpenReader(), 2),
            (std::vector{Expected(0, kDayBefore), Expected(1, kDayBefore)}));
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

TEST_P(EventLogContract, AppendedAloneIsNotVisible) {
  auto writer = OpenWriter();
  Write(*writer, 3, 1);
  auto reader = OpenReader();
  EXPECT_EQ(End(*reader), 0);
  EXPECT_TRUE(ReadAll(*reader).empty());
  MakeVisible(*writer);
  ExpectEnd(*reader, 3);
  EXPECT_EQ(ReadAll(*reader).size(), 3U);
}

TEST_P(EventLogContract, AppendedAloneIsLostWithTheWriter) {
  auto writer = OpenWriter();
  Write(*writer, 3, 1);
  writer.reset();
  EXPECT_EQ(OpenWriter()->position(), Position(0));
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
  EXPECT_EQ(ReadAll(*totals, 1), (std::vector{ExpectedIn(Totals(), 0, 1)}));
  // Its events are durable already: nothing to wait for.
  WriteTotal(*writer, 2);
  MakeVisible(*writer);
  EXPECT_EQ(ReadAll(*totals, 1), (std::vector{ExpectedIn(Totals(), 1, 2)}));
  writer.reset();
  EXPECT_EQ(OpenWriter()->totals_count(), 2);
}

TEST_P(EventLogContract, AStreamIsDealtOutToItsPartitions) {
  WriterSpec spec;
  spec.events = {Other(2), Other(0)};
  spec.round = {2, 1};
  spec.totals = Totals();
  spec.holder = "dealer";
  if (!DealsStreamsOut()) {
    EXPECT_EQ(log().OpenWriter(spec).error().code, ErrorCode::kUsage);
    return;
  }
  for (int64_t round = 0; round < 3; ++round) {
    auto opened = log().OpenWriter(spec);
    ASSERT_TRUE(opened.has_value()) << opened.error().message;
    LogWriter& writer = **opened;
    ASSERT_EQ(writer.position(), Position(3 * round));
    ASSERT_EQ(writer.EventsIn(0), 2 * round);
    ASSERT_EQ(writer.EventsIn(1), round);
    ASSERT_TRUE(writer.AppendTo(0, Block(2 * round, 2, round)));
    ASSERT_EQ(writer.EventsIn(0), 2 * round + 2);
    ASSERT_EQ(writer.EventsIn(1), round);
    ASSERT_TRUE(writer.AppendTo(1, Block(round, 1, round)));
    WriteTotal(writer, round);
    ASSERT_EQ(writer.position(), Position(3 * round + 3));
    ASSERT_EQ(writer.durable_position(), Position(3 * round));
    ASSERT_EQ(writer.DurableEventsIn(1), round);
    Sync(writer);
    ASSERT_EQ(writer.DurableEventsIn(0), 2 * round + 2);
    ASSERT_EQ(writer.DurableEventsIn(1), round + 1);
  }
  std::vector<OwnedRecord> first;
  std::vector<OwnedRecord> second;
  for (int64_t i = 0; i < 6; ++i) first.push_back(ExpectedIn(Other(2), i, i / 2));
  for (int64_t i = 0; i < 3; ++i) second.push_back(ExpectedIn(Other(0), i, i));
  EXPECT_EQ(ReadAll(*OpenReader(Other(2)), 6), first);
  EXPECT_EQ(ReadAll(*OpenReader(Other(0)), 3), second);
  EXPECT_EQ(ReadAll(*OpenReader(Totals()), 3).size(), 3U);
}

TEST_P(EventLogContract, AWriterContinuesWhereTheLogEnds) {
  std::vector<OwnedRecord> expected;
  for (int64_t day = 0; day < 5; ++day) {
    auto writer = OpenWriter();
    ASSERT_EQ(writer->position().value(), day * 4);
    Write(*writer, 4, day);
    Sync(*writer);
    for (int64_t i = 0; i < 4; ++i) expected.push_back(Expected(day * 4 + i, day));
  }
  EXPECT_EQ(ReadAll(*OpenReader(), static_cast<int64_t>(expected.size())), expected);
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
    ExpectEnd(*reader, Other(static_cast<int32_t>(p)), 3 * (static_cast<int64_t>(p) + 1));
  }
}

TEST_P(EventLogContract, SeekGoesToTheRecordInsideABatch) {
  auto writer = OpenWriter();
  for (int64_t day = 0; day < 20; ++day) Write(*writer, 10, day);
  Sync(*writer);
  auto reader = OpenReader();
  for (int64_t index = 199; index >= 0; index -= 3) {
    ASSERT_TRUE(reader->Seek(OffsetOf(index)).has_value());
    const auto records = reader->Read(kNoWait);
    ASSERT_TRUE(records.has_value());
    ASSERT_FALSE(records->empty());
    EXPECT_EQ(Own(records->front()), Expected(index, index / 10));
  }
  ASSERT_TRUE(reader->Seek(Offset(0)).has_value());
  EXPECT_EQ(ReadAll(*reader).size(), 200U);
}

TEST_P(EventLogContract, SeekBeyondTheEndWaitsForWhatIsThere) {
  auto writer = OpenWriter();
  Write(*writer, 10, 1);
  MakeVisible(*writer);
  auto reader = OpenReader();
  ExpectEnd(*reader, 10);
  const int64_t wanted = End(*reader) + 50;
  ASSERT_TRUE(reader->Seek(Offset(wanted)).has_value());
  EXPECT_TRUE(ReadAll(*reader).empty());
  Write(*writer, 20, 2);
  MakeVisible(*writer);
  EXPECT_TRUE(ReadAll(*reader).empty());
  Write(*writer, 100, 3);
  MakeVisible(*writer);
  std::vector<OwnedRecord> expected = ReadAll(*OpenReader(), 130);
  std::erase_if(expected, [&](const OwnedRecord& record) { return record.offset < wanted; });
  EXPECT_GT(expected.size(), 50U);
  EXPECT_EQ(ReadAll(*reader), expected);
}

TEST_P(EventLogContract, OffsetAtIsTheFirstRecordNotBeforeATime) {
  auto writer = OpenWriter();
  for (int64_t day = 0; day < 50; ++day) {
    Write(*writer, 20, 1000 * day);
    if (day % 10 == 0) Sync(*writer);
  }
  Sync(*writer);
  auto reader = OpenReader();
  ExpectEnd(*reader, 1000);
  EXPECT_EQ(reader->OffsetAt(Timestamp(-5)).value(), Offset(0));
  EXPECT_EQ(reader->OffsetAt(Time(-5)).value(), Offset(0));
  for (int64_t day = 0; day < 50; ++day) {
    EXPECT_EQ(reader->OffsetAt(Time(1000 * day)).value(), OffsetOf(20 * day)) << day;
    EXPECT_EQ(reader->OffsetAt(Time(1000 * day - 999)).value(), OffsetOf(20 * day)) << day;
  }
  EXPECT_EQ(reader->OffsetAt(Time(49'001)).value(), Offset(End(*reader)));
}

TEST_P(EventLogContract, OffsetAtCopesWithTimesThatGoBack) {
  auto writer = OpenWriter();
  const std::vector<int64_t> times = {10, 50, 20, 70, 60, 5, 70, 90};
  for (const int64_t time : times) Write(*writer, 100, time);
  Sync(*writer);
  auto reader = OpenReader();
  ExpectEnd(*reader, 800);
  for (int64_t wanted = 0; wanted <= 100; wanted += 5) {
    int64_t expected = 0;
    for (const int64_t time : times) {
      if (time >= wanted) break;
      expected += 100;
    }
    EXPECT_EQ(reader->OffsetAt(Time(wanted)).value(),
              expected < 800 ? OffsetOf(expected) : Offset(End(*reader)))
        << wanted;
  }
}

TEST_P(EventLogContract, OffsetAtAndEndLeaveTheReaderWhereItIs) {
  auto writer = OpenWriter();
  for (int64_t day = 0; day < 3; ++day) Write(*writer, 2, day);
  Sync(*writer);
  auto reader = OpenReader();
  ASSERT_TRUE(reader->Seek(OffsetOf(2)).has_value());
  EXPECT_EQ(reader->OffsetAt(Time(2)).value(), OffsetOf(4));
  ExpectEnd(*reader, 6);
  EXPECT_EQ(ReadAll(*reader).front(), Expected(2, 1));
}

TEST_P(EventLogContract, TheLastRecordIsTakenFromTheEnd) {
  const auto last = [this]() -> Result<std::string> {
    std::string value = "none";
    const auto reader = OpenReader();
    TILLSTREAM_TRY(TakeLastRecord(*reader, [&](const RecordView& record) {
      value = record.value;
      return Ok();
    }));
    return value;
  };
  EXPECT_EQ(last().value(), "none");
  auto writer = OpenWriter();
  int64_t count = 0;
  for (const int more : {1, 1, 15, 500}) {
    Write(*writer, more, 1);
    Sync(*writer);
    count += more;
    ExpectEnd(*OpenReader(), count);
    EXPECT_EQ(last().value(), Value(count - 1));
  }
  const auto refused = TakeLastRecord(*OpenReader(), [](const RecordView&) -> Status {
    return MakeError(ErrorCode::kCorrupt, "not this one");
  });
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "not this one");
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
      MakeVisible(*writer);
    }
    const auto records = ReadAll(*reader, 5);
    ASSERT_EQ(records.size(), 5U);
    EXPECT_EQ(records.front(), Expected(day * 5, day));
    ExpectEnd(*reader, day * 5 + 5);
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
  ASSERT_TRUE(two->Seek(OffsetOf(7)).has_value());
  const auto first = one->Read(kNoWait);
  ASSERT_FALSE(first->empty());
  EXPECT_EQ(ReadAll(*two).size(), 5U);
  EXPECT_EQ(Own(first->front()), Expected(0, 0));
  EXPECT_EQ(first->size() + ReadAll(*one).size(), 12U);
}

TEST_P(EventLogContract, AnUnknownPartitionIsNotFound) {
  EXPECT_EQ(log().OpenReader(Other(3)).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(log().OpenReader({Name("sale"), PartitionId(0)}).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(TryOpenWriter(Other(3), std::nullopt).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(TryOpenWriter(Events(), TopicPartition{Name("none"), PartitionId(0)}).error().code,
            ErrorCode::kNotFound);
  EXPECT_NE(OpenWriter(), nullptr);  // Nothing stayed locked.
}

TEST_P(EventLogContract, TopicsAreListedByNameAndGrow) {
  Create("_schemas", 1);
  Create("sales", 5);
  Create("sales-days", 2);
  const auto topics = log().ListTopics();
  ASSERT_TRUE(topics.has_value());
  EXPECT_TRUE(std::is_sorted(topics->begin(), topics->end(),
                             [](const auto& a, const auto& b) { return a.name < b.name; }));
  std::map<std::string, int32_t> ours;
  for (const TopicInfo& topic : *topics) {
    if (topic.name.starts_with(Name(""))) ours[topic.name] = topic.partition_count;
  }
  EXPECT_EQ(ours, (std::map<std::string, int32_t>{
                      {Name("_schemas"), 1}, {Name("sales"), 5}, {Name("sales-days"), 3}}));
}

TEST_P(EventLogContract, NothingIsLostOverManyBatchesOfAllSizes) {
  constexpr uint64_t kSeed = 7;
  std::mt19937_64 random(kSeed);
  auto writer = OpenWriter();
  std::vector<int64_t> days;  // Of each record.
  for (int64_t day = 0; day < 60; ++day) {
    const int count = 1 + static_cast<int>(random() % 400);
    days.insert(days.end(), static_cast<size_t>(count), day);
    Write(*writer, count, day);
    if (random() % 5 == 0) Sync(*writer);
  }
  Sync(*writer);
  std::vector<OwnedRecord> expected;
  for (size_t i = 0; i < days.size(); ++i) {
    expected.push_back(Expected(static_cast<int64_t>(i), days[i]));
  }
  EXPECT_EQ(ReadAll(*OpenReader(), static_cast<int64_t>(expected.size())), expected);
}

}  // namespace tillstream
