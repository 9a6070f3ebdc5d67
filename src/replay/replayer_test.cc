#include "replay/replayer.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <set>

#include "replay/replayer_fixture.h"

namespace tillstream {
namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

TEST_F(ReplayerTest, AFullRunIsTheDataset) {
  const auto log = OpenLog(files_);
  ASSERT_TRUE(Replay(*log, files_));
  ExpectWhole(*log);
  for (const StoreProgress& store : end_) {
    EXPECT_TRUE(store.done);
    EXPECT_EQ(store.position, Position(30));
    EXPECT_EQ(store.durable, Position(30));
    EXPECT_EQ(store.events_written, 30);
    EXPECT_EQ(store.next_day, Day(11));
    EXPECT_EQ(store.durable_day, Day(11));
    EXPECT_EQ(store.lag_max, nanoseconds(0));
  }
}

TEST_F(ReplayerTest, AFullRunOnALogInMemoryIsTheDatasetForAnyNumberOfThreads) {
  for (const int32_t threads : {0, 1, 2, 3, 4, 16}) {
    MemoryLog log(clock_);
    FaultyFileSystem files;
    options_.threads = threads;
    ASSERT_TRUE(Replay(log, files));
    ExpectWhole(log);
  }
}

TEST_F(ReplayerTest, AStreamMayBeginLater) {
  from_ = Day(4);
  const auto log = OpenLog(files_);
  ASSERT_TRUE(Replay(*log, files_));
  ExpectWhole(*log);
}

TEST_F(ReplayerTest, ToEndsARunAndTheNextGoesOn) {
  const auto log = OpenLog(files_);
  options_.to = Day(4);
  ASSERT_TRUE(Replay(*log, files_));
  ExpectWhole(*log, Day(4));
  options_.to = Day(1);
  ASSERT_TRUE(Replay(*log, files_)) << "less than is there is no fault";
  ExpectWhole(*log, Day(4));
  options_.to = Day(0);
  ASSERT_TRUE(Replay(*log, files_));
  ExpectWhole(*log);
}

TEST_F(ReplayerTest, ARunThatIsAllThereWritesNothing) {
  ASSERT_TRUE(Replay());
  const auto contents = ContentOf(files_);
  ASSERT_TRUE(Replay());
  EXPECT_EQ(ContentOf(files_), contents);
  for (const StoreProgress& store : end_) {
    EXPECT_TRUE(store.done);
    EXPECT_EQ(store.events_written, 0);
    EXPECT_EQ(store.durable, Position(30));
  }
}

TEST_F(ReplayerTest, StoppedAfterAnyDayTheNextStartEndsByteIdentical) {
  const auto oracle = Oracle();
  for (const int32_t threads : {1, 2, 4}) {
    for (int64_t stop_after = 1; stop_after <= 40; ++stop_after) {
      FaultyFileSystem files;
      ASSERT_TRUE(files.MakeDirectory("log"));
      options_.threads = threads;
      std::stop_source stop;
      std::atomic<int64_t> appended = 0;
      const auto log = OpenLog(files);
      WatchedLog watched(*log);
      watched.on_append = [&](PartitionId, Timestamp) {
        if (++appended == stop_after) stop.request_stop();
        return Ok();
      };
      ASSERT_TRUE(Replay(watched, files, stop.get_token()));
      for (const StoreProgress& store : end_) {
        ASSERT_EQ(store.durable, store.position) << "a stopped run is durable";
      }
      files.PowerCut(Survival::kNothing);
      const auto reopened = OpenLog(files);
      ASSERT_TRUE(Replay(*reopened, files));
      ASSERT_EQ(ContentOf(files), oracle) << threads << " threads, day " << stop_after;
    }
  }
}

TEST_F(ReplayerTest, AStopRequestBeforeTheStartWritesNothing) {
  std::stop_source stop;
  stop.request_stop();
  for (const int32_t threads : {1, 4}) {
    options_.threads = threads;
    ASSERT_TRUE(Replay(stop.get_token()));
    for (const StoreProgress& store : end_) EXPECT_EQ(store.position, Position(0));
  }
}

TEST_F(ReplayerTest, ACrashBetweenAnyTwoSyncsEndsByteIdentical) {
  ExpectCrashesLeaveNoTrace(300, 200);
}

TEST_F(ReplayerTest, MissingTotalsAreAppended) {
  const auto oracle = Oracle();
  ASSERT_TRUE(Replay());
  // The totals of one store as they were before its last days.
  FaultyFileSystem shorter;
  ASSERT_TRUE(shorter.MakeDirectory("log"));
  options_.to = Day(4);
  const auto log = OpenLog(shorter);
  ASSERT_TRUE(Replay(*log, shorter));
  const auto short_contents = shorter.Contents();
  auto contents = files_.Contents();
  int replaced = 0;
  for (const auto& [path, content] : short_contents) {
    if (path.find("/sales-days-2/") == std::string::npos) continue;
    contents[path] = content;
    ++replaced;
  }
  ASSERT_EQ(replaced, 3);
  files_.SetContents(contents);
  options_.to = Day(0);
  ASSERT_TRUE(Replay());
  EXPECT_EQ(ContentOf(files_), oracle);
  for (const StoreProgress& store : end_) EXPECT_EQ(store.events_written, 0);
}

TEST_F(ReplayerTest, NoStoreIsMoreThanTheSkewAheadOfTheSlowest) {
  small_.days = 60;
  small_.calendar_days = 60;
  Load();
  for (const int32_t skew : {0, 1, 7}) {
    for (const int32_t threads : {1, 2, 4}) {
      MemoryLog log(clock_);
      FaultyFileSystem files;
      WatchedLog watched(log);
      std::mutex mutex;
      std::map<int32_t, int32_t> complete;  // days wholly written, by partition
      for (int32_t p = 0; p < 4; ++p) complete[p] = 0;
      int32_t widest = 0;
      watched.on_append = [&](PartitionId partition, Timestamp timestamp) {
        const std::lock_guard lock(mutex);
        const int32_t day = DayOf(timestamp).value();
        int32_t slowest = day - 1;
        for (const auto& [p, days] : complete) slowest = std::min(slowest, days);
        widest = std::max(widest, day - 1 - slowest);
        complete[partition.value()] = day - 1;
        return Ok();
      };
      options_.threads = threads;
      options_.max_skew_days = skew;
      ASSERT_TRUE(Replay(watched, files));
      ExpectWhole(log);
      // A store counts as behind until its next day begins, which is one day later than here.
      EXPECT_LE(widest, skew + 1) << threads << " threads";
    }
  }
}

TEST_F(ReplayerTest, AStoreThatIsStuckHoldsTheOthersAtTheSkew) {
  small_.days = 14;
  Load();
  MemoryLog log(clock_);
  WatchedLog watched(log);
  std::mutex mutex;
  std::condition_variable changed;
  std::set<std::pair<int32_t, int32_t>> begun;  // partition, day
  watched.on_append = [&](PartitionId partition, Timestamp timestamp) {
    std::unique_lock lock(mutex);
    begun.insert({partition.value(), DayOf(timestamp).value()});
    changed.notify_all();
    if (partition == PartitionId(2) && DayOf(timestamp) == Day(3)) {
      // Everybody else gets as far as they may: two days ahead of day 3.
      changed.wait(lock, [&] {
        return begun.contains({0, 5}) && begun.contains({1, 5}) && begun.contains({3, 5});
      });
      EXPECT_FALSE(begun.contains({0, 6}));
      EXPECT_FALSE(begun.contains({1, 6}));
      EXPECT_FALSE(begun.contains({3, 6}));
    }
    return Ok();
  };
  options_.threads = 4;
  options_.max_skew_days = 2;
  ASSERT_TRUE(Replay(watched, files_));
  ExpectWhole(log);
}

TEST_F(ReplayerTest, AStoreAtItsEndIsDurableWhileOthersAreStillWritten) {
  MemoryLog log(clock_);
  WatchedLog watched(log);
  std::mutex mutex;
  std::condition_variable changed;
  std::map<std::string, Position> durable;
  options_.on_durable = [&](const std::string& store, Position position) {
    const std::lock_guard lock(mutex);
    durable[store] = position;
    changed.notify_all();
  };
  watched.on_append = [&](PartitionId partition, Timestamp timestamp) -> Status {
    if (partition != PartitionId(0) || DayOf(timestamp) != Day(10)) return Ok();
    std::unique_lock lock(mutex);
    const bool all_but_this =
        changed.wait_for(lock, seconds(30), [&] { return durable.size() == 3; });
    if (!all_but_this) return MakeError(ErrorCode::kTimedOut, "the others are not durable");
    for (const auto& [store, position] : durable) EXPECT_EQ(position, Position(30)) << store;
    return Ok();
  };
  options_.threads = 4;
  const Status result = Replay(watched, files_);
  EXPECT_TRUE(result.has_value()) << result.error().message;
}

TEST_F(ReplayerTest, AnErrorOfOneStoreStopsTheOthersAndNothingMoreIsAcknowledged) {
  const auto oracle = Oracle();
  options_.sync = {.bytes = 0, .interval = seconds(1)};
  options_.max_skew_days = 2;  // nobody is at the end when it happens
  for (const int32_t threads : {1, 2, 4}) {
    FaultyFileSystem files;
    ASSERT_TRUE(files.MakeDirectory("log"));
    const auto log = OpenLog(files);
    WatchedLog watched(*log);
    std::atomic<bool> failed = false;
    watched.on_append = [&](PartitionId partition, Timestamp timestamp) -> Status {
      if (partition != PartitionId(1) || DayOf(timestamp) != Day(5)) return Ok();
      failed = true;
      return MakeError(ErrorCode::kIoError, "disk: gone");
    };
    std::atomic<int64_t> acknowledged_after = 0;
    options_.on_durable = [&](const std::string&, Position) { acknowledged_after += failed; };
    options_.threads = threads;
    const Status result = Replay(watched, files);
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().code, ErrorCode::kIoError);
    EXPECT_EQ(result.error().message, "disk: gone");
    // Other threads may be at a sync of their own in that moment.
    EXPECT_TRUE(threads > 1 || acknowledged_after == 0) << acknowledged_after;
    for (const StoreProgress& store : end_) EXPECT_FALSE(store.done);
    files.PowerCut(Survival::kNothing);
    const auto reopened = OpenLog(files);
    for (const StoreProgress& store : end_) {
      const auto reader = reopened->OpenReader({"sales", store.partition});
      EXPECT_GE((*reader)->End()->value(), store.durable.value()) << store.store_id;
    }
    options_.on_durable = {};
    ASSERT_TRUE(Replay(*reopened, files));
    EXPECT_EQ(ContentOf(files), oracle);
  }
}

TEST_F(ReplayerTest, ASecondWriterIsRefused) {
  const auto log = OpenLog(files_);
  ASSERT_TRUE(Replay(*log, files_));
  WriterSpec spec;
  spec.events = {{"sales", PartitionId(2)}};
  spec.holder = "process 4711 on till";
  const auto writer = log->OpenWriter(spec);
  ASSERT_TRUE(writer.has_value());
  const Status result = Replay(*log, files_);
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code, ErrorCode::kRefused);
  EXPECT_NE(result.error().message.find("process 4711 on till"), std::string::npos);
}

TEST_F(ReplayerTest, DurablePositionsAreReportedInOrderAndReachTheEnd) {
  options_.threads = 4;
  options_.sync = {.bytes = 0, .interval = seconds(1)};
  std::mutex mutex;
  std::map<std::string, Position> reported;
  options_.on_durable = [&](const std::string& store, Position durable) {
    const std::lock_guard lock(mutex);
    EXPECT_GT(durable, reported[store]);
    reported[store] = durable;
  };
  ASSERT_TRUE(Replay());
  ASSERT_EQ(reported.size(), 4U);
  for (const auto& [store, durable] : reported) EXPECT_EQ(durable, Position(30));
}

TEST_F(ReplayerTest, AWriterThatEndsUnavailableIsOpenedAgainAndLosesNothing) {
  MemoryLog log(clock_);
  WatchedLog watched(log);
  options_.threads = 3;
  options_.sync.bytes = 1'000;
  std::atomic<int> failures{0};
  std::atomic<int> appends{0};
  watched.on_append = [&](PartitionId, Timestamp) -> Status {
    if (++appends % 7 != 0) return Ok();
    ++failures;
    return MakeError(ErrorCode::kUnavailable, "kafka: gone");
  };
  std::atomic<int> reopens{0};
  options_.on_reopen = [&](const std::string&, const Error& error) {
    EXPECT_EQ(error.message, "kafka: gone");
    ++reopens;
  };
  const Status result = Replay(watched, files_);
  ASSERT_TRUE(result.has_value()) << result.error().message;
  EXPECT_GT(failures, 3);
  EXPECT_EQ(reopens, failures);
  int64_t counted = 0;
  for (const StoreProgress& store : end_) counted += store.reopens;
  EXPECT_EQ(counted, failures);
  ExpectWhole(log);
}

TEST_F(ReplayerTest, AWriterThatMakesNoProgressIsGivenUp) {
  MemoryLog log(clock_);
  WatchedLog watched(log);
  int appends = 0;
  watched.on_append = [&](PartitionId partition, Timestamp) -> Status {
    if (partition != PartitionId(1)) return Ok();
    ++appends;
    return MakeError(ErrorCode::kUnavailable, "kafka: gone");
  };
  const Status result = Replay(watched, files_);
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(result.error().message, "kafka: gone (5 tries)");
  EXPECT_EQ(appends, 6);
}

TEST_F(ReplayerTest, AWriterThatWasReplacedIsNotOpenedAgain) {
  MemoryLog log(clock_);
  WatchedLog watched(log);
  int appends = 0;
  watched.on_append = [&](PartitionId, Timestamp) -> Status {
    ++appends;
    return MakeError(ErrorCode::kRefused, "kafka: another writer took the stream over");
  };
  const Status result = Replay(watched, files_);
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code, ErrorCode::kRefused);
  EXPECT_EQ(appends, 1);
}

TEST_F(ReplayerTest, AStoreThatWaitsForOthersIsMadeDurableMeanwhile) {
  SystemClock clock;
  MemoryLog log(clock);
  WatchedLog watched(log);
  FolderRunStore runs(files_, clock, "log");
  RunManifest manifest(runs, clock, "sales");
  const RunIdentity identity = *BeginSmallRun(watched, clock, manifest, dataset_);
  Mutex mutex;
  ConditionVariable changed;
  std::set<std::string> durable;
  ReplayOptions options;
  options.to = Day(dataset_.day_count + 1);
  options.threads = 4;
  options.max_skew_days = 1;
  options.sync = {.bytes = INT64_MAX, .interval = std::chrono::milliseconds(100)};
  options.on_durable = [&](const std::string& store, Position) {
    MutexLock lock(mutex);
    durable.insert(store);
    changed.notify_all();
  };
  // The first store's first day waits until the three others are durable, which wait for it.
  watched.on_append = [&](PartitionId partition, Timestamp timestamp) -> Status {
    if (partition != PartitionId(0) || timestamp != TimeOf(1)) return Ok();
    MutexLock lock(mutex);
    const bool all =
        changed.wait_for(mutex, std::chrono::seconds(60), [&] { return durable.size() == 3; });
    return all ? Ok() : MakeError(ErrorCode::kFailed, "{} are durable", durable.size());
  };
  const auto replayer = Replayer::Open(watched, clock, dataset_, identity, manifest, options);
  ASSERT_TRUE(replayer.has_value());
  const Status result = (*replayer)->Run({});
  EXPECT_TRUE(result.has_value()) << result.error().message;
  ExpectWhole(log);
}

TEST_F(ReplayerTest, NobodySleepsUntilASyncIsDueWhileOthersWrite) {
  small_.days = 300;
  small_.calendar_days = 300;
  Load();
  MemoryLog log(clock_);
  options_.threads = 4;
  options_.max_skew_days = 0;
  options_.sync = {.bytes = INT64_MAX, .interval = std::chrono::hours(1)};
  // This clock goes on only while somebody sleeps.
  const auto begin = clock_.Monotonic();
  ASSERT_TRUE(Replay(log, files_));
  EXPECT_EQ(clock_.Monotonic(), begin);
  ExpectWhole(log);
}

}  // namespace
}  // namespace tillstream
