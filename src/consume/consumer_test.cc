#include "consume/consumer.h"

#include <thread>

#include "consume/consume_board.h"
#include "consume/consume_fixture.h"
#include "consume/group_positions.h"
#include "testing/faulty_file_system.h"

namespace tillstream {
namespace {

using Kind = OffsetSpec::Kind;

/// Keeps "partition:offset" of what it gets, and fails or closes when it is told to.
class KeepingSink final : public EventSink {
 public:
  Status Put(const TopicPartition& partition, const RecordView& record, const Event&) override {
    if (static_cast<int64_t>(got.size()) == fail_put_at) {
      has_failed = true;
      return MakeError(ErrorCode::kIoError, "sink: full");
    }
    if (record.offset == no_place_for) return MakeError(ErrorCode::kCorrupt, "sink: no place");
    got.push_back(fmt::format("{}:{}", partition.partition.value(), record.offset.value()));
    if (on_put) on_put();
    return Ok();
  }
  Status Flush() override {
    EXPECT_FALSE(has_failed) << "what a flush says after an error means nothing";
    ++flushes;
    close_at = std::min(close_at, close_at_flush == flushes ? 0 : close_at);
    if (fail_flush) return MakeError(ErrorCode::kIoError, "sink: no flush");
    flushed = got.size();
    return Ok();
  }
  bool closed() const override { return static_cast<int64_t>(got.size()) >= close_at; }

  std::vector<std::string> got;
  size_t flushed = 0;
  int64_t flushes = 0;
  int64_t fail_put_at = -1;
  Offset no_place_for{-1};
  int64_t close_at = INT64_MAX;
  int64_t close_at_flush = -1;
  bool has_failed = false;
  bool fail_flush = false;
  std::function<void()> on_put;
};

/// Two stores' streams: 3 events a day, days 1 to 4, so 12 records in each partition.
class ConsumerTest : public StreamTest {
 protected:
  ConsumerTest() {
    SmallDataset small;
    small.days = 4;
    dataset_ = LoadSmall(small);
    for (int32_t partition = 0; partition < 2; ++partition) {
      Write("sales", partition, EventsOf(dataset_, static_cast<size_t>(partition), Day(1), Day(5)));
    }
    options_.stop_at_end = true;
  }

  Status Run(const std::stop_token& stop = {}) {
    sink_.got.clear();
    Consumer consumer(*log_, *registry_, clock_, sink_, group_.get(), options_,
                      [this](const std::string& line) { warnings_.push_back(line); });
    const Status result = consumer.Run(stop);
    summary_ = consumer.summary();
    return result;
  }

  /// Runs from `place`, partition 0 only.
  std::vector<std::string> From(const std::string& place) {
    options_.partitions = {PartitionId(0)};
    options_.range = OffsetRange();
    TILLSTREAM_CHECK(options_.range.Add(place).has_value());
    const Status result = Run();
    TILLSTREAM_CHECK_MSG(result.has_value(), result ? "" : result.error().message);
    return sink_.got;
  }

  static std::vector<std::string> Offsets(int32_t partition, int64_t begin, int64_t end) {
    std::vector<std::string> offsets;
    for (int64_t i = begin; i < end; ++i) offsets.push_back(fmt::format("{}:{}", partition, i));
    return offsets;
  }

  void HoldGroup() {
    group_.reset();
    group_ = *GroupPositions::Open(files_, "log", "report", "test");
  }
  /// What the next holder of the group finds.
  std::optional<Offset> StoredPosition(int32_t partition = 0) {
    HoldGroup();
    const auto found = *group_->Find({"sales", PartitionId(partition)});
    return found ? std::optional(found->next) : std::nullopt;
  }

  Timestamp TimeOf(int32_t day) const { return StartOf(dataset_.calendar->at(Day(day)).date); }

  Dataset dataset_;
  FaultyFileSystem files_;
  KeepingSink sink_;
  std::unique_ptr<GroupPositions> group_;
  ConsumeOptions options_;
  ConsumeSummary summary_;
  std::vector<std::string> warnings_;
};

TEST_F(ConsumerTest, AllPartitionsAreReadInTurnABatchAtATime) {
  ASSERT_TRUE(Run());
  EXPECT_EQ(sink_.got.size(), 24U);
  EXPECT_EQ(summary_.records, 24);
  EXPECT_EQ(
      (std::vector<std::string>(sink_.got.begin(), sink_.got.begin() + 9)),
      (std::vector<std::string>{"0:0", "0:1", "0:2", "1:0", "1:1", "1:2", "0:3", "0:4", "0:5"}));
  EXPECT_TRUE(summary_.skipped.empty());
  EXPECT_GT(summary_.bytes, 24 * 30);
}

TEST_F(ConsumerTest, SomePartitionsAreReadEachOnce) {
  options_.partitions = {PartitionId(1), PartitionId(1)};
  ASSERT_TRUE(Run());
  EXPECT_EQ(sink_.got, Offsets(1, 0, 12));
}

TEST_F(ConsumerTest, EachStartIsWhereItSays) {
  EXPECT_EQ(From("beginning"), Offsets(0, 0, 12));
  EXPECT_EQ(From("end"), Offsets(0, 12, 12));
  EXPECT_EQ(From("0"), Offsets(0, 0, 12));
  EXPECT_EQ(From("4"), Offsets(0, 4, 12));
  EXPECT_EQ(From("12"), Offsets(0, 12, 12));
  EXPECT_EQ(From("-1"), Offsets(0, 11, 12));
  EXPECT_EQ(From("-5"), Offsets(0, 7, 12));
  EXPECT_EQ(From("-12"), Offsets(0, 0, 12));
  EXPECT_EQ(From("-9223372036854775807"), Offsets(0, 0, 12));
  EXPECT_EQ(From("d@2011-01-30"), Offsets(0, 3, 12));
  EXPECT_EQ(From("d@2000-01-01"), Offsets(0, 0, 12));
  EXPECT_EQ(From("d@2020-01-01"), Offsets(0, 12, 12));
  EXPECT_EQ(From(fmt::format("s@{}", TimeOf(3).value())), Offsets(0, 6, 12));
  EXPECT_EQ(From(fmt::format("s@{}", TimeOf(3).value() + 1)), Offsets(0, 9, 12));
}

TEST_F(ConsumerTest, AnOffsetBehindTheEndIsTheEnd) {
  HoldGroup();
  EXPECT_TRUE(From("1000000").empty());
  EXPECT_EQ(StoredPosition(), Offset(12));
}

TEST_F(ConsumerTest, AStopTimeEndsEachPartitionBeforeIt) {
  ASSERT_TRUE(options_.range.Add(fmt::format("e@{}", TimeOf(3).value())));
  options_.stop_at_end = false;  // both partitions have ended, so there is nothing to follow
  ASSERT_TRUE(Run());
  EXPECT_EQ(sink_.got.size(), 12U);
  HoldGroup();
  ASSERT_TRUE(Run());
  EXPECT_EQ(StoredPosition(0), Offset(6));
  EXPECT_EQ(StoredPosition(1), Offset(6));
}

TEST_F(ConsumerTest, ACountEndsInTheMiddleOfABatch) {
  options_.partitions = {PartitionId(0)};
  options_.stop_at_end = false;
  for (const int64_t count : {1, 4, 12}) {
    options_.count_max = count;
    ASSERT_TRUE(Run());
    EXPECT_EQ(sink_.got, Offsets(0, 0, count));
  }
  options_.stop_at_end = true;
  options_.count_max = 100;
  ASSERT_TRUE(Run());
  EXPECT_EQ(sink_.got, Offsets(0, 0, 12));
}

TEST_F(ConsumerTest, OnlyOneStoreIsGivenOnAndCounted) {
  options_.store_id = "TX_1";
  options_.count_max = 5;
  ASSERT_TRUE(Run());
  EXPECT_EQ(sink_.got, Offsets(1, 0, 5));
  EXPECT_EQ(summary_.records, 5);
}

TEST_F(ConsumerTest, ATopicThatIsNotThereIsNamedWithTheNearest) {
  options_.topic = "saless";
  const Status result = Run();
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(result.error().message, "log in memory: no topic \"saless\"; did you mean sales");
  options_.topic = "something";
  EXPECT_EQ(Run().error().message,
            "log in memory: no topic \"something\"; tillstream replay makes one");
}

TEST_F(ConsumerTest, APartitionThatIsNotThereIsAUsageError) {
  options_.partitions = {PartitionId(2)};
  const Status result = Run();
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code, ErrorCode::kUsage);
  EXPECT_EQ(result.error().message, "-p: topic \"sales\" has partitions 0 to 1, found 2");
}

TEST_F(ConsumerTest, AFollowerGetsWhatComesUntilItIsStopped) {
  options_.stop_at_end = false;
  options_.partitions = {PartitionId(0)};
  SmallDataset small;
  small.days = 6;
  const Dataset longer = LoadSmall(small);
  std::stop_source stop;
  sink_.on_put = [&] {
    if (sink_.got.size() == 12) {
      Write("sales", 0, EventsOf(longer, 0, Day(5), Day(7)));
    } else if (sink_.got.size() == 18) {
      stop.request_stop();
    }
  };
  ASSERT_TRUE(Run(stop.get_token()));
  EXPECT_EQ(sink_.got, Offsets(0, 0, 18));
  EXPECT_EQ(sink_.flushed, 18U);
}

TEST_F(ConsumerTest, AFollowerThatIsIdleFlushesAndSleeps) {
  // On this clock a sleeper moves time: were there no sleep, time would stand still.
  options_.stop_at_end = false;
  std::stop_source stop;
  std::thread stopper([&] {
    while (clock_.Monotonic() < std::chrono::minutes(5)) std::this_thread::yield();
    stop.request_stop();
  });
  ASSERT_TRUE(Run(stop.get_token()));
  stopper.join();
  EXPECT_EQ(sink_.flushed, 24U);
  EXPECT_LE(sink_.flushes, clock_.Monotonic() / std::chrono::milliseconds(20) + 2);
}

TEST_F(ConsumerTest, AStopRequestBeforeTheStartReadsAtMostABatch) {
  std::stop_source stop;
  stop.request_stop();
  HoldGroup();
  ASSERT_TRUE(Run(stop.get_token()));
  EXPECT_LE(sink_.got.size(), 3U);
  EXPECT_EQ(StoredPosition(0), Offset(static_cast<int64_t>(sink_.got.size())));
}

TEST_F(ConsumerTest, AClosedSinkEndsQuietlyAndTheGroupStaysBeforeIt) {
  options_.stop_at_end = false;
  HoldGroup();
  sink_.close_at = 7;
  ASSERT_TRUE(Run());
  EXPECT_EQ(sink_.got.size(), 7U);
  EXPECT_EQ(StoredPosition(0), std::nullopt) << "nobody knows what the reader took";
}

TEST_F(ConsumerTest, ASinkThatClosesWhileNothingComesEndsIt) {
  // As a pipe's reader that goes away after the last line: only a flush finds that out.
  options_.stop_at_end = false;
  sink_.close_at_flush = 3;
  ASSERT_TRUE(Run());
  EXPECT_EQ(sink_.got.size(), 24U);
  EXPECT_LE(sink_.flushes, 4);
}

TEST_F(ConsumerTest, AGroupGoesOnExactlyWhereItStopped) {
  options_.partitions = {PartitionId(0)};
  std::vector<std::string> all;
  options_.count_max = 5;
  for (int round = 0; round < 4; ++round) {
    HoldGroup();
    ASSERT_TRUE(Run());
    all.insert(all.end(), sink_.got.begin(), sink_.got.end());
  }
  EXPECT_EQ(all, Offsets(0, 0, 12));
  EXPECT_EQ(StoredPosition(), Offset(12));
}

TEST_F(ConsumerTest, AGroupMayBeToldAnotherPlace) {
  HoldGroup();
  EXPECT_EQ(From("-2"), Offsets(0, 10, 12));
  HoldGroup();
  EXPECT_EQ(From("3"), Offsets(0, 3, 12));
  HoldGroup();
  EXPECT_EQ(From("stored"), Offsets(0, 12, 12));
}

TEST_F(ConsumerTest, AGroupThatIsAheadOfTheLogWaitsAndSaysSo) {
  HoldGroup();
  group_->Set({"sales", PartitionId(0)}, {Offset(14), std::nullopt});
  options_.partitions = {PartitionId(0)};
  ASSERT_TRUE(Run());
  EXPECT_TRUE(sink_.got.empty());
  ASSERT_EQ(warnings_.size(), 1U);
  EXPECT_EQ(
      warnings_[0],
      "sales-0: ends at offset 12, and was read to 14 before; reading goes on when it is that far "
      "again");
  SmallDataset small;
  small.days = 6;
  Write("sales", 0, EventsOf(LoadSmall(small), 0, Day(5), Day(7)));
  ASSERT_TRUE(Run());
  EXPECT_EQ(sink_.got, Offsets(0, 14, 18));
}

TEST_F(ConsumerTest, PositionsAreStoredAboutOnceASecond) {
  HoldGroup();
  sink_.on_put = [&] { clock_.Advance(std::chrono::milliseconds(250)); };
  ASSERT_TRUE(Run());
  // 24 records take six seconds; two batches of three pass between two looks at the clock.
  EXPECT_GE(sink_.flushes, 4);
  EXPECT_LE(sink_.flushes, 7);
}

TEST_F(ConsumerTest, APositionIsNeverAheadOfASinkThatFails) {
  options_.partitions = {PartitionId(0)};
  sink_.on_put = [&] { clock_.Advance(std::chrono::seconds(2)); };
  for (int64_t fail_at = 0; fail_at < 12; ++fail_at) {
    HoldGroup();
    group_->Set({"sales", PartitionId(0)}, {Offset(0), std::nullopt});
    ASSERT_TRUE(group_->Store());
    sink_.fail_put_at = fail_at;
    sink_.has_failed = false;
    sink_.flushed = 0;
    const Status result = Run();
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().message, "sink: full");
    EXPECT_EQ(StoredPosition(), Offset(static_cast<int64_t>(sink_.flushed)));
    EXPECT_LE(*StoredPosition(), Offset(fail_at));
  }
}

TEST_F(ConsumerTest, ARecordThatTheSinkHasNoPlaceForIsLikeOneThatCannotBeDecoded) {
  options_.partitions = {PartitionId(0)};
  sink_.no_place_for = Offset(7);
  HoldGroup();
  const Status result = Run();
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().message,
            "sales-0 offset 7: sink: no place; --on-error skip goes on behind it");
  EXPECT_EQ(StoredPosition(), Offset(7)) << "what came before it was taken";
  options_.on_error = OnError::kSkip;
  HoldGroup();
  ASSERT_TRUE(Run());
  EXPECT_EQ(sink_.got, Offsets(0, 8, 12));
  EXPECT_EQ(summary_.skipped.at("sink: no place"), 1);
}

TEST_F(ConsumerTest, APositionIsNeverAheadOfAFlushThatFails) {
  HoldGroup();
  sink_.fail_flush = true;
  const Status result = Run();
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().message, "sink: no flush");
  EXPECT_EQ(sink_.flushes, 1) << "and is not tried again";
  EXPECT_EQ(StoredPosition(), std::nullopt);
}

TEST_F(ConsumerTest, AGroupsFileThatCannotBeWrittenIsAnError) {
  HoldGroup();
  files_.FailNth({FileOperation::kSync}, 0, "no space left on device");
  const Status result = Run();
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code, ErrorCode::kIoError);
}

/// Records that cannot be decoded, between good ones: offsets 12 to 17 of partition 0.
class PoisonTest : public ConsumerTest {
 protected:
  PoisonTest() {
    const std::string good = EventsOf(dataset_, 0, Day(1), Day(2))[0].value;
    const auto record = [&](std::string value, bool has_value = true) {
      return MadeRecord{"k", std::move(value), TimeOf(4), has_value};
    };
    std::string wrong_magic = good;
    wrong_magic[0] = 1;
    std::string unknown_id = good;
    unknown_id[4] = 77;
    Write("sales", 0,
          {record(wrong_magic), record(good), record(unknown_id), record(good + "xy"),
           record("", false), record(good)});
    options_.partitions = {PartitionId(0)};
  }
};

TEST_F(PoisonTest, StopNamesPartitionAndOffsetAndTheGroupStaysBeforeIt) {
  HoldGroup();
  const Status result = Run();
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(result.error().message,
            "sales-0 offset 12: frame: found magic byte 0x01, needed 0x00; --on-error skip goes on "
            "behind it");
  EXPECT_EQ(sink_.got, Offsets(0, 0, 12));
  EXPECT_EQ(StoredPosition(), Offset(12));
  EXPECT_FALSE(Run().has_value()) << "it is met again";
  EXPECT_TRUE(sink_.got.empty());
}

TEST_F(PoisonTest, SkipReportsEachAndCountsThem) {
  options_.on_error = OnError::kSkip;
  options_.range.start = OffsetSpec{Kind::kOffset, 12};
  HoldGroup();
  ASSERT_TRUE(Run());
  EXPECT_EQ(sink_.got, (std::vector<std::string>{"0:13", "0:16", "0:17"})) << "a tombstone is none";
  ASSERT_EQ(warnings_.size(), 3U);
  EXPECT_EQ(warnings_[0], "sales-0 offset 12: frame: found magic byte 0x01, needed 0x00; skipped");
  EXPECT_EQ(warnings_[1],
            "sales-0 offset 14: schema: id 77 is not registered in log in memory; skipped");
  EXPECT_TRUE(warnings_[2].starts_with("sales-0 offset 15: ")) << warnings_[2];
  EXPECT_EQ(summary_.records, 3);
  EXPECT_EQ(summary_.skipped.size(), 3U);
  EXPECT_EQ(summary_.skipped["frame: found magic byte N, needed N"], 1);
  EXPECT_EQ(summary_.skipped["schema: id N is not registered in log in memory"], 1);
  EXPECT_EQ(StoredPosition(), Offset(18));
}

TEST_F(PoisonTest, ManyOfAKindMakeFewLinesAndAreAllCounted) {
  std::vector<MadeRecord> records;
  for (int32_t i = 0; i < 500; ++i) {
    std::string value;
    AppendFrame(SchemaId(1000 + i), &value);
    records.push_back({"k", value, TimeOf(4)});
  }
  Write("sales", 0, records);
  options_.on_error = OnError::kSkip;
  options_.range.start = OffsetSpec{Kind::kOffset, 18};
  ASSERT_TRUE(Run());
  EXPECT_EQ(summary_.skipped["schema: id N is not registered in log in memory"], 500);
  EXPECT_EQ(summary_.skipped.size(), 1U);
  ASSERT_EQ(warnings_.size(), 21U);
  EXPECT_EQ(warnings_.back(), "more of the same are only counted");
}

TEST_F(PoisonTest, ReasonsBeyondALimitAreCountedTogether) {
  std::vector<MadeRecord> schemas;
  std::vector<MadeRecord> records;
  for (int32_t i = 0; i < 26; ++i) {
    const auto letter = static_cast<char>('A' + i);
    const std::string subject(1, letter);
    schemas.push_back(
        {fmt::format(R"({{"keytype":"SCHEMA","subject":"{}","version":1,"magic":1}})", subject),
         fmt::format(R"({{"subject":"{}","version":1,"id":{},"schemaType":"KIND{}",)"
                     R"("schema":"x","deleted":false}})",
                     subject, 100 + i, letter),
         Timestamp(0)});
    std::string value;
    AppendFrame(SchemaId(100 + i), &value);
    records.push_back({"k", value, TimeOf(4)});
  }
  Write("_schemas", 0, schemas);
  Write("sales", 0, records);
  options_.on_error = OnError::kSkip;
  options_.range.start = OffsetSpec{Kind::kOffset, 18};
  ASSERT_TRUE(Run());
  EXPECT_EQ(summary_.skipped.size(), 21U);
  EXPECT_EQ(summary_.skipped["other reasons"], 6);
  EXPECT_EQ(summary_.skipped["schema: id N is of type KINDA"], 1);
}

TEST_F(PoisonTest, SkippedRecordsAreNoPartOfTheCount) {
  options_.on_error = OnError::kSkip;
  options_.count_max = 14;
  ASSERT_TRUE(Run());
  EXPECT_EQ(sink_.got.back(), "0:16");
}

TEST_F(ConsumerTest, TheBoardShowsWhereTheConsumerStands) {
  ConsumeBoard board;
  options_.board = &board;
  EXPECT_FALSE(board.Get().has_value());
  clock_.Advance(std::chrono::seconds(1));
  std::vector<int64_t> shown;
  sink_.on_put = [&] {
    // A round, three records of each partition, takes longer than the board's interval, and all
    // four of them less than the time between two flushes.
    clock_.Advance(kBoardInterval / 3);
    const ConsumeState state = *board.Get();
    shown.push_back(state.sources.at(1).next.value());
    EXPECT_EQ(state.queue_records, state.summary.records) << "nothing was flushed yet";
    EXPECT_EQ(state.sources.at(1).found_empty_at.count(), 0);
  };
  ASSERT_TRUE(Run());
  EXPECT_EQ(shown.front(), 0);
  EXPECT_EQ(shown.back(), 9) << "the last round shows where it began";
  const ConsumeState end = *board.Get();
  EXPECT_EQ(end.at, clock_.Monotonic());
  ASSERT_EQ(end.sources.size(), 2U);
  EXPECT_EQ(end.sources[0].partition.ToString(), "sales-0");
  EXPECT_EQ(end.sources[0].next, Offset(12));
  EXPECT_GT(end.sources[0].found_empty_at.count(), 0);
  EXPECT_EQ(end.summary.records, 24);
  EXPECT_EQ(end.queue_records, 0);
}

}  // namespace
}  // namespace tillstream
