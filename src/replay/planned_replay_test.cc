// Replays under partition plans that give a stream several partitions, or a partition several
// stores.
#include <gmock/gmock.h>

#include <atomic>
#include <map>

#include "dataset/row_dealing.h"
#include "replay/replayer_fixture.h"

namespace tillstream {
namespace {

class PlannedReplayTest : public ReplayerTest {
 protected:
  PlannedReplayTest() {
    small_.items = {"FOODS_1_001",   "FOODS_1_002",   "FOODS_2_010",
                    "HOBBIES_1_001", "HOBBIES_1_002", "HOUSEHOLD_1_001"};
    Load();
  }

  void UsePlanTopic() {
    plan_.plan = "topic";
    plan_.store_partitions = 3;
  }
  void UsePlanSize() {
    plan_.plan = "size";
    plan_.classes = {{"one", 1, {"CA_1", "CA_2", "WI_1"}}, {"two", 1, {"TX_1"}}};
  }

  const StoreTable& Table(const std::string& id) const {
    for (const auto& table : dataset_.stores) {
      if (table->store_id() == id) return *table;
    }
    TILLSTREAM_CHECK_MSG(false, "a store of the dataset");
  }
};

TEST_F(PlannedReplayTest, UnderPlanTopicAStoresRowsAreDealtOutByTheirKeys) {
  UsePlanTopic();
  const auto log = OpenLog(files_);
  ASSERT_TRUE(Replay(*log, files_));
  const Day end(dataset_.day_count + 1);
  for (const auto& table : dataset_.stores) {
    const auto rows = DealRows(*table, 3);
    const auto events = ExpectedEvents(*table, *dataset_.calendar, from_, end);
    const size_t row_count = table->series().size();
    for (int32_t p = 0; p < 3; ++p) {
      std::vector<ReadRecord> expected;
      for (size_t day = 0; day * row_count < events.size(); ++day) {
        for (const int32_t row : rows[static_cast<size_t>(p)]) {
          expected.push_back(events[day * row_count + static_cast<size_t>(row)]);
        }
      }
      EXPECT_EQ(ReadPartition(*log, {"sales-store-" + table->store_id(), PartitionId(p)}),
                expected);
    }
  }
  for (const StoreProgress& store : end_) {
    EXPECT_TRUE(store.done);
    EXPECT_EQ(store.durable, Position(60)) << "of all its partitions";
  }
}

TEST_F(PlannedReplayTest, UnderPlanTopicTotalsStayAPartitionAStore) {
  UsePlanTopic();
  const auto log = OpenLog(files_);
  ASSERT_TRUE(Replay(*log, files_));
  const Day end(dataset_.day_count + 1);
  EXPECT_EQ(ReadPartition(*log, {"sales-days", PartitionId(2)}),
            ExpectedTotals(Table("TX_1"), *dataset_.calendar, from_, end));
}

TEST_F(PlannedReplayTest, UnderPlanSizeAPartitionGoesByDayThenStoreThenRow) {
  UsePlanSize();
  const auto log = OpenLog(files_);
  ASSERT_TRUE(Replay(*log, files_));
  std::vector<ReadRecord> events;
  std::vector<ReadRecord> totals;
  for (Day day = from_; day.value() <= dataset_.day_count; ++day) {
    for (const std::string id : {"CA_1", "CA_2", "WI_1"}) {
      const auto of_day = ExpectedEvents(Table(id), *dataset_.calendar, day, day + 1);
      events.insert(events.end(), of_day.begin(), of_day.end());
      const auto total = ExpectedTotals(Table(id), *dataset_.calendar, day, day + 1);
      totals.insert(totals.end(), total.begin(), total.end());
    }
  }
  EXPECT_EQ(ReadPartition(*log, {"sales", PartitionId(0)}), events);
  EXPECT_EQ(ReadPartition(*log, {"sales-days", PartitionId(0)}), totals);
  ASSERT_EQ(end_.size(), 2U) << "a writer a partition";
  EXPECT_EQ(end_[0].store_id, "CA_1+CA_2+WI_1");
  EXPECT_EQ(end_[0].store_count, 3);
}

TEST_F(PlannedReplayTest, CrashesUnderPlanTopicEndByteIdentical) {
  UsePlanTopic();
  ExpectCrashesLeaveNoTrace(500, 150);
}

TEST_F(PlannedReplayTest, CrashesUnderPlanSizeEndByteIdentical) {
  UsePlanSize();
  ExpectCrashesLeaveNoTrace(500, 150);
}

TEST_F(PlannedReplayTest, PartitionsThatEndOnOtherDaysAreMadeEqual) {
  UsePlanTopic();
  const auto oracle = Oracle();
  options_.to = Day(8);
  ASSERT_TRUE(Replay());
  // As after a power cut that one partition survived better than the others.
  const std::string lost = "log/sales-store-CA_1-1/";
  const auto before = files_.Contents();
  FaultyFileSystem files;
  ASSERT_TRUE(files.MakeDirectory("log"));
  for (const auto& [path, content] : before) {
    if (path.starts_with(lost) || path.starts_with("log/sales-days-0/")) continue;
    ASSERT_TRUE(files.MakeDirectory(path.substr(0, path.rfind('/'))));
    ASSERT_TRUE(WriteFileAtomically(files, path, content));
  }
  options_.to = Day(0);
  const auto log = OpenLog(files);
  const Status resumed = Replay(*log, files);
  ASSERT_TRUE(resumed.has_value()) << resumed.error().message;
  EXPECT_EQ(begin_[0].next_day, Day(1)) << "as far as the partition that lost everything";
  EXPECT_EQ(ContentOf(files), oracle);
}

TEST_F(PlannedReplayTest, AStopUnderPlanTopicIsDurableInAllPartitions) {
  UsePlanTopic();
  const auto oracle = Oracle();
  std::stop_source stop;
  std::atomic<int64_t> appended = 0;
  {
    const auto log = OpenLog(files_);
    WatchedLog watched(*log);
    watched.on_append = [&](PartitionId, Timestamp) {
      if (++appended == 17) stop.request_stop();
      return Ok();
    };
    ASSERT_TRUE(Replay(watched, files_, stop.get_token()));
  }
  for (const StoreProgress& store : end_) EXPECT_EQ(store.durable, store.position);
  files_.PowerCut(Survival::kNothing);
  ASSERT_TRUE(Replay());
  EXPECT_EQ(ContentOf(files_), oracle);
}

}  // namespace
}  // namespace tillstream
