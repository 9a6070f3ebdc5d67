#include "log/recovery.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "log/segment_log.h"
#include "testing/faulty_file_system.h"
#include "testing/small_stream.h"

namespace tillstream {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const std::set<FileOperation> kWrites = {FileOperation::kWrite};
const std::set<FileOperation> kSyncs = {FileOperation::kSync, FileOperation::kSyncDirectory};
const std::set<FileOperation> kOthers = {FileOperation::kCreate, FileOperation::kMakeDirectory,
                                         FileOperation::kTruncate};

using Files = std::map<std::string, std::string>;

Files Uninterrupted(const SmallStream& stream) {
  FaultyFileSystem files;
  const auto outcome = stream.Write(files);
  EXPECT_TRUE(outcome.status.has_value()) << outcome.status.error().message;
  EXPECT_EQ(outcome.durable, stream.days * stream.events_per_day);
  return files.Contents();
}

/// Says which files differ instead of printing them.
testing::AssertionResult SameFiles(const Files& found, const Files& needed) {
  for (const auto& [path, content] : needed) {
    const auto at = found.find(path);
    if (at == found.end()) return testing::AssertionFailure() << path << " is missing";
    if (at->second != content) {
      const auto [here, there] =
          std::mismatch(at->second.begin(), at->second.end(), content.begin(), content.end());
      return testing::AssertionFailure()
             << path << " differs at byte " << here - at->second.begin() << "; has "
             << at->second.size() << " bytes, needed " << content.size();
    }
  }
  for (const auto& [path, content] : found) {
    if (!needed.contains(path)) return testing::AssertionFailure() << path << " is one too many";
  }
  return testing::AssertionSuccess();
}

class RecoveryTest : public testing::TestWithParam<Codec> {
 protected:
  RecoveryTest() { stream_.codec = GetParam(); }

  /// Continues to the end, and compares with an uninterrupted run.
  void ExpectResumesIdentically(FaultyFileSystem& files, const Files& needed) {
    const auto outcome = stream_.Write(files);
    ASSERT_TRUE(outcome.status.has_value()) << outcome.status.error().message;
    EXPECT_TRUE(SameFiles(files.Contents(), needed));
    // Nothing of it hangs on what was never synced, but the index of the last segment may.
    files.PowerCut(Survival::kNothing);
    const auto again = stream_.Write(files);
    ASSERT_TRUE(again.status.has_value()) << again.status.error().message;
    EXPECT_THAT(again.warnings, IsEmpty());
    EXPECT_TRUE(SameFiles(files.Contents(), needed));
  }

  SmallStream stream_;
};

INSTANTIATE_TEST_SUITE_P(Codecs, RecoveryTest,
                         testing::Values(Codec::kNone, Codec::kLz4, Codec::kZstd),
                         [](const auto& instance) { return CodecName(instance.param); });

TEST_P(RecoveryTest, TheStreamUnderTestRollsAndHasIndexes) {
  const Files files = Uninterrupted(stream_);
  int logs = 0;
  size_t index_bytes = 0;
  for (const auto& [path, content] : files) {
    if (path.starts_with("data/sales-0/") && path.ends_with(".log")) ++logs;
    if (path.ends_with(".index")) index_bytes += content.size();
  }
  EXPECT_GE(logs, 2);
  EXPECT_GE(index_bytes, 24U);
}

TEST_P(RecoveryTest, APowerCutAtAnyMomentLosesNothingDurable) {
  const Files needed = Uninterrupted(stream_);
  FaultyFileSystem counted;
  ASSERT_TRUE(stream_.Write(counted).status.has_value());
  const int64_t operations = counted.operation_count();
  ASSERT_GT(operations, 80);
  for (const Survival survival :
       {Survival::kNothing, Survival::kAll, Survival::kSome, Survival::kSomeZero}) {
    for (int64_t moment = 0; moment < operations; ++moment) {
      SCOPED_TRACE(testing::Message()
                   << "operation " << moment << ", survival " << static_cast<int>(survival));
      FaultyFileSystem files;
      files.TurnOffBefore(moment);
      const auto cut = stream_.Write(files);
      ASSERT_FALSE(cut.status.has_value());
      EXPECT_EQ(cut.status.error().code, ErrorCode::kIoError);
      files.PowerCut(survival, static_cast<uint64_t>(moment));
      const auto resumed = stream_.Write(files, 0);
      ASSERT_TRUE(resumed.status.has_value()) << resumed.status.error().message;
      ASSERT_GE(resumed.durable, cut.durable);
      ExpectResumesIdentically(files, needed);
      if (HasFatalFailure()) return;
    }
  }
}

TEST_P(RecoveryTest, APowerCutDuringRecoveryIsRecoveredToo) {
  const Files needed = Uninterrupted(stream_);
  FaultyFileSystem counted;
  ASSERT_TRUE(stream_.Write(counted).status.has_value());
  const int64_t operations = counted.operation_count();
  for (int64_t moment = operations / 2; moment < operations; moment += 3) {
    for (int64_t second = 0; second < 12; ++second) {
      SCOPED_TRACE(testing::Message() << "operations " << moment << ", " << second);
      FaultyFileSystem files;
      files.TurnOffBefore(moment);
      const auto cut = stream_.Write(files);
      files.PowerCut(Survival::kSome, static_cast<uint64_t>(moment));
      files.TurnOffBefore(second);
      const auto cut_again = stream_.Write(files);
      files.PowerCut(Survival::kSomeZero, static_cast<uint64_t>(second));
      const auto resumed = stream_.Write(files, 0);
      ASSERT_TRUE(resumed.status.has_value()) << resumed.status.error().message;
      ASSERT_GE(resumed.durable, std::max(cut.durable, cut_again.durable));
      ExpectResumesIdentically(files, needed);
      if (HasFatalFailure()) return;
    }
  }
}

TEST_P(RecoveryTest, AFailingOperationStopsTheWriterAndTheNextStartContinues) {
  const Files needed = Uninterrupted(stream_);
  for (const auto& kinds : {kWrites, kSyncs, kOthers}) {
    for (int64_t n = 0;; ++n) {
      SCOPED_TRACE(testing::Message() << "kind " << static_cast<int>(*kinds.begin()) << ", " << n);
      FaultyFileSystem files;
      files.FailNth(kinds, n, "no space left on device");
      const auto failed = stream_.Write(files);
      if (!files.failed()) {
        EXPECT_GE(n, 2);
        break;
      }
      ASSERT_FALSE(failed.status.has_value());
      EXPECT_EQ(failed.status.error().code, ErrorCode::kIoError);
      EXPECT_THAT(failed.status.error().message, testing::EndsWith("no space left on device"));
      ExpectResumesIdentically(files, needed);
      if (HasFatalFailure()) return;
    }
  }
}

TEST_P(RecoveryTest, WhatAFailedSyncLostIsNotTakenForDurableByTheNextWriter) {
  // The next writer finds the bytes in memory; a power cut after its own syncs must not lose them.
  const Files needed = Uninterrupted(stream_);
  for (int64_t n = 0;; ++n) {
    FaultyFileSystem files;
    files.FailNth({FileOperation::kSync}, n);
    const auto failed = stream_.Write(files);
    if (!files.failed()) break;
    ASSERT_TRUE(stream_.Write(files).status.has_value());
    files.PowerCut(Survival::kNothing);
    const auto resumed = stream_.Write(files);
    ASSERT_TRUE(resumed.status.has_value()) << n << ": " << resumed.status.error().message;
    EXPECT_TRUE(SameFiles(files.Contents(), needed)) << n;
  }
}

TEST_P(RecoveryTest, WhatAFailedSyncAtOpenFoundIsNotTakenForDurableLater) {
  const Files needed = Uninterrupted(stream_);
  FaultyFileSystem counted;
  ASSERT_TRUE(stream_.Write(counted).status.has_value());
  for (int64_t moment = 0; moment < counted.operation_count(); moment += 3) {
    for (int64_t n = 0; n < 4; ++n) {
      FaultyFileSystem files;
      files.TurnOffBefore(moment);
      (void)stream_.Write(files);
      files.PowerCut(Survival::kAll);  // The process ends with bytes that are not synced yet.
      files.FailNth({FileOperation::kSync}, n);
      (void)stream_.Write(files);
      if (!files.failed()) continue;
      ASSERT_TRUE(stream_.Write(files).status.has_value());
      files.PowerCut(Survival::kNothing);
      const auto resumed = stream_.Write(files);
      ASSERT_TRUE(resumed.status.has_value())
          << moment << ", " << n << ": " << resumed.status.error().message;
      EXPECT_TRUE(SameFiles(files.Contents(), needed)) << moment << ", " << n;
    }
  }
}

TEST_P(RecoveryTest, AFailedWriterRefusesEverythingAfterwards) {
  FaultyFileSystem files;
  SimClock clock;
  SegmentLog log(files, clock, stream_.Options());
  ASSERT_TRUE(log.CreateTopic({"sales", 1}).has_value());
  WriterSpec spec;
  spec.events = {SmallStream::Events()};
  auto writer = log.OpenWriter(spec);
  ASSERT_TRUE(writer.has_value());
  RecordBlock block;
  stream_.FillDay(0, &block);
  ASSERT_TRUE((*writer)->Append(block).has_value());
  files.FailNth({FileOperation::kSync}, 0);
  const auto synced = (*writer)->Sync(std::chrono::seconds(1));
  ASSERT_FALSE(synced.has_value());
  EXPECT_EQ(synced.error().message, "data/sales-0/00000000000000000000.log: input/output error");
  const int64_t syncs = files.operation_count(kSyncs);
  EXPECT_EQ((*writer)->Append(block).error().message, synced.error().message);
  EXPECT_EQ((*writer)->Flush().error().message, synced.error().message);
  EXPECT_EQ((*writer)->Sync(std::chrono::seconds(1)).error().message, synced.error().message);
  EXPECT_EQ((*writer)->durable_position(), Position(0));
  EXPECT_EQ(files.operation_count(kSyncs), syncs) << "never again on that file";
}

TEST_P(RecoveryTest, TruncationAtEveryByteOfTheLastBatchesIsRecovered) {
  stream_.segment_bytes_max = kSegmentBytesDefault;
  stream_.days = 4;
  const Files needed = Uninterrupted(stream_);
  const std::string log = "data/sales-0/00000000000000000000.log";
  const std::string& whole = needed.at(log);
  for (size_t size = 0; size < whole.size(); ++size) {
    SCOPED_TRACE(testing::Message() << "size " << size);
    FaultyFileSystem files;
    files.SetContents(needed);
    files.SetContent(log, whole.substr(0, size));
    SimClock clock;
    SegmentLog segment_log(files, clock, stream_.Options());
    const auto [records, stopped] = SmallStream::ReadAll(segment_log, Offset(0));
    EXPECT_TRUE(stopped.has_value()) << stopped.error().message;
    EXPECT_EQ(records.size() % 5, 0U);
    for (const auto& [offset, value] : records) ASSERT_EQ(value, stream_.Value(offset));
    // The totals are ahead of their events now, which only this test does: no total is repeated.
    const auto resumed = stream_.Write(files, 0);
    ASSERT_TRUE(resumed.status.has_value()) << resumed.status.error().message;
    EXPECT_EQ(resumed.durable, static_cast<int64_t>(records.size()));
    const size_t kept = files.Contents().at(log).size();
    EXPECT_EQ(whole.substr(0, kept), files.Contents().at(log));
    EXPECT_EQ(resumed.warnings.size(), kept == size ? 0U : 1U);
    ExpectResumesIdentically(files, needed);
    if (HasFatalFailure()) return;
  }
}

TEST_P(RecoveryTest, AWarningNamesFileBytesAndOffset) {
  stream_.segment_bytes_max = kSegmentBytesDefault;
  FaultyFileSystem files;
  ASSERT_TRUE(stream_.Write(files).status.has_value());
  const std::string log = "data/sales-0/00000000000000000000.log";
  const std::string whole = files.Contents().at(log);
  files.SetContent(log, whole + whole.substr(0, 37));
  EXPECT_THAT(stream_.Write(files).warnings,
              ElementsAre("log: sales-0/00000000000000000000.log: 37 bytes after offset 159 are an "
                          "unfinished batch; cut"));
  files.SetContent(log, whole.substr(0, 60));
  EXPECT_THAT(stream_.Write(files, 0).warnings,
              ElementsAre("log: sales-0/00000000000000000000.log: 60 bytes before offset 0 are an "
                          "unfinished batch; cut"));
}

TEST_P(RecoveryTest, APartitionWhoseMakerDiedBeforeSyncingItIsMadeDurableByItsWriter) {
  FaultyFileSystem files;
  SimClock clock;
  SegmentLog log(files, clock, stream_.Options());
  ASSERT_TRUE(log.CreateTopic({"earlier", 1}).has_value());
  WriterSpec spec;
  spec.events = {{"earlier", PartitionId(0)}};
  ASSERT_TRUE(log.OpenWriter(spec).has_value());
  files.TurnOffBefore(1);  // The directory is made, its parent not synced.
  ASSERT_FALSE(log.CreateTopic({"sales", 1}).has_value());
  files.PowerCut(Survival::kAll);
  ASSERT_TRUE(log.CreateTopic({"sales", 1}).has_value());
  {
    spec.events = {SmallStream::Events()};
    const auto writer = log.OpenWriter(spec);
    ASSERT_TRUE(writer.has_value());
    RecordBlock block;
    stream_.FillDay(0, &block);
    ASSERT_TRUE((*writer)->Append(block).has_value());
    ASSERT_TRUE((*writer)->Sync(std::chrono::seconds(1)).has_value());
  }
  files.PowerCut(Survival::kNothing);
  EXPECT_EQ(log.OpenWriter(spec).value()->position(), Position(5));
}

TEST_P(RecoveryTest, ZerosAtTheEndAreUnfinished) {
  stream_.segment_bytes_max = kSegmentBytesDefault;
  const Files needed = Uninterrupted(stream_);
  const std::string log = "data/sales-0/00000000000000000000.log";
  for (const size_t zeros : {1UL, 60UL, 61UL, 4096UL, 20'000'000UL}) {
    FaultyFileSystem files;
    files.SetContents(needed);
    files.SetContent(log, needed.at(log) + std::string(zeros, '\0'));
    const auto outcome = stream_.Write(files);
    ASSERT_TRUE(outcome.status.has_value()) << outcome.status.error().message;
    EXPECT_EQ(outcome.warnings.size(), 1U);
    EXPECT_TRUE(SameFiles(files.Contents(), needed));
  }
}

TEST_P(RecoveryTest, BlocksThatWereNeverWrittenAreUnfinishedForReaderAndWriter) {
  stream_.segment_bytes_max = kSegmentBytesDefault;
  stream_.recovery_bytes = 100;  // Counted from the last batch, not from the end of the zeros.
  const Files needed = Uninterrupted(stream_);
  const std::string log = "data/sales-0/00000000000000000000.log";
  const std::string& whole = needed.at(log);
  for (size_t kept = 512; kept < whole.size(); kept += 512) {
    for (const size_t size : {whole.size(), whole.size() + 100'000}) {
      if (size - kept < 8) continue;
      SCOPED_TRACE(testing::Message() << kept << " of " << size);
      std::string damaged = whole.substr(0, kept);
      damaged.resize(size, '\0');
      FaultyFileSystem files;
      files.SetContents(needed);
      files.SetContent(log, damaged);
      SimClock clock;
      SegmentLog segment_log(files, clock, stream_.Options());
      const auto [records, stopped] = SmallStream::ReadAll(segment_log, Offset(0));
      EXPECT_TRUE(stopped.has_value()) << stopped.error().message;
      const auto end = segment_log.OpenReader(SmallStream::Events()).value()->End();
      EXPECT_EQ(end.value(), Offset(static_cast<int64_t>(records.size())));
      const auto resumed = stream_.Write(files, 0);
      ASSERT_TRUE(resumed.status.has_value()) << resumed.status.error().message;
      EXPECT_EQ(resumed.durable, static_cast<int64_t>(records.size()));
      EXPECT_EQ(resumed.warnings.size(), 1U);
      ASSERT_TRUE(stream_.Write(files).status.has_value());
      EXPECT_TRUE(SameFiles(files.Contents(), needed));
      if (HasFailure()) return;
    }
  }
}

TEST_P(RecoveryTest, ACompleteBatchWithABadCrcIsCorruptionNotTorn) {
  stream_.segment_bytes_max = kSegmentBytesDefault;
  stream_.codec = Codec::kNone;
  FaultyFileSystem files;
  ASSERT_TRUE(stream_.Write(files).status.has_value());
  const std::string log = "data/sales-0/00000000000000000000.log";
  std::string damaged = files.Contents().at(log);
  damaged[damaged.size() - 10] ^= 1;
  files.SetContent(log, damaged);
  const auto outcome = stream_.Write(files);
  ASSERT_FALSE(outcome.status.has_value());
  EXPECT_EQ(outcome.status.error().code, ErrorCode::kCorrupt);
  EXPECT_THAT(
      outcome.status.error().message,
      testing::MatchesRegex("log: sales-0/00000000000000000000.log: byte [0-9]+: batch at offset "
                            "155: CRC is [0-9a-f]{8}, needed [0-9a-f]{8}; replay --repair writes "
                            "it again from the dataset"));
  EXPECT_EQ(files.Contents().at(log), damaged) << "nothing is cut";
}

TEST_P(RecoveryTest, ADamagedLengthDoesNotPassForAnUnfinishedBatch) {
  stream_.segment_bytes_max = kSegmentBytesDefault;
  const Files needed = Uninterrupted(stream_);
  const std::string log = "data/sales-0/00000000000000000000.log";
  // Of every batch, the last included: each length made larger than what is left of the file.
  size_t position = 0;
  while (position < needed.at(log).size()) {
    const BatchHeader header = LoadBatchHeader(needed.at(log).data() + position);
    FaultyFileSystem files;
    files.SetContents(needed);
    std::string damaged = needed.at(log);
    damaged[position + 9] = 0x01;  // 64 KiB and more.
    files.SetContent(log, damaged);
    const auto outcome = stream_.Write(files);
    ASSERT_FALSE(outcome.status.has_value()) << position;
    EXPECT_EQ(outcome.status.error().code, ErrorCode::kCorrupt);
    EXPECT_EQ(files.Contents().at(log), damaged);
    position += static_cast<size_t>(header.size_bytes());
  }
}

TEST_P(RecoveryTest, OnlyTheEndIsCheckedAgainstItsCrcAtOpen) {
  stream_.segment_bytes_max = kSegmentBytesDefault;
  FaultyFileSystem files;
  ASSERT_TRUE(stream_.Write(files).status.has_value());
  const std::string log = "data/sales-0/00000000000000000000.log";
  std::string damaged = files.Contents().at(log);
  damaged[100] ^= 1;  // In the records of the first batch.
  files.SetContent(log, damaged);
  EXPECT_EQ(stream_.Write(files).status.error().code, ErrorCode::kCorrupt);
  stream_.recovery_bytes = 5'000;
  EXPECT_TRUE(stream_.Write(files).status.has_value());
  damaged[20] ^= 1;  // The first header: a length there must be right for all that follows.
  damaged[16] ^= 1;
  files.SetContent(log, damaged);
  EXPECT_EQ(stream_.Write(files).status.error().code, ErrorCode::kCorrupt);
}

TEST_P(RecoveryTest, IndexesAreRestoredWhateverHappensToThem) {
  const Files needed = Uninterrupted(stream_);
  for (const auto& [path, content] : needed) {
    if (path.ends_with(".log")) continue;
    const bool is_last = !needed.contains(path) || path.find("sales-days") != std::string::npos;
    std::vector<std::string> damages = {content + "x"};
    for (size_t size = 0; size < content.size(); ++size) {
      if (!is_last && size % 4 == 0 && size > 0) continue;  // May be a whole entry: not noticed.
      damages.push_back(content.substr(0, size));
    }
    for (const std::string& damage : damages) {
      if (damage.empty() && path.ends_with(".index")) continue;  // Allowed to be empty.
      FaultyFileSystem files;
      files.SetContents(needed);
      files.SetContent(path, damage);
      ASSERT_TRUE(stream_.Write(files).status.has_value());
      EXPECT_TRUE(SameFiles(files.Contents(), needed)) << path << " " << damage.size();
    }
    Files without = needed;
    without.erase(path);
    FaultyFileSystem files;
    files.SetContents(without);
    ASSERT_TRUE(stream_.Write(files).status.has_value());
    EXPECT_TRUE(SameFiles(files.Contents(), needed)) << path << " missing";
  }
}

TEST_P(RecoveryTest, WhatACrashLeavesOfANewSegmentIsUsed) {
  const Files needed = Uninterrupted(stream_);
  // The moment after a roll: everything up to the second segment, and some of its files, empty.
  std::string second;
  for (const auto& [path, content] : needed) {
    if (path.starts_with("data/sales-0/") && path.ends_with(".log") && second.empty() &&
        path != "data/sales-0/00000000000000000000.log") {
      second = path.substr(0, path.size() - 4);
    }
  }
  Files before;
  for (const auto& [path, content] : needed) {
    if (path.starts_with("data/sales-0/0") && path >= second) continue;
    if (path.starts_with("data/sales-days")) continue;
    before[path] = content;
  }
  for (int mask = 0; mask < 8; ++mask) {
    FaultyFileSystem files;
    files.SetContents(before);
    if ((mask & 1) != 0) files.SetContent(second + ".log", "");
    if ((mask & 2) != 0) files.SetContent(second + ".index", "");
    if ((mask & 4) != 0) files.SetContent(second + ".timeindex", std::string(24, 'x'));
    ASSERT_TRUE(stream_.Write(files).status.has_value()) << mask;
    EXPECT_TRUE(SameFiles(files.Contents(), needed)) << mask;
  }
}

}  // namespace
}  // namespace tillstream
