#include "log/log_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/faulty_file_system.h"
#include "testing/small_stream.h"

namespace tillstream {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

using Files = std::map<std::string, std::string>;

const std::string kFirst = "data/sales-0/00000000000000000000";

class DamageTest : public testing::TestWithParam<Codec> {
 protected:
  DamageTest() {
    stream_.codec = GetParam();
    stream_.segment_bytes_max = 1'500;
    stream_.value_bytes = 80;
    stream_.days = 8;
    EXPECT_TRUE(stream_.Write(files_).status.has_value());
    needed_ = files_.Contents();
  }

  void Restore() { files_.SetContents(needed_); }
  SegmentLog Log() { return SegmentLog(files_, clock_, stream_.Options()); }

  PartitionReport Check() {
    SegmentLog log = Log();
    auto report = CheckPartition(log, SmallStream::Events());
    EXPECT_TRUE(report.has_value()) << (report ? "" : report.error().message);
    return report ? *std::move(report) : PartitionReport();
  }

  Result<RepairReport> Repair() {
    SegmentLog log = Log();
    return RepairPartition(log, SmallStream::Events(), "repair",
                           [&](Offset base, RecordBlock* block) -> Status {
                             const int64_t day = base.value() / stream_.events_per_day;
                             if (day >= stream_.days) return Error{ErrorCode::kNotFound, "end"};
                             stream_.FillDay(day, block);
                             return Ok();
                           });
  }

  /// A reader gives right records in order, without a gap, until it stops.
  void ExpectReaderIsRight(Offset from) {
    SegmentLog log = Log();
    const auto [records, stopped] = SmallStream::ReadAll(log, from);
    int64_t expected = from.value();
    for (const auto& [offset, value] : records) {
      ASSERT_EQ(offset, expected++);
      ASSERT_EQ(value, stream_.Value(offset));
    }
    if (!stopped) {
      EXPECT_EQ(stopped.error().code, ErrorCode::kCorrupt) << stopped.error().message;
    }
  }

  /// Whatever the indexes say, every offset and time is found.
  void ExpectIndexesAreOnlyHints() {
    ExpectReaderIsRight(Offset(0));
    SegmentLog log = Log();
    auto reader = log.OpenReader(SmallStream::Events());
    ASSERT_TRUE(reader.has_value());
    EXPECT_EQ((*reader)->End().value(), Offset(40));
    for (int64_t day = 0; day < stream_.days; ++day) {
      const Offset wanted(day * stream_.events_per_day);
      ASSERT_EQ((*reader)->OffsetAt(SmallStream::TimeOf(day)).value(), wanted);
      ASSERT_TRUE((*reader)->Seek(wanted + 2).has_value());
      const auto records = (*reader)->Read(std::chrono::milliseconds(0));
      ASSERT_TRUE(records.has_value()) << records.error().message;
      ASSERT_FALSE(records->empty());
      ASSERT_EQ(records->front().offset, wanted + 2);
      ASSERT_EQ(records->front().value, stream_.Value(wanted.value() + 2));
    }
  }

  std::vector<std::string> EventFiles(std::string_view suffix) const {
    std::vector<std::string> paths;
    for (const auto& [path, content] : needed_) {
      if (path.starts_with("data/sales-0/") && path.ends_with(suffix)) paths.push_back(path);
    }
    return paths;
  }

  SmallStream stream_;
  SimClock clock_;
  FaultyFileSystem files_;
  Files needed_;
};

INSTANTIATE_TEST_SUITE_P(Codecs, DamageTest,
                         testing::Values(Codec::kNone, Codec::kLz4, Codec::kZstd),
                         [](const auto& instance) { return CodecName(instance.param); });

TEST_P(DamageTest, ASoundPartitionIsCounted) {
  const PartitionReport report = Check();
  EXPECT_FALSE(report.has_damage);
  EXPECT_THAT(report.problems, IsEmpty());
  EXPECT_EQ(report.segment_count, static_cast<int64_t>(EventFiles(".log").size()));
  EXPECT_GE(report.segment_count, 2);
  EXPECT_EQ(report.batch_count, 8);
  EXPECT_EQ(report.record_count, 40);
  EXPECT_EQ(report.begin, Offset(0));
  EXPECT_EQ(report.end, Offset(40));
  EXPECT_EQ(report.timestamp_min, SmallStream::TimeOf(0));
  EXPECT_EQ(report.timestamp_max, SmallStream::TimeOf(7));
  int64_t bytes = 0;
  for (const std::string& path : EventFiles(".log")) {
    bytes += static_cast<int64_t>(needed_.at(path).size());
  }
  EXPECT_EQ(report.log_bytes, bytes);
  if (stream_.codec == Codec::kNone) {
    EXPECT_EQ(report.uncompressed_bytes, bytes);
  } else {
    EXPECT_GT(report.uncompressed_bytes, bytes);
  }
}

TEST_P(DamageTest, AnEmptyPartitionIsSound) {
  SegmentLog log = Log();
  ASSERT_TRUE(log.CreateTopic({"empty", 1}).has_value());
  const auto report = CheckPartition(log, {"empty", PartitionId(0)});
  ASSERT_TRUE(report.has_value());
  EXPECT_EQ(report->problem_count, 0);
  EXPECT_EQ(CheckPartition(log, {"none", PartitionId(0)}).error().code, ErrorCode::kNotFound);
}

TEST_P(DamageTest, EveryFlippedByteIsReadRightOrRefusedFoundAndRepaired) {
  for (const std::string& path : EventFiles(".log")) {
    const std::string& whole = needed_.at(path);
    for (size_t at = 0; at < whole.size(); ++at) {
      SCOPED_TRACE(testing::Message() << path << " byte " << at);
      Restore();
      std::string damaged = whole;
      damaged[at] = static_cast<char>(damaged[at] ^ (1 << (at % 8)));
      files_.SetContent(path, damaged);

      ExpectReaderIsRight(Offset(0));
      ExpectReaderIsRight(Offset(22));
      const PartitionReport report = Check();
      EXPECT_TRUE(report.has_damage);
      ASSERT_FALSE(report.problems.empty());
      EXPECT_EQ("data/" + report.problems[0].file, path);
      EXPECT_LE(report.problems[0].position, static_cast<int64_t>(at));

      // A writer recovers or refuses; what it takes over is right.
      {
        SegmentLog log = Log();
        WriterSpec spec;
        spec.events = {SmallStream::Events()};
        const auto writer = log.OpenWriter(spec);
        if (!writer) {
          EXPECT_EQ(writer.error().code, ErrorCode::kCorrupt) << writer.error().message;
        } else {
          EXPECT_EQ((*writer)->position(), Position(40));
        }
      }

      const auto repaired = Repair();
      ASSERT_TRUE(repaired.has_value()) << repaired.error().message;
      EXPECT_EQ(repaired->cut_at, std::nullopt);
      EXPECT_EQ(repaired->batches_rewritten, 1);
      EXPECT_EQ(repaired->batches_checked, 7);
      EXPECT_EQ(files_.Contents(), needed_);
      if (HasFailure()) return;
    }
  }
}

TEST_P(DamageTest, EveryFlippedByteOfAnIndexIsOnlyAHintLostAndIsFound) {
  stream_.segment_bytes_max = 12'000;
  stream_.value_bytes = 1'000;
  files_.SetContents({});
  ASSERT_TRUE(stream_.Write(files_).status.has_value());
  needed_ = files_.Contents();
  for (const char* suffix : {".index", ".timeindex"}) {
    for (const std::string& path : EventFiles(suffix)) {
      const std::string& whole = needed_.at(path);
      ASSERT_FALSE(whole.empty());
      for (size_t at = 0; at < whole.size(); ++at) {
        SCOPED_TRACE(testing::Message() << path << " byte " << at);
        Restore();
        std::string damaged = whole;
        damaged[at] = static_cast<char>(damaged[at] ^ (1 << (at % 8)));
        files_.SetContent(path, damaged);
        ExpectIndexesAreOnlyHints();
        const PartitionReport report = Check();
        EXPECT_TRUE(report.has_damage);
        ASSERT_EQ(report.problem_count, 1);
        EXPECT_EQ(report.problems[0].kind, LogProblem::Kind::kIndex);
        EXPECT_EQ(report.problems[0].position, static_cast<int64_t>(at));

        files_.SetContent(path, whole.substr(0, at));
        ExpectIndexesAreOnlyHints();
        ASSERT_TRUE(Repair().has_value());
        EXPECT_EQ(files_.Contents(), needed_);
        if (HasFailure()) return;
      }
      Files without = needed_;
      without.erase(path);
      files_.SetContents(without);
      ExpectIndexesAreOnlyHints();
      ASSERT_TRUE(Repair().has_value());
      EXPECT_EQ(files_.Contents(), needed_);
    }
  }
}

TEST_P(DamageTest, AnIndexMayOnlyBeBehindInTheLastSegment) {
  stream_.segment_bytes_max = 12'000;
  stream_.value_bytes = 1'000;
  files_.SetContents({});
  ASSERT_TRUE(stream_.Write(files_).status.has_value());
  needed_ = files_.Contents();
  const auto indexes = EventFiles(".index");
  ASSERT_GE(indexes.size(), 2U);
  files_.SetContent(indexes.back(), "");
  EXPECT_EQ(Check().problem_count, 0);
  files_.SetContent(indexes.back(), needed_.at(indexes.back()) + "12345678");
  EXPECT_THAT(Check().problems.at(0).ToString(),
              HasSubstr("more entries than the log has batches for"));
  Restore();
  files_.SetContent(indexes.front(), "");
  EXPECT_THAT(Check().problems.at(0).ToString(),
              testing::MatchesRegex("log: sales-0/00000000000000000000.index: byte 0: ends here, "
                                    "needed [0-9]+ bytes"));
  Restore();
  files_.SetContent("data/sales-0/00000000000000000007.index", "");
  EXPECT_EQ(Check().problems.at(0).ToString(),
            "log: sales-0/00000000000000000007.index: byte 0: has no log file");
}

TEST_P(DamageTest, SeveralDamagedBatchesInARowAreWrittenAgain) {
  const std::string log = kFirst + ".log";
  std::string damaged = needed_.at(log);
  const size_t first = static_cast<size_t>(LoadBatchHeader(damaged.data()).size_bytes());
  // From the middle of the first batch to the middle of the second.
  for (size_t at = first / 2; at < first + 40; ++at) damaged[at] = 'x';
  files_.SetContent(log, damaged);
  const PartitionReport report = Check();
  EXPECT_EQ(report.problem_count, 1);
  EXPECT_EQ(report.batch_count, 6);
  const auto repaired = Repair();
  ASSERT_TRUE(repaired.has_value());
  EXPECT_EQ(repaired->batches_rewritten, 2);
  EXPECT_THAT(repaired->actions,
              testing::ElementsAre(testing::MatchesRegex(
                  "log: sales-0/00000000000000000000.log: byte 0: batch at offset 0: CRC is "
                  "[0-9a-f]{8}, needed [0-9a-f]{8}; written again")));
  EXPECT_EQ(files_.Contents(), needed_);
}

TEST_P(DamageTest, ADamagedEndOfASealedSegmentIsWrittenAgain) {
  const std::string log = kFirst + ".log";
  std::string damaged = needed_.at(log);
  damaged[damaged.size() - 20] ^= 0x40;
  files_.SetContent(log, damaged);
  EXPECT_EQ(Check().problem_count, 1);
  ASSERT_TRUE(Repair().has_value());
  EXPECT_EQ(files_.Contents(), needed_);
}

TEST_P(DamageTest, WhatDoesNotFitIsCutAndTheStreamGoesOnThere) {
  const std::string log = kFirst + ".log";
  // A byte more than there should be: no batch has this size.
  std::string damaged = needed_.at(log);
  const size_t first = static_cast<size_t>(LoadBatchHeader(damaged.data()).size_bytes());
  damaged.insert(first + 70, "y");
  files_.SetContent(log, damaged);
  const auto repaired = Repair();
  ASSERT_TRUE(repaired.has_value()) << repaired.error().message;
  EXPECT_EQ(repaired->cut_at, Offset(5));
  EXPECT_THAT(repaired->actions.at(0), HasSubstr("; cut, to go on at offset 5"));
  EXPECT_EQ(Check().problem_count, 0);
  EXPECT_EQ(Check().end, Offset(5));
  ASSERT_TRUE(stream_.Write(files_).status.has_value());
  EXPECT_EQ(files_.Contents(), needed_);
}

TEST_P(DamageTest, AMissingSegmentIsFoundAndCutAway) {
  const auto logs = EventFiles(".log");
  ASSERT_GE(logs.size(), 2U);
  Files without = needed_;
  without.erase(logs[1]);
  files_.SetContents(without);
  const PartitionReport report = Check();
  EXPECT_TRUE(report.has_damage);
  EXPECT_FALSE(report.problems.empty());
  ExpectReaderIsRight(Offset(0));
  ASSERT_TRUE(Repair().has_value());
  EXPECT_EQ(Check().problem_count, 0);
  ASSERT_TRUE(stream_.Write(files_).status.has_value());
  EXPECT_EQ(files_.Contents(), needed_);
}

TEST_P(DamageTest, AReaderSaysThatASegmentIsMissing) {
  stream_.segment_bytes_max = 1;
  files_.SetContents({});
  ASSERT_TRUE(stream_.Write(files_).status.has_value());
  Files without = files_.Contents();
  without.erase("data/sales-0/00000000000000000010.log");
  files_.SetContents(without);
  SegmentLog log = Log();
  const auto [records, stopped] = SmallStream::ReadAll(log, Offset(0));
  EXPECT_EQ(records.size(), 10U);
  ASSERT_FALSE(stopped.has_value());
  EXPECT_THAT(stopped.error().message, HasSubstr("sales-0/00000000000000000005.log: byte"));
  EXPECT_THAT(stopped.error().message,
              HasSubstr("segment ends at offset 10, but the next begins at 15"));
}

TEST_P(DamageTest, AnUnfinishedEndIsNoDamage) {
  const std::string log = EventFiles(".log").back();
  const std::string whole = needed_.at(log);
  files_.SetContent(log, whole.substr(0, whole.size() - 3));
  const PartitionReport report = Check();
  EXPECT_FALSE(report.has_damage);
  ASSERT_EQ(report.problem_count, 1);
  EXPECT_EQ(report.problems[0].kind, LogProblem::Kind::kUnfinished);
  EXPECT_THAT(report.problems[0].text, HasSubstr("bytes are an unfinished batch"));
}

TEST_P(DamageTest, ARepairThatIsCutOffIsDoneAgain) {
  const std::string log = kFirst + ".log";
  std::string damaged = needed_.at(log);
  damaged[80] ^= 1;
  std::string longer = damaged;
  longer.insert(70, "y");  // Fits nowhere: the partition is cut.
  for (const std::string& content : {damaged, longer}) {
    for (int64_t moment = 0;; ++moment) {
      SCOPED_TRACE(moment);
      Restore();
      files_.SetContent(log, content);
      files_.TurnOffBefore(moment);
      const bool done = Repair().has_value();
      files_.PowerCut(Survival::kSome, static_cast<uint64_t>(moment));
      ASSERT_TRUE(Repair().has_value());
      EXPECT_EQ(Check().problem_count, 0);
      ASSERT_TRUE(stream_.Write(files_).status.has_value());
      EXPECT_EQ(files_.Contents(), needed_);
      if (HasFailure()) return;
      if (done) break;
    }
  }
}

TEST_P(DamageTest, RepairNeedsTheLock) {
  SegmentLog log = Log();
  WriterSpec spec;
  spec.events = {SmallStream::Events()};
  spec.holder = "the replay";
  const auto writer = log.OpenWriter(spec);
  ASSERT_TRUE(writer.has_value());
  const auto repaired = Repair();
  ASSERT_FALSE(repaired.has_value());
  EXPECT_EQ(repaired.error().code, ErrorCode::kRefused);
}

TEST_P(DamageTest, RepairOfASoundPartitionChangesNothing) {
  const auto repaired = Repair();
  ASSERT_TRUE(repaired.has_value());
  EXPECT_THAT(repaired->actions, IsEmpty());
  EXPECT_EQ(files_.Contents(), needed_);
}

}  // namespace
}  // namespace tillstream
