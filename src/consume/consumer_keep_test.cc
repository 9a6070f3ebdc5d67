#include <gmock/gmock.h>

#include <set>

#include "consume/consume_fixture.h"
#include "consume/consumer.h"

// What a consumer does with records that it cannot decode where they are kept, and with partitions
// that a sink lets wait.

namespace tillstream {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// Writes down, in order, what happens to a consumer's world.
class Diary {
 public:
  std::vector<std::string> lines;
};

class DiarySink : public EventSink {
 public:
  explicit DiarySink(Diary& diary) : diary_(diary) {}
  Status Put(const TopicPartition& partition, const RecordView& record, const Event&) override {
    diary_.lines.push_back(
        fmt::format("event {}:{}", partition.partition.value(), record.offset.value()));
    return Ok();
  }
  Status Flush() override {
    diary_.lines.emplace_back("flush");
    return Ok();
  }
  bool IsAhead(const TopicPartition& partition) const override {
    return waiting.contains(partition.partition.value());
  }

  std::set<int32_t> waiting;

 private:
  Diary& diary_;
};

class DiaryLetters final : public DeadLetters {
 public:
  explicit DiaryLetters(Diary& diary) : diary_(diary) {}
  Status Put(const DeadLetter& letter) override {
    if (fail_put) return MakeError(ErrorCode::kIoError, "full");
    diary_.lines.push_back(fmt::format("letter {} {} {}", letter.partition.ToString(),
                                       letter.record.offset.value(), letter.record.value));
    errors.emplace_back(letter.error);
    return Ok();
  }
  Status Sync() override {
    diary_.lines.emplace_back("sync");
    if (fail_sync) return MakeError(ErrorCode::kIoError, "full");
    return Ok();
  }

  bool fail_put = false;
  bool fail_sync = false;
  std::vector<std::string> errors;

 private:
  Diary& diary_;
};

class DiaryGroup final : public ReaderGroup {
 public:
  explicit DiaryGroup(Diary& diary) : diary_(diary) {}
  bool assigns_partitions() const override { return false; }
  Result<std::optional<std::vector<TopicPartition>>> Assign(const BeforeChange&) override {
    return std::optional<std::vector<TopicPartition>>();
  }
  Result<std::optional<GroupPosition>> Find(const TopicPartition&) override {
    return std::optional<GroupPosition>();
  }
  void Set(const TopicPartition& partition, const GroupPosition& position) override {
    if (partition.partition == PartitionId(0)) next_ = position.next.value();
  }
  Status Store() override {
    diary_.lines.push_back(fmt::format("position {}", next_));
    return Ok();
  }

 private:
  Diary& diary_;
  int64_t next_ = -1;
};

class ConsumerKeepTest : public StreamTest {
 protected:
  ConsumerKeepTest() {
    SmallDataset small;
    small.days = 1;
    const Dataset dataset = LoadSmall(small);
    Write("sales", 0, EventsOf(dataset, 0, Day(1), Day(2)));
    Write("sales", 0, {{"k", "poison", Timestamp(1)}});
    Write("sales", 1, EventsOf(dataset, 1, Day(1), Day(2)));
    options_.stop_at_end = true;
    options_.on_error = OnError::kKeep;
    options_.dead_letters = &letters_;
  }

  Status Run() {
    Consumer consumer(*log_, *registry_, clock_, sink_, &group_, options_,
                      [this](const std::string& line) { warnings_.push_back(line); });
    Status result = consumer.Run({});
    summary_ = consumer.summary();
    return result;
  }

  Diary diary_;
  DiarySink sink_{diary_};
  DiaryLetters letters_{diary_};
  DiaryGroup group_{diary_};
  ConsumeOptions options_;
  std::vector<std::string> warnings_;
  ConsumeSummary summary_;
};

TEST_F(ConsumerKeepTest, ALetterIsDurableBeforeThePositionMovesPastIt) {
  options_.partitions = {PartitionId(0)};
  ASSERT_TRUE(Run());
  EXPECT_THAT(diary_.lines, ElementsAre("event 0:0", "event 0:1", "event 0:2",
                                        "letter sales-0 3 poison", "sync", "flush", "position 4"));
  EXPECT_THAT(letters_.errors, ElementsAre(HasSubstr("frame: found magic byte 0x70")));
  EXPECT_THAT(warnings_, ElementsAre(HasSubstr("sales-0 offset 3: frame: found magic byte 0x70, "
                                               "needed 0x00; kept")));
  EXPECT_EQ(summary_.skipped["frame: found magic byte N, needed N"], 1);
  EXPECT_EQ(summary_.records, 3);
}

TEST_F(ConsumerKeepTest, ALetterThatCannotBeKeptStopsAndThePositionStays) {
  letters_.fail_put = true;
  const Status put = Run();
  ASSERT_FALSE(put);
  EXPECT_EQ(put.error().message, "full");
  letters_.fail_put = false;
  letters_.fail_sync = true;
  const Status sync = Run();
  ASSERT_FALSE(sync);
  EXPECT_EQ(sync.error().message, "full");
  for (const std::string& line : diary_.lines) EXPECT_THAT(line, testing::Not(HasSubstr("pos")));
}

TEST_F(ConsumerKeepTest, APartitionThatIsAheadIsNotReadUntilItIsNot) {
  sink_.waiting = {0};
  ASSERT_TRUE(Run());
  EXPECT_THAT(diary_.lines, testing::Not(testing::Contains(HasSubstr("event 0"))));
  EXPECT_THAT(diary_.lines, testing::Contains("event 1:2"));
  diary_.lines.clear();
  sink_.waiting = {};
  ASSERT_TRUE(Run());
  EXPECT_THAT(diary_.lines, testing::Contains("event 0:2"));
}

}  // namespace
}  // namespace tillstream
