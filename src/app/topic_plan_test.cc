#include "app/topic_plan.h"

#include <gtest/gtest.h>

namespace tillstream {
namespace {

StoreIdentity StoreOf(int32_t partition, int64_t series_count, size_t day_count) {
  StoreIdentity store;
  store.partition = PartitionId(partition);
  store.series_count = series_count;
  store.day_hashes.resize(day_count);
  return store;
}

RunIdentity RunOf(std::map<std::string, StoreIdentity> stores) {
  RunIdentity identity;
  identity.first_date = Date(std::chrono::days(15003));  // 2011-01-29
  identity.stores = std::move(stores);
  return identity;
}

TEST(TopicPlanTest, EventsAreSeriesTimesDaysFromTheFirstOfTheRun) {
  RunIdentity run = RunOf({{"CA_1", StoreOf(0, 3, 10)}, {"TX_1", StoreOf(1, 2, 10)}});
  EXPECT_EQ(PlanOf(run).data_begins, "2011-01-29");
  run.from = Day(4);
  const TopicPlan plan = PlanOf(run);
  EXPECT_EQ(plan.partition_count, 2);
  EXPECT_EQ(plan.data_begins, "2011-02-01");
  ASSERT_EQ(plan.stores.size(), 2U);
  EXPECT_EQ(plan.stores[0].id, "CA_1");
  EXPECT_EQ(plan.stores[0].event_count(), 21);
  EXPECT_EQ(plan.stores[1].event_count(), 14);
}

TEST(TopicPlanTest, StoredPartitionsStayAndNewStoresTakeTheNextOnes) {
  const RunIdentity stored = RunOf({{"CA_2", StoreOf(0, 3, 10)}, {"TX_1", StoreOf(1, 2, 10)}});
  const RunIdentity data = RunOf(
      {{"CA_1", StoreOf(0, 3, 12)}, {"CA_2", StoreOf(1, 3, 12)}, {"WI_1", StoreOf(2, 1, 12)}});
  const TopicPlan plan = PlanOf(data, stored);
  EXPECT_EQ(plan.partition_count, 4);
  ASSERT_EQ(plan.stores.size(), 4U);
  EXPECT_EQ(plan.stores[0].id, "CA_1");
  EXPECT_EQ(plan.stores[0].partition, PartitionId(2));
  EXPECT_EQ(plan.stores[1].partition, PartitionId(0));
  EXPECT_EQ(plan.stores[1].event_count(), 36) << "the data has more days than the run began with";
  EXPECT_EQ(plan.stores[2].id, "TX_1") << "the data does not have it any more";
  EXPECT_EQ(plan.stores[3].partition, PartitionId(3));
}

TEST(TopicPlanTest, WithoutARunTheDataSays) {
  const RunIdentity data = RunOf({{"CA_1", StoreOf(0, 3, 12)}});
  EXPECT_EQ(PlanOf(data, std::nullopt).partition_count, 1);
}

}  // namespace
}  // namespace tillstream
