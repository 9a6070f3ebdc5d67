#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "log/folder_run_store.h"
#include "log/memory_log.h"
#include "log/segment_log.h"
#include "replay/replay_fixture.h"
#include "testing/faulty_file_system.h"

namespace tillstream {

/// The content of a log's folder but the clock, which may be rewritten.
inline std::map<std::string, std::string> ContentOf(const FaultyFileSystem& files) {
  std::map<std::string, std::string> contents = files.Contents();
  contents.erase("log/sales.clock.json");
  return contents;
}

/// A log that its test may watch and break.
class WatchedLog final : public EventLog {
 public:
  explicit WatchedLog(EventLog& log) : log_(log) {}
  /// Called before a block of events (not of schemas) is appended, from the pool's threads; may
  /// refuse it.
  std::function<Status(PartitionId partition, Timestamp timestamp)> on_append;

  Status CreateTopic(const TopicInfo& topic) override { return log_.CreateTopic(topic); }
  Result<std::vector<TopicInfo>> ListTopics() override { return log_.ListTopics(); }
  Result<std::unique_ptr<LogReader>> OpenReader(const TopicPartition& partition) override {
    return log_.OpenReader(partition);
  }
  std::string Describe() const override { return log_.Describe(); }
  Result<std::unique_ptr<LogWriter>> OpenWriter(const WriterSpec& spec) override {
    TILLSTREAM_ASSIGN(std::unique_ptr<LogWriter> writer, log_.OpenWriter(spec));
    if (spec.events.front().topic == "_schemas") return writer;
    return std::unique_ptr<LogWriter>(
        new Writer(*this, std::move(writer), spec.events.front().partition));
  }

 private:
  class Writer final : public LogWriter {
   public:
    Writer(WatchedLog& log, std::unique_ptr<LogWriter> writer, PartitionId partition)
        : log_(log), writer_(std::move(writer)), partition_(partition) {}
    Position position() const override { return writer_->position(); }
    Position durable_position() const override { return writer_->durable_position(); }
    int64_t totals_count() const override { return writer_->totals_count(); }
    int64_t EventsIn(size_t index) const override { return writer_->EventsIn(index); }
    int64_t DurableEventsIn(size_t index) const override { return writer_->DurableEventsIn(index); }
    Status AppendTo(size_t index, const RecordBlock& events) override {
      if (failure_) return *failure_;
      if (log_.on_append) {
        const Status allowed = log_.on_append(partition_, events.timestamp());
        if (!allowed) failure_ = allowed.error();
        TILLSTREAM_TRY(allowed);
      }
      return writer_->AppendTo(index, events);
    }
    Status AppendTotals(const RecordBlock& totals) override {
      return writer_->AppendTotals(totals);
    }
    Status Flush() override { return writer_->Flush(); }
    Result<Position> Sync(std::chrono::milliseconds timeout) override {
      if (failure_) return *failure_;
      return writer_->Sync(timeout);
    }

   private:
    WatchedLog& log_;
    const std::unique_ptr<LogWriter> writer_;
    const PartitionId partition_;
    std::optional<Error> failure_;
  };

  EventLog& log_;
};

/// A run of a small dataset into segment files in memory, of four stores unless a test says so.
class ReplayerTest : public testing::Test {
 protected:
  ReplayerTest() {
    small_.stores = {"CA_1", "CA_2", "TX_1", "WI_1"};
    Load();
    TILLSTREAM_CHECK(files_.MakeDirectory("log").has_value());
  }

  void Load() { dataset_ = LoadSmall(small_); }

  std::unique_ptr<SegmentLog> OpenLog(FileSystem& files) {
    SegmentLogOptions options;
    options.directory = "log";
    options.codec = Codec::kNone;
    options.segment_bytes_max = 2'000;  // several segments a partition
    return std::make_unique<SegmentLog>(files, clock_, options);
  }

  /// Begins or goes on, as one command does. `options_` and `dataset_` say how.
  Status Replay(EventLog& log, FileSystem& files, const std::stop_token& stop = {}) {
    FolderRunStore runs(files, clock_, "log");
    RunManifest manifest(runs, clock_, options_.topic);
    TILLSTREAM_ASSIGN(const RunIdentity identity,
                      BeginSmallRun(log, clock_, manifest, dataset_, options_.topic, from_, plan_));
    ReplayOptions options = options_;
    if (options.to == Day(0)) options.to = Day(dataset_.day_count + 1);
    options.all_stores = dataset_.stores.size() == dataset_.store_ids.size();
    TILLSTREAM_ASSIGN(const auto replayer,
                      Replayer::Open(log, clock_, dataset_, identity, manifest, options));
    begin_ = replayer->Snapshot();
    const Status result = replayer->Run(stop);
    end_ = replayer->Snapshot();
    joined_ = replayer->joined_clock();
    return result;
  }
  Status Replay(const std::stop_token& stop = {}) {
    const auto log = OpenLog(files_);
    return Replay(*log, files_, stop);
  }

  /// What an uninterrupted run of one thread leaves.
  std::map<std::string, std::string> Oracle() {
    FaultyFileSystem files;
    TILLSTREAM_CHECK(files.MakeDirectory("log").has_value());
    const ReplayOptions kept = options_;
    options_ = ReplayOptions();
    const auto log = OpenLog(files);
    const Status result = Replay(*log, files);
    TILLSTREAM_CHECK_MSG(result.has_value(), result ? "" : result.error().message);
    options_ = kept;
    return ContentOf(files);
  }

  /// Crashes with power off before every third operation end in the bytes of an uninterrupted run,
  /// with a sync every so many bytes, which must make more operations than that.
  void ExpectCrashesLeaveNoTrace(int64_t sync_bytes, int64_t operations_min) {
    const auto oracle = Oracle();
    options_.sync = {.bytes = sync_bytes, .interval = std::chrono::minutes(1)};
    FaultyFileSystem counted;
    ASSERT_TRUE(counted.MakeDirectory("log"));
    {
      const auto log = OpenLog(counted);
      ASSERT_TRUE(Replay(*log, counted));
      ASSERT_EQ(ContentOf(counted), oracle) << "--sync does not change a byte";
    }
    const int64_t operations = counted.operation_count();
    ASSERT_GT(operations, operations_min);
    for (int64_t n = 0; n < operations; n += 3) {
      FaultyFileSystem files;
      ASSERT_TRUE(files.MakeDirectory("log"));
      files.TurnOffBefore(n);
      {
        const auto log = OpenLog(files);
        (void)Replay(*log, files).has_value();
      }
      files.PowerCut(Survival::kSome, static_cast<uint64_t>(n));
      const auto log = OpenLog(files);
      const Status resumed = Replay(*log, files);
      ASSERT_TRUE(resumed.has_value())
          << "before operation " << n << ": " << resumed.error().message;
      ASSERT_EQ(ContentOf(files), oracle) << "power off before operation " << n;
    }
  }

  void ExpectWhole(EventLog& log, Day to = Day(0)) {
    if (to == Day(0)) to = Day(dataset_.day_count + 1);
    for (size_t i = 0; i < dataset_.stores.size(); ++i) {
      const StoreTable& table = *dataset_.stores[i];
      const PartitionId partition(static_cast<int32_t>(i));
      EXPECT_EQ(ReadPartition(log, {"sales", partition}),
                ExpectedEvents(table, *dataset_.calendar, from_, to));
      EXPECT_EQ(ReadPartition(log, {"sales-days", partition}),
                ExpectedTotals(table, *dataset_.calendar, from_, to));
    }
  }

  Timestamp TimeOf(int32_t day) const { return StartOf(dataset_.calendar->at(Day(day)).date); }
  Day DayOf(Timestamp timestamp) const {
    return Day(1) +
           static_cast<int32_t>((DateOf(timestamp) - dataset_.calendar->first_date()).count());
  }

  SmallDataset small_;
  Dataset dataset_;
  FaultyFileSystem files_;
  SimClock clock_;
  ReplayOptions options_;
  Day from_{1};
  PlanRequest plan_;
  std::vector<StoreProgress> begin_;
  std::vector<StoreProgress> end_;
  std::optional<RunClock> joined_;
};

}  // namespace tillstream
