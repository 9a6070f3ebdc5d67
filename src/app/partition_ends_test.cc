#include "app/partition_ends.h"

#include <gtest/gtest.h>

#include <atomic>

#include "base/check.h"
#include "testing/sim_clock.h"

namespace tillstream {
namespace {

constexpr std::chrono::seconds kTestDeadline{60};

/// A log whose ends a test sets, and whose answers it may hold back.
class EndsLog final : public EventLog {
 public:
  Status CreateTopic(const TopicInfo& /*topic*/) override { return Ok(); }
  Result<std::vector<TopicInfo>> ListTopics() override { return std::vector<TopicInfo>(); }
  Result<std::unique_ptr<LogWriter>> OpenWriter(const WriterSpec& /*spec*/) override {
    return MakeError(ErrorCode::kFailed, "no writer");
  }
  Result<std::unique_ptr<LogReader>> OpenReader(const TopicPartition& partition) override {
    return std::unique_ptr<LogReader>(new Reader(*this, partition.partition.value()));
  }
  std::string Describe() const override { return "ends"; }

  std::atomic<int64_t> base{0};  ///< The end of partition 0; of the next it is one more.
  std::atomic<bool> is_away{false};
  std::atomic<bool> holds{false};
  std::atomic<int> asked{0};

 private:
  class Reader final : public LogReader {
   public:
    Reader(EndsLog& log, int32_t partition) : log_(log), partition_(partition) {}
    Result<Offset> Begin() override { return Offset(0); }
    Result<Offset> End() override {
      ++log_.asked;
      while (log_.holds) std::this_thread::yield();
      if (log_.is_away) return MakeError(ErrorCode::kUnavailable, "kafka: nobody there");
      return Offset(log_.base + partition_);
    }
    Result<Offset> OffsetAt(Timestamp /*timestamp*/) override { return Offset(0); }
    Status Seek(Offset /*offset*/) override { return Ok(); }
    Result<std::span<const RecordView>> Read(std::chrono::milliseconds /*wait*/) override {
      return std::span<const RecordView>();
    }

   private:
    EndsLog& log_;
    const int32_t partition_;
  };
};

class PartitionEndsTest : public testing::Test {
 protected:
  PartitionEndsTest() {
    OpenedLog opened;
    auto log = std::make_unique<EndsLog>();
    log_ = log.get();
    opened.log = std::move(log);
    clock_.Advance(std::chrono::seconds(1));
    ends_ = std::make_unique<AskedEnds>(std::move(opened), clock_);
  }

  template <typename Condition>
  static void WaitUntil(const Condition& condition) {
    const auto deadline = std::chrono::steady_clock::now() + kTestDeadline;
    while (!condition()) {
      TILLSTREAM_CHECK(std::chrono::steady_clock::now() < deadline);
      std::this_thread::yield();
    }
  }
  std::optional<Offset> End(int32_t partition) {
    const auto end = ends_->Find({"sales", PartitionId(partition)});
    return end ? std::optional(end->offset) : std::nullopt;
  }

  SimClock clock_;
  EndsLog* log_ = nullptr;
  std::unique_ptr<AskedEnds> ends_;
  const std::vector<TopicPartition> two_ = {{"sales", PartitionId(0)}, {"sales", PartitionId(1)}};
};

TEST_F(PartitionEndsTest, WantedEndsAreAskedForAgainAndAgain) {
  log_->base = 7;
  EXPECT_EQ(End(0), std::nullopt);
  ends_->Want(two_);
  WaitUntil([&] { return End(0) == Offset(7) && End(1) == Offset(8); });
  const auto first = ends_->Find(two_[0])->asked_at;
  EXPECT_EQ(first, std::chrono::seconds(1));
  clock_.Advance(std::chrono::seconds(5));
  WaitUntil([&] { return ends_->known_at() == clock_.Monotonic(); });
  EXPECT_EQ(ends_->Find(two_[0])->asked_at, first) << "it is still the same end";
  log_->base = 9;
  WaitUntil([&] { return End(0) == Offset(9); });
  EXPECT_EQ(ends_->Find(two_[0])->asked_at, clock_.Monotonic());
  ends_->Want({two_[1]});
  EXPECT_EQ(End(0), std::nullopt);
}

TEST_F(PartitionEndsTest, AnErrorIsKeptUntilTheNextAnswer) {
  log_->is_away = true;
  ends_->Want(two_);
  WaitUntil([&] { return ends_->failure() == "kafka: nobody there"; });
  EXPECT_EQ(End(0), std::nullopt);
  log_->is_away = false;
  WaitUntil([&] { return ends_->failure().empty() && End(1).has_value(); });
}

TEST_F(PartitionEndsTest, WhoLooksDoesNotWaitForAnAnswer) {
  log_->holds = true;
  ends_->Want(two_);
  WaitUntil([&] { return log_->asked > 0; });
  clock_.Advance(std::chrono::seconds(30));
  EXPECT_EQ(ends_->known_at(), std::chrono::seconds(1));
  EXPECT_EQ(End(0), std::nullopt);
  EXPECT_EQ(ends_->failure(), "");
  log_->holds = false;
  WaitUntil([&] { return ends_->known_at() == std::chrono::seconds(31); });
}

}  // namespace
}  // namespace tillstream
