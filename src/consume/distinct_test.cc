#include <gtest/gtest.h>

#include <array>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "consume/consume_fixture.h"
#include "consume/consumer.h"
#include "consume/group_positions.h"
#include "log/sequence_header.h"
#include "testing/faulty_file_system.h"

// Consumer with `distinct`, over a log whose records have sequence headers.

namespace tillstream {
namespace {

/// Gives the records of another reader the headers of an at-least-once stream.
class SequencedReader final : public LogReader {
 public:
  SequencedReader(std::unique_ptr<LogReader> reader, const std::vector<int64_t>& sequences)
      : reader_(std::move(reader)), sequences_(sequences) {}
  Result<Offset> Begin() override { return reader_->Begin(); }
  Result<Offset> End() override { return reader_->End(); }
  Result<Offset> OffsetAt(Timestamp timestamp) override { return reader_->OffsetAt(timestamp); }
  Status Seek(Offset offset) override { return reader_->Seek(offset); }
  void OmitHeaders() override { has_headers_ = false; }
  Result<std::span<const RecordView>> Read(std::chrono::milliseconds wait) override {
    TILLSTREAM_ASSIGN(const auto read, reader_->Read(wait));
    records_.assign(read.begin(), read.end());
    bytes_.clear();
    headers_.clear();
    for (RecordView& record : records_) {
      const auto offset = static_cast<size_t>(record.offset.value());
      if (!has_headers_ || offset >= sequences_.size()) continue;
      bytes_.push_back(EncodeSequence(sequences_[offset]));
      headers_.push_back({HeaderView{kSequenceHeader, {bytes_.back().data(), sizeof(int64_t)}}});
      record.headers = headers_.back();
    }
    return std::span<const RecordView>(records_);
  }

 private:
  const std::unique_ptr<LogReader> reader_;
  const std::vector<int64_t>& sequences_;
  bool has_headers_ = true;
  std::vector<RecordView> records_;
  std::deque<SequenceBytes> bytes_;
  std::deque<std::array<HeaderView, 1>> headers_;
};

class SequencedLog final : public EventLog {
 public:
  explicit SequencedLog(EventLog& log) : log_(log) {}
  std::vector<int64_t> sequences;  ///< By offset; records behind them have none.

  Status CreateTopic(const TopicInfo& topic) override { return log_.CreateTopic(topic); }
  Result<std::vector<TopicInfo>> ListTopics() override { return log_.ListTopics(); }
  Result<std::unique_ptr<LogWriter>> OpenWriter(const WriterSpec& spec) override {
    return log_.OpenWriter(spec);
  }
  Result<std::unique_ptr<LogReader>> OpenReader(const TopicPartition& partition) override {
    TILLSTREAM_ASSIGN(auto reader, log_.OpenReader(partition));
    return std::unique_ptr<LogReader>(new SequencedReader(std::move(reader), sequences));
  }
  std::string Describe() const override { return log_.Describe(); }

 private:
  EventLog& log_;
};

class DistinctTest : public StreamTest, private EventSink {
 protected:
  DistinctTest() {
    SmallDataset small;
    small.days = 4;
    Write("sales", 0, EventsOf(LoadSmall(small), 0, Day(1), Day(5)));  // Offsets 0 to 11.
    options_.partitions = {PartitionId(0)};
    options_.stop_at_end = true;
    options_.distinct = true;
  }

  /// Reads on; the offsets that the sink got.
  std::vector<int64_t> Run() {
    got_.clear();
    warnings_.clear();
    Consumer consumer(log_under_test_, *registry_, clock_, *this, group_.get(), options_,
                      [this](const std::string& line) { warnings_.push_back(line); });
    const Status result = consumer.Run({});
    EXPECT_TRUE(result.has_value()) << (result ? "" : result.error().message);
    summary_ = consumer.summary();
    return got_;
  }
  void HoldGroup() {
    group_.reset();
    group_ = *GroupPositions::Open(files_, "log", "report", "test");
  }

  SequencedLog log_under_test_{*log_};
  FaultyFileSystem files_;
  std::unique_ptr<GroupPositions> group_;
  ConsumeOptions options_;
  ConsumeSummary summary_;
  std::vector<std::string> warnings_;

 private:
  Status Put(const TopicPartition& /*partition*/, const RecordView& record,
             const Event& /*event*/) override {
    got_.push_back(record.offset.value());
    return Ok();
  }
  Status Flush() override { return Ok(); }
  bool closed() const override { return false; }

  std::vector<int64_t> got_;
};

using Offsets = std::vector<int64_t>;

TEST_F(DistinctTest, RepeatsAreDroppedAndCounted) {
  log_under_test_.sequences = {0, 1, 2, 3, 2, 3, 4, 5, 5, 6, 7, 8};
  EXPECT_EQ(Run(), Offsets({0, 1, 2, 3, 6, 7, 9, 10, 11}));
  EXPECT_EQ(summary_.records, 9);
  EXPECT_EQ(summary_.repeats, 3);
  EXPECT_EQ(summary_.missing, 0);
  EXPECT_TRUE(warnings_.empty());
}

TEST_F(DistinctTest, HeadersThatNobodyElseLooksAtAreRead) {
  log_under_test_.sequences = {0, 1, 2, 3, 2, 3, 4, 5, 5, 6, 7, 8};
  options_.headers = false;
  EXPECT_EQ(Run(), Offsets({0, 1, 2, 3, 6, 7, 9, 10, 11}));
}

TEST_F(DistinctTest, WithoutItRepeatsAreGivenOn) {
  log_under_test_.sequences = {0, 1, 2, 3, 2, 3, 4, 5, 5, 6, 7, 8};
  options_.distinct = false;
  EXPECT_EQ(Run().size(), 12U);
  EXPECT_EQ(summary_.repeats, 0);
}

TEST_F(DistinctTest, AGroupThatStopsAmongRepeatsDropsTheRestOfThem) {
  log_under_test_.sequences = {0, 1, 2, 3, 4, 1, 2, 3, 4, 5, 6, 7};
  for (int64_t count = 1; count <= 8; ++count) {
    options_.count_max = count;
    files_ = FaultyFileSystem();
    HoldGroup();
    std::vector<int64_t> all = Run();
    // As if it had read further, to the first repeats, and been stopped there.
    group_->Set({"sales", PartitionId(0)},
                {Offset(all.back() == 4 ? 7 : all.back() + 1), std::nullopt});
    options_.count_max = 0;
    const std::vector<int64_t> rest = Run();
    all.insert(all.end(), rest.begin(), rest.end());
    EXPECT_EQ(all, Offsets({0, 1, 2, 3, 4, 9, 10, 11})) << count;
  }
}

TEST_F(DistinctTest, WhatIsMissingIsSaidAndCounted) {
  log_under_test_.sequences = {0, 1, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14};
  EXPECT_EQ(Run().size(), 12U);
  EXPECT_EQ(summary_.missing, 3);
  ASSERT_EQ(warnings_.size(), 1U);
  EXPECT_EQ(warnings_[0], "sales-0 offset 2: 3 events before it are missing in the stream");
}

TEST_F(DistinctTest, AStreamWithoutHeadersIsGivenOnAsItIs) {
  options_.range = OffsetRange();
  ASSERT_TRUE(options_.range.Add("3").has_value());
  EXPECT_EQ(Run().size(), 9U);
  EXPECT_EQ(summary_.repeats, 0);
}

}  // namespace
}  // namespace tillstream
