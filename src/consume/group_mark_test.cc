// Groups that keep which record they read last: an offset is only good in the stream it is of.
#include <map>

#include "consume/consume_fixture.h"
#include "consume/consumer.h"
#include "consume/count_sink.h"

namespace tillstream {
namespace {

/// Keeps whole positions.
class MarkGroup final : public ReaderGroup {
 public:
  bool assigns_partitions() const override { return false; }
  Result<std::optional<std::vector<TopicPartition>>> Assign(const BeforeChange&) override {
    return std::optional<std::vector<TopicPartition>>();
  }
  Result<std::optional<GroupPosition>> Find(const TopicPartition& partition) override {
    const auto found = stored.find(partition);
    return found == stored.end() ? std::nullopt : std::optional(found->second);
  }
  void Set(const TopicPartition& partition, const GroupPosition& position) override {
    stored[partition] = position;
  }
  Status Store() override { return Ok(); }

  std::map<TopicPartition, GroupPosition> stored;
};

/// A reader of a partition whose first records were deleted, or which grew since it was asked for
/// its end.
class LateReader final : public LogReader {
 public:
  LateReader(std::unique_ptr<LogReader> reader, Offset begin, std::optional<Offset> end)
      : reader_(std::move(reader)), begin_(begin), end_(end) {}
  Result<Offset> Begin() override { return begin_; }
  Result<Offset> End() override { return end_ ? *end_ : reader_->End(); }
  Result<Offset> OffsetAt(Timestamp timestamp) override { return reader_->OffsetAt(timestamp); }
  Status Seek(Offset offset) override { return reader_->Seek(std::max(offset, begin_)); }
  Result<std::span<const RecordView>> Read(std::chrono::milliseconds wait) override {
    return reader_->Read(wait);
  }

 private:
  std::unique_ptr<LogReader> reader_;
  const Offset begin_;
  const std::optional<Offset> end_;
};

class LateLog final : public EventLog {
 public:
  explicit LateLog(EventLog& log) : log_(log) {}
  Status CreateTopic(const TopicInfo& topic) override { return log_.CreateTopic(topic); }
  Result<std::vector<TopicInfo>> ListTopics() override { return log_.ListTopics(); }
  Result<std::unique_ptr<LogWriter>> OpenWriter(const WriterSpec& spec) override {
    return log_.OpenWriter(spec);
  }
  Result<std::unique_ptr<LogReader>> OpenReader(const TopicPartition& partition) override {
    TILLSTREAM_ASSIGN(auto reader, log_.OpenReader(partition));
    return std::unique_ptr<LogReader>(new LateReader(std::move(reader), begin, end));
  }
  std::string Describe() const override { return log_.Describe(); }

  Offset begin{0};
  std::optional<Offset> end;

 private:
  EventLog& log_;
};

class GroupMarkTest : public StreamTest {
 protected:
  GroupMarkTest() {
    small_.days = 4;
    options_.partitions = {PartitionId(0)};
    options_.stop_at_end = true;
    WriteDays(small_);
  }

  /// Offsets 0 to 11: three events a day.
  void WriteDays(const SmallDataset& small) {
    Write("sales", 0, EventsOf(LoadSmall(small), 0, Day(1), Day(small.days + 1)));
  }

  Status Run(EventLog& log) {
    CountSink sink;
    Consumer consumer(log, *registry_, clock_, sink, &group_, options_,
                      [this](const std::string& line) { warnings_.push_back(line); });
    const Status result = consumer.Run({});
    events_ = sink.counts().events;
    return result;
  }
  Status Run() { return Run(*log_); }
  GroupPosition& stored() { return group_.stored.at({"sales", PartitionId(0)}); }

  SmallDataset small_;
  MarkGroup group_;
  ConsumeOptions options_;
  std::vector<std::string> warnings_;
  int64_t events_ = 0;
};

TEST_F(GroupMarkTest, TheMarkIsTheLastRecordThatWasTaken) {
  options_.count_max = 5;
  ASSERT_TRUE(Run());
  ASSERT_TRUE(stored().last.has_value());
  EXPECT_EQ(stored().last->offset, Offset(4));
  const uint64_t hash_before = stored().last->hash;
  options_.count_max = 0;
  ASSERT_TRUE(Run());
  EXPECT_EQ(events_, 7);
  EXPECT_EQ(stored().last->offset, Offset(11));
  EXPECT_NE(stored().last->hash, hash_before);
}

TEST_F(GroupMarkTest, NothingNewKeepsTheMark) {
  ASSERT_TRUE(Run());
  const GroupPosition before = stored();
  ASSERT_TRUE(Run());
  EXPECT_EQ(events_, 0);
  EXPECT_EQ(stored(), before);
}

TEST_F(GroupMarkTest, BeforeARecordThatCannotBeDecodedStandsTheMark) {
  Write("sales", 0, {{"k", "poison", Timestamp(0)}});
  EXPECT_FALSE(Run());
  EXPECT_EQ(stored().next, Offset(12));
  EXPECT_EQ(stored().last->offset, Offset(11));
}

TEST_F(GroupMarkTest, AnotherRecordInItsPlaceIsRefused) {
  options_.count_max = 5;
  ASSERT_TRUE(Run());
  BeginLog();
  SmallDataset other = small_;
  other.cells[{"CA_1", "FOODS_1_002", 2}] = 77;
  WriteDays(other);
  const Status result = Run();
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code, ErrorCode::kRefused);
  EXPECT_EQ(result.error().message,
            "sales-0 offset 4: another record than the one that was read there; the topic was "
            "written anew, and needs a reader that begins anew");
  EXPECT_EQ(events_, 0);
}

TEST_F(GroupMarkTest, TheSameStreamWrittenAnewIsGoneOnWith) {
  options_.count_max = 5;
  ASSERT_TRUE(Run());
  BeginLog();
  WriteDays(small_);
  options_.count_max = 0;
  ASSERT_TRUE(Run());
  EXPECT_EQ(events_, 7);
}

TEST_F(GroupMarkTest, ALogThatWasShorterAtTheStartIsCheckedWhenItHasGrown) {
  ASSERT_TRUE(Run());
  const GroupPosition before = stored();
  small_.days = 6;
  for (const bool is_other : {false, true}) {
    stored() = before;
    BeginLog();
    SmallDataset written = small_;
    if (is_other) written.cells[{"CA_1", "HOBBIES_1_001", 4}] = 77;
    WriteDays(written);
    LateLog late(*log_);
    late.end = Offset(3);
    const Status result = Run(late);
    EXPECT_EQ(
        warnings_.back(),
        "sales-0: ends at offset 3, and was read to 12 before; reading goes on when it is that "
        "far again");
    EXPECT_EQ(result.has_value(), !is_other);
    EXPECT_EQ(events_, is_other ? 0 : 6);
    if (is_other) {
      EXPECT_EQ(result.error().code, ErrorCode::kRefused);
      EXPECT_EQ(stored(), before);
    }
  }
}

TEST_F(GroupMarkTest, AMarkThatWasDeletedIsNotLookedForButALossIsSaid) {
  options_.count_max = 5;
  ASSERT_TRUE(Run());
  options_.count_max = 0;
  LateLog late(*log_);
  late.begin = Offset(5);
  const GroupPosition before = stored();
  ASSERT_TRUE(Run(late));
  EXPECT_EQ(events_, 7);
  EXPECT_TRUE(warnings_.empty()) << "all that is gone had been read";
  stored() = before;
  late.begin = Offset(7);
  ASSERT_TRUE(Run(late));
  EXPECT_EQ(events_, 5);
  ASSERT_EQ(warnings_.size(), 1U);
  EXPECT_EQ(warnings_[0],
            "sales-0: begins at offset 7, the group's position is 5; what was between them is lost "
            "to it");
}

}  // namespace
}  // namespace tillstream
