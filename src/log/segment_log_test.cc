#include "log/segment_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "base/endian.h"
#include "log/record_batch.h"
#include "testing/faulty_file_system.h"
#include "testing/sim_clock.h"
#include "testing/small_stream.h"

namespace tillstream {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::chrono::milliseconds kNoWait{0};

class SegmentLogTest : public testing::Test {
 protected:
  std::unique_ptr<SegmentLog> Log(Codec codec = Codec::kNone,
                                  int64_t segment_bytes_max = kSegmentBytesDefault) {
    SegmentLogOptions options;
    options.directory = "data";
    options.codec = codec;
    options.segment_bytes_max = segment_bytes_max;
    auto log = std::make_unique<SegmentLog>(files_, clock_, options);
    EXPECT_TRUE(log->CreateTopic({"sales", 1}).has_value());
    return log;
  }

  static std::unique_ptr<LogWriter> OpenWriter(SegmentLog& log) {
    WriterSpec spec;
    spec.events = {SmallStream::Events()};
    spec.holder = "test";
    auto writer = log.OpenWriter(spec);
    EXPECT_TRUE(writer.has_value()) << (writer ? "" : writer.error().message);
    return writer ? *std::move(writer) : nullptr;
  }
  static std::unique_ptr<LogReader> OpenReader(SegmentLog& log) {
    return *log.OpenReader(SmallStream::Events());
  }

  /// Appends a batch of one record that takes `size_bytes` with codec none.
  static void WriteBatch(LogWriter& writer, size_t size_bytes, int64_t timestamp) {
    RecordBlock block;
    block.Clear(Timestamp(timestamp));
    size_t value_bytes = size_bytes - kBatchHeaderBytes - 8;
    for (;; --value_bytes) {
      block.Clear(Timestamp(timestamp));
      block.Append("", std::string(value_bytes, 'v'));
      if (block.size_bytes() + kBatchHeaderBytes <= size_bytes) break;
    }
    ASSERT_EQ(block.size_bytes() + kBatchHeaderBytes, size_bytes);
    ASSERT_TRUE(writer.Append(block).has_value());
  }

  std::string Content(const std::string& name) {
    return files_.Contents().at("data/sales-0/" + name);
  }

  std::vector<std::string> Names() {
    std::vector<std::string> names;
    for (const auto& [path, content] : files_.Contents()) names.push_back(path);
    return names;
  }

  FaultyFileSystem files_;
  SimClock clock_;
};

TEST_F(SegmentLogTest, APartitionIsADirectoryWithThreeFilesASegment) {
  auto log = Log();
  EXPECT_EQ(log->PartitionDirectory(SmallStream::Events()), "data/sales-0");
  EXPECT_EQ(log->Describe(), "log data");
  EXPECT_THAT(Names(), IsEmpty());
  auto writer = OpenWriter(*log);
  EXPECT_THAT(Names(), ElementsAre("data/sales-0/00000000000000000000.index",
                                   "data/sales-0/00000000000000000000.log",
                                   "data/sales-0/00000000000000000000.timeindex"));
  EXPECT_TRUE(files_.Info("data/.locks/sales-0.lock").has_value());
}

TEST_F(SegmentLogTest, NothingIsMadeBeforeATopicIs) {
  SegmentLogOptions options;
  options.directory = "elsewhere";
  SegmentLog log(files_, clock_, options);
  EXPECT_THAT(*log.ListTopics(), IsEmpty());
  EXPECT_EQ(log.OpenReader(SmallStream::Events()).error().message,
            "log: sales-0: no such partition in elsewhere");
  EXPECT_EQ(files_.Info("elsewhere").error().code, ErrorCode::kNotFound);
}

TEST_F(SegmentLogTest, ANameThatIsNoTopicIsRefused) {
  auto log = Log();
  for (const std::string name : {"", "a/b", "..", "caf\xc3\xa9", "with space"}) {
    EXPECT_EQ(log->CreateTopic({name, 1}).error().code, ErrorCode::kUsage) << name;
  }
  EXPECT_EQ(log->CreateTopic({std::string(250, 'a'), 1}).error().code, ErrorCode::kUsage);
}

TEST_F(SegmentLogTest, DirectoriesThatAreNoPartitionsAreNoTopics) {
  auto log = Log();
  for (const char* name : {"data/other", "data/sales-x", "data/sales-01", "data/-1", "data/gap-1",
                           "data/x-", "data/x-99999999999"}) {
    ASSERT_TRUE(files_.MakeDirectory(name).has_value());
  }
  files_.SetContent("data/file-0", "not a directory");
  const auto topics = log->ListTopics();
  ASSERT_EQ(topics->size(), 1U);
  EXPECT_EQ((*topics)[0].name, "sales");
}

TEST_F(SegmentLogTest, ASegmentRollsWhenABatchWouldGoBeyondItsSize) {
  auto log = Log(Codec::kNone, 3'000);
  auto writer = OpenWriter(*log);
  WriteBatch(*writer, 1'000, 1);
  WriteBatch(*writer, 1'000, 2);
  WriteBatch(*writer, 1'000, 3);  // Exactly full.
  WriteBatch(*writer, 5'000, 4);  // Larger than a segment: alone in one.
  WriteBatch(*writer, 200, 5);
  ASSERT_TRUE(writer->Sync(kNoWait).has_value());
  EXPECT_EQ(Content("00000000000000000000.log").size(), 3'000U);
  EXPECT_EQ(Content("00000000000000000003.log").size(), 5'000U);
  EXPECT_EQ(Content("00000000000000000004.log").size(), 200U);
  EXPECT_EQ(Names().size(), 9U);
}

std::vector<std::pair<int32_t, int32_t>> OffsetEntries(const std::string& bytes) {
  std::vector<std::pair<int32_t, int32_t>> entries;
  for (size_t at = 0; at + 8 <= bytes.size(); at += 8) {
    entries.emplace_back(LoadBigEndian<int32_t>(bytes.data() + at),
                         LoadBigEndian<int32_t>(bytes.data() + at + 4));
  }
  return entries;
}
std::vector<std::pair<int64_t, int32_t>> TimeEntries(const std::string& bytes) {
  std::vector<std::pair<int64_t, int32_t>> entries;
  for (size_t at = 0; at + 12 <= bytes.size(); at += 12) {
    entries.emplace_back(LoadBigEndian<int64_t>(bytes.data() + at),
                         LoadBigEndian<int32_t>(bytes.data() + at + 8));
  }
  return entries;
}

TEST_F(SegmentLogTest, IndexesFollowKafkasRule) {
  auto log = Log(Codec::kNone, 20'000);
  auto writer = OpenWriter(*log);
  WriteBatch(*writer, 4'096, 10);  // At 0.
  WriteBatch(*writer, 1'000, 11);  // At 4,096: not more than 4,096 after 0.
  WriteBatch(*writer, 1'000, 30);  // At 5,096: due.
  WriteBatch(*writer, 5'000, 20);  // At 6,096: not due.
  WriteBatch(*writer, 1'000, 25);  // At 11,096: due; the latest time is still 30.
  WriteBatch(*writer, 5'000, 40);  // At 12,096: not due.
  ASSERT_TRUE(writer->Sync(kNoWait).has_value());
  EXPECT_THAT(OffsetEntries(Content("00000000000000000000.index")),
              ElementsAre(std::pair(2, 5'096), std::pair(4, 11'096)));
  EXPECT_THAT(TimeEntries(Content("00000000000000000000.timeindex")),
              ElementsAre(std::pair(30, 2)));
  WriteBatch(*writer, 5'000, 41);  // At 17,096: does not fit, the segment is sealed.
  WriteBatch(*writer, 5'000, 42);
  WriteBatch(*writer, 1'000, 43);
  ASSERT_TRUE(writer->Sync(kNoWait).has_value());
  EXPECT_THAT(TimeEntries(Content("00000000000000000000.timeindex")),
              ElementsAre(std::pair(30, 2), std::pair(40, 5)));
  // Relative to the segment's base offset, 6.
  EXPECT_THAT(OffsetEntries(Content("00000000000000000006.index")),
              ElementsAre(std::pair(1, 5'000), std::pair(2, 10'000)));
  EXPECT_THAT(TimeEntries(Content("00000000000000000006.timeindex")),
              ElementsAre(std::pair(42, 1), std::pair(43, 2)));
}

TEST_F(SegmentLogTest, IndexesAreNeverAheadOfWhatIsDurable) {
  auto log = Log();
  auto writer = OpenWriter(*log);
  for (int i = 0; i < 5; ++i) WriteBatch(*writer, 5'000, i);
  ASSERT_TRUE(writer->Flush().has_value());
  EXPECT_EQ(Content("00000000000000000000.index"), "");
  ASSERT_TRUE(writer->Sync(kNoWait).has_value());
  EXPECT_EQ(Content("00000000000000000000.index").size(), 32U);
}

TEST_F(SegmentLogTest, SmallBatchesAreWrittenTogether) {
  auto log = Log();
  auto writer = OpenWriter(*log);
  const int64_t before = files_.operation_count({FileOperation::kWrite});
  for (int i = 0; i < 1'000; ++i) WriteBatch(*writer, 1'000, i);
  EXPECT_EQ(files_.operation_count({FileOperation::kWrite}) - before, 3);
}

TEST_F(SegmentLogTest, ACleanSyncCostsNothing) {
  auto log = Log();
  auto writer = OpenWriter(*log);
  WriteBatch(*writer, 1'000, 1);
  ASSERT_TRUE(writer->Sync(kNoWait).has_value());
  const int64_t before = files_.operation_count();
  ASSERT_TRUE(writer->Sync(kNoWait).has_value());
  EXPECT_EQ(files_.operation_count(), before);
}

TEST_F(SegmentLogTest, AReaderStopsBeforeAnUnfinishedBatchAndGoesOnWhenItIsThere) {
  SmallStream stream;
  stream.segment_bytes_max = kSegmentBytesDefault;
  stream.days = 3;
  ASSERT_TRUE(stream.Write(files_).status.has_value());
  const std::string path = "data/sales-0/00000000000000000000.log";
  const std::string whole = files_.Contents().at(path);
  SegmentLog log(files_, clock_, stream.Options());
  for (size_t size = 0; size < whole.size(); size += 7) {
    files_.SetContent(path, whole.substr(0, size));
    auto reader = OpenReader(log);
    size_t got = 0;
    for (;;) {
      const auto records = reader->Read(kNoWait);
      ASSERT_TRUE(records.has_value()) << records.error().message;
      if (records->empty()) break;
      got += records->size();
    }
    EXPECT_EQ(reader->End().value().value(), static_cast<int64_t>(got));
    EXPECT_LT(got, 15U);
    files_.SetContent(path, whole);
    for (;;) {
      const auto records = reader->Read(kNoWait);
      ASSERT_TRUE(records.has_value()) << records.error().message;
      if (records->empty()) break;
      for (const RecordView& record : *records) {
        ASSERT_EQ(record.offset, Offset(static_cast<int64_t>(got)));
        ASSERT_EQ(record.value, stream.Value(static_cast<int64_t>(got)));
        ++got;
      }
    }
    EXPECT_EQ(got, 15U);
  }
}

TEST_F(SegmentLogTest, AReaderOutlivesACutUnderIt) {
  SmallStream stream;
  stream.segment_bytes_max = kSegmentBytesDefault;
  stream.days = 6;
  ASSERT_TRUE(stream.Write(files_).status.has_value());
  const std::string path = "data/sales-0/00000000000000000000.log";
  const std::string whole = files_.Contents().at(path);
  SegmentLog log(files_, clock_, stream.Options());
  for (size_t size = 0; size < whole.size(); size += 97) {
    files_.SetContent(path, whole);
    auto reader = OpenReader(log);
    ASSERT_TRUE(reader->Seek(Offset(12)).has_value());
    ASSERT_EQ(reader->Read(kNoWait)->size(), 3U);
    files_.SetContent(path, whole.substr(0, size));
    // What was read ahead may still come, what comes is right.
    int64_t next = 15;
    for (int polls = 0; polls < 10; ++polls) {
      const auto records = reader->Read(kNoWait);
      ASSERT_TRUE(records.has_value()) << records.error().message;
      for (const RecordView& record : *records) {
        ASSERT_EQ(record.offset.value(), next);
        ASSERT_EQ(record.value, stream.Value(next++));
      }
    }
    files_.SetContent(path, whole);
    for (int polls = 0; polls < 10; ++polls) {
      const auto records = reader->Read(kNoWait);
      ASSERT_TRUE(records.has_value()) << records.error().message;
      for (const RecordView& record : *records) {
        ASSERT_EQ(record.offset.value(), next);
        ASSERT_EQ(record.value, stream.Value(next++));
      }
    }
    EXPECT_EQ(next, 30);
  }
}

TEST_F(SegmentLogTest, AnErrorNamesFileAndByteAndTheReaderStaysBeforeTheDamage) {
  SmallStream stream;
  stream.segment_bytes_max = kSegmentBytesDefault;
  stream.days = 4;
  ASSERT_TRUE(stream.Write(files_).status.has_value());
  const std::string path = "data/sales-0/00000000000000000000.log";
  const std::string whole = files_.Contents().at(path);
  const int64_t first = LoadBatchHeader(whole.data()).size_bytes();
  std::string damaged = whole;
  damaged[static_cast<size_t>(first) + 100] ^= 1;
  files_.SetContent(path, damaged);
  SegmentLog log(files_, clock_, stream.Options());
  auto reader = OpenReader(log);
  EXPECT_EQ(reader->Read(kNoWait)->size(), 5U);
  for (int i = 0; i < 3; ++i) {
    const auto records = reader->Read(kNoWait);
    ASSERT_FALSE(records.has_value());
    EXPECT_EQ(records.error().code, ErrorCode::kCorrupt);
    EXPECT_THAT(records.error().message,
                testing::MatchesRegex(fmt::format(
                    "log: sales-0/00000000000000000000.log: byte {}: batch at offset 5: "
                    "CRC is [0-9a-f]{{8}}, needed [0-9a-f]{{8}}; replay --repair "
                    "writes it again from the dataset",
                    first)));
  }
  ASSERT_TRUE(reader->Seek(Offset(11)).has_value());
  EXPECT_EQ(reader->Read(kNoWait)->front().offset, Offset(11));
  // Written again in place, the same reader goes on.
  files_.SetContent(path, whole);
  ASSERT_TRUE(reader->Seek(Offset(5)).has_value());
  EXPECT_EQ(reader->Read(kNoWait)->front().offset, Offset(5));
}

TEST_F(SegmentLogTest, AReaderThatRunsBesideAWriterSeesEveryRecordOnce) {
  // Threads and a real clock: rolls, unfinished batches and growing files as they come.
  SystemClock clock;
  SegmentLogOptions options;
  options.directory = "data";
  options.segment_bytes_max = 50'000;
  SegmentLog log(files_, clock, options);
  ASSERT_TRUE(log.CreateTopic({"sales", 1}).has_value());
  constexpr int64_t kDays = 300;
  SmallStream stream;
  std::thread writing([&] {
    auto writer = OpenWriter(log);
    RecordBlock block;
    for (int64_t day = 0; day < kDays; ++day) {
      stream.FillDay(day, &block);
      ASSERT_TRUE(writer->Append(block).has_value());
      ASSERT_TRUE((day % 7 == 0 ? writer->Flush() : Ok()).has_value());
    }
    ASSERT_TRUE(writer->Sync(kNoWait).has_value());
  });
  auto reader = OpenReader(log);
  int64_t next = 0;
  const auto deadline = clock.Monotonic() + std::chrono::seconds(30);
  while (next < kDays * stream.events_per_day && clock.Monotonic() < deadline) {
    const auto records = reader->Read(std::chrono::milliseconds(10));
    ASSERT_TRUE(records.has_value()) << records.error().message;
    for (const RecordView& record : *records) {
      ASSERT_EQ(record.offset.value(), next);
      ASSERT_EQ(record.value, stream.Value(next++));
    }
  }
  writing.join();
  EXPECT_EQ(next, kDays * stream.events_per_day);
}

TEST_F(SegmentLogTest, BatchesOfSeveralCodecsInOnePartitionAreRead) {
  int64_t day = 0;
  SmallStream stream;
  for (const Codec codec : {Codec::kNone, Codec::kZstd, Codec::kLz4, Codec::kNone}) {
    auto log = Log(codec);
    auto writer = OpenWriter(*log);
    RecordBlock block;
    stream.FillDay(day++, &block);
    ASSERT_TRUE(writer->Append(block).has_value());
    ASSERT_TRUE(writer->Sync(kNoWait).has_value());
  }
  auto log = Log();
  const auto [records, stopped] = SmallStream::ReadAll(*log, Offset(0));
  EXPECT_TRUE(stopped.has_value());
  ASSERT_EQ(records.size(), 20U);
  for (const auto& [offset, value] : records) EXPECT_EQ(value, stream.Value(offset));
}

TEST_F(SegmentLogTest, OpeningALargeSegmentReadsHeadersAndItsEndAlone) {
  // 64 MiB in batches of 256 KiB, of which the last mebibyte is checked.
  auto log = Log();
  {
    auto writer = OpenWriter(*log);
    for (int i = 0; i < 256; ++i) WriteBatch(*writer, 256 << 10, i);
    ASSERT_TRUE(writer->Sync(kNoWait).has_value());
  }
  SegmentLogOptions options = log->options();
  options.recovery_bytes = 1 << 20;
  SegmentLog reopened(files_, clock_, options);
  const int64_t before = files_.bytes_read();
  EXPECT_EQ(OpenWriter(reopened)->position(), Position(256));
  EXPECT_LT(files_.bytes_read() - before, (1 << 20) + (256 << 10) + 256 * 8192 + 65536);
}

}  // namespace
}  // namespace tillstream
