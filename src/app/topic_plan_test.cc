#include "app/topic_plan.h"

#include <gtest/gtest.h>

namespace tillstream {
namespace {

StoreIdentity StoreOf(int32_t partition, int64_t series_count, size_t day_count) {
  StoreIdentity store;
  store.partition = PartitionId(partition);
  store.number = partition;
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
  EXPECT_EQ(PlanOf(run, "sales").data_begins, "2011-01-29");
  run.from = Day(4);
  const TopicPlan plan = PlanOf(run, "sales");
  ASSERT_EQ(plan.topics.size(), 2U);
  EXPECT_EQ(plan.topics[0].name, "sales");
  EXPECT_EQ(plan.topics[0].partition_count, 2);
  EXPECT_EQ(plan.topics[1].name, "sales-days");
  EXPECT_EQ(plan.stream_count, 2);
  EXPECT_EQ(plan.data_begins, "2011-02-01");
  ASSERT_EQ(plan.stores.size(), 2U);
  EXPECT_EQ(plan.stores[0].id, "CA_1");
  EXPECT_EQ(plan.stores[0].event_count(), 21);
  EXPECT_EQ(plan.stores[1].event_count(), 14);
}

}  // namespace
}  // namespace tillstream
