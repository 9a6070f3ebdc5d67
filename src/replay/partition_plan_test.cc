#include "replay/partition_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "replay/replay_fixture.h"
#include "replay/run_streams.h"

namespace tillstream {
namespace {

using ::testing::ElementsAre;

const std::vector<std::string> kStores = {"CA_1", "CA_2", "TX_1"};

std::string ErrorOf(std::string_view text) {
  const auto classes = ParseSizeClasses(text, "classes.json", kStores);
  return classes ? "" : classes.error().message;
}

TEST(PartitionPlanTest, AThirdOfTheStoresIsSmallAndAThirdIsLarge) {
  const auto classes = ClassesBySize({{"A", 50}, {"B", 10}, {"C", 40}, {"D", 20}, {"E", 30}});
  ASSERT_EQ(classes.size(), 3U);
  EXPECT_THAT(classes[0].stores, ElementsAre("B"));
  EXPECT_THAT(classes[1].stores, ElementsAre("D", "E", "C"));
  EXPECT_THAT(classes[2].stores, ElementsAre("A"));
  EXPECT_EQ(classes[0].partition_count, 1);
  EXPECT_EQ(classes[1].partition_count, 2);
  EXPECT_EQ(classes[2].partition_count, 1) << "not more than there are stores";
}

TEST(PartitionPlanTest, OneStoreIsInTheMiddle) {
  const auto classes = ClassesBySize({{"A", 50}});
  EXPECT_EQ(classes[0].partition_count, 0);
  EXPECT_THAT(classes[1].stores, ElementsAre("A"));
  EXPECT_EQ(classes[1].partition_count, 1);
  EXPECT_EQ(classes[2].partition_count, 0);
}

TEST(PartitionPlanTest, ReadsClassesOfAFile) {
  const auto classes = ParseSizeClasses(
      R"({"classes": [{"name": "big", "partitions": 2, "stores": ["TX_1", "CA_1"]},
                      {"name": "rest", "partitions": 1, "stores": ["CA_2"]}]})",
      "classes.json", kStores);
  ASSERT_TRUE(classes.has_value()) << classes.error().message;
  ASSERT_EQ(classes->size(), 2U);
  EXPECT_EQ((*classes)[0].name, "big");
  EXPECT_EQ((*classes)[0].partition_count, 2);
  EXPECT_THAT((*classes)[0].stores, ElementsAre("TX_1", "CA_1"));
}

TEST(PartitionPlanTest, EveryStoreMustBeInOneClass) {
  EXPECT_EQ(ErrorOf(R"({"classes": [{"name": "a", "partitions": 1, "stores": ["CA_1", "CA_2"]}]})"),
            "classes.json: store TX_1 is in no class; give it one");
  EXPECT_EQ(ErrorOf(R"({"classes": [{"name": "a", "partitions": 1, "stores": ["CA_9"]}]})"),
            "classes.json: store \"CA_9\" is not in the data; did you mean CA_1");
  EXPECT_EQ(ErrorOf(R"({"classes": [{"name": "a", "partitions": 1, "stores": ["CA_1", "CA_1"]}]})"),
            "classes.json: store CA_1 is there twice");
  EXPECT_EQ(ErrorOf(R"({"classes": [{"name": "a", "partitions": 0, "stores": []}]})"),
            "classes.json: class \"a\": expected 1 to 10000 partitions, found 0");
  EXPECT_EQ(ErrorOf(R"({"classes": [{"name": "a", "partitions": 1, "stores": ["CA_1"]},
                                    {"name": "a", "partitions": 1, "stores": ["CA_2"]}]})"),
            "classes.json: class \"a\" is there twice");
  EXPECT_EQ(ErrorOf(R"({"classes": [{"name": "a", "partitions": 2, "stores": ["CA_1"]}]})"),
            "classes.json: class \"a\" has 2 partitions for 1 stores; at most one each");
  EXPECT_EQ(ErrorOf(R"({"classes": [{"name": "added", "partitions": 1, "stores": ["CA_1"]}]})"),
            "classes.json: \"added\" cannot be a class's name");
  EXPECT_EQ(ErrorOf(R"({"classes": [{"name": "a"}]})"),
            "classes.json: a class is {\"name\": \"small\", \"partitions\": 1, \"stores\": [...]}");
  EXPECT_EQ(ErrorOf("[]"), "classes.json: expected {\"classes\": [...]}");
  EXPECT_TRUE(ErrorOf("{").starts_with("classes.json: "));
}

class PlacesTest : public testing::Test {
 protected:
  PlacesTest() {
    small_.stores = {"CA_1", "CA_2", "TX_1", "WI_1"};
    dataset_ = LoadSmall(small_);
    identity_ = IdentityOf(dataset_, Day(1), "none", 1000);
  }
  void Apply(PlanRequest request) {
    const Status applied = ApplyPlan(request, dataset_, &identity_);
    ASSERT_TRUE(applied.has_value()) << applied.error().message;
  }

  SmallDataset small_;
  Dataset dataset_;
  RunIdentity identity_;
};

TEST_F(PlacesTest, PlanStoreHasAPartitionAStore) {
  Apply({});
  EXPECT_EQ(EventPartitionsOf(identity_, "sales", "TX_1").front().ToString(), "sales-2");
  EXPECT_EQ(TotalsPartitionOf(identity_, "sales", "TX_1").ToString(), "sales-days-2");
  EXPECT_THAT(StoresBeside(identity_, "TX_1"), ElementsAre("TX_1"));
  EXPECT_EQ(ClassOf(identity_, PartitionId(2)), "");
}

TEST_F(PlacesTest, PlanSizeDealsAClassOutTheLargestFirst) {
  PlanRequest request;
  request.plan = "size";
  request.classes = {{"one", 2, {"CA_1", "CA_2", "TX_1"}}, {"two", 1, {"WI_1"}}};
  Apply(request);
  const auto units = UnitsByStore(dataset_);
  std::string largest = "CA_1";
  for (const std::string id : {"CA_2", "TX_1"}) {
    if (units.at(id) > units.at(largest)) largest = id;
  }
  EXPECT_EQ(identity_.stores.at(largest).partition, PartitionId(0));
  EXPECT_EQ(identity_.stores.at("WI_1").partition, PartitionId(2));
  EXPECT_EQ(ClassOf(identity_, PartitionId(1)), "one");
  EXPECT_EQ(ClassOf(identity_, PartitionId(2)), "two");
  const auto topics = TopicsOf(identity_, "sales");
  ASSERT_EQ(topics.size(), 2U);
  EXPECT_EQ(topics[0].partition_count, 3);
  EXPECT_EQ(topics[1].name, "sales-days");
}

TEST_F(PlacesTest, PlanTopicHasATopicAStore) {
  PlanRequest request;
  request.plan = "topic";
  request.store_partitions = 2;
  Apply(request);
  const auto topics = TopicsOf(identity_, "sales");
  ASSERT_EQ(topics.size(), 5U);
  EXPECT_EQ(topics[0].name, "sales-store-CA_1");
  EXPECT_EQ(topics[0].partition_count, 2);
  EXPECT_EQ(topics[4].name, "sales-days");
  EXPECT_EQ(topics[4].partition_count, 4);
  const auto partitions = EventPartitionsOf(identity_, "sales", "WI_1");
  ASSERT_EQ(partitions.size(), 2U);
  EXPECT_EQ(partitions[1].ToString(), "sales-store-WI_1-1");
}

TEST_F(PlacesTest, AnUnknownPlanIsRefused) {
  PlanRequest request;
  request.plan = "moon";
  const Status applied = ApplyPlan(request, dataset_, &identity_);
  ASSERT_FALSE(applied.has_value());
  EXPECT_EQ(applied.error().message, "--plan: \"moon\" is not a plan; write store, size or topic");
}

TEST_F(PlacesTest, StoresThatShareAPartitionHaveOneWriterOrOneEach) {
  PlanRequest request;
  request.plan = "size";
  request.classes = {{"one", 1, {"CA_1", "CA_2", "TX_1"}}, {"two", 1, {"WI_1"}}};
  Apply(request);
  const auto together = StreamsOf(dataset_, identity_, "sales", false);
  ASSERT_TRUE(together.has_value());
  ASSERT_EQ(together->size(), 2U);
  EXPECT_EQ((*together)[0].name, "CA_1+CA_2+TX_1");
  EXPECT_EQ((*together)[0].source.tables.size(), 3U);
  EXPECT_FALSE((*together)[0].spec.is_shared);
  const auto apart = StreamsOf(dataset_, identity_, "sales", true);
  ASSERT_TRUE(apart.has_value());
  ASSERT_EQ(apart->size(), 4U);
  EXPECT_TRUE((*apart)[0].spec.is_shared);
  EXPECT_FALSE((*apart)[3].spec.is_shared) << "WI_1 is alone";
  std::set<int32_t> numbers;
  for (const RunStream& stream : *apart) numbers.insert(stream.spec.stream_number());
  EXPECT_EQ(numbers.size(), 4U);
}

TEST_F(PlacesTest, OneOfSeveralStoresOfAWriterIsRefused) {
  PlanRequest request;
  request.plan = "size";
  request.classes = {{"one", 1, {"CA_1", "CA_2", "TX_1", "WI_1"}}};
  Apply(request);
  const Dataset part = LoadSmall(small_, {"CA_2"});
  const auto streams = StreamsOf(part, identity_, "sales", false);
  ASSERT_FALSE(streams.has_value());
  EXPECT_EQ(streams.error().code, ErrorCode::kUsage);
  EXPECT_EQ(streams.error().message,
            "--store: partition 0 has the events of CA_1, CA_2, TX_1, WI_1, in one order; give all "
            "of them, or none");
}

}  // namespace
}  // namespace tillstream
