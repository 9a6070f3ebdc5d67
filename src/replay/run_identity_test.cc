#include "replay/run_identity.h"

#include <gtest/gtest.h>

#include <functional>

#include "replay/replay_fixture.h"

namespace tillstream {
namespace {

constexpr const char* kRemedy =
    "; use the options and data that the run began with, or another --log or --topic";

RunIdentity Identity(const SmallDataset& small, const std::vector<std::string>& stores = {},
                     Day from = Day(1)) {
  return IdentityOf(LoadSmall(small, stores), from, "zstd", 1 << 30);
}

TEST(RunIdentityTest, PartitionsAreInSortedStoreOrder) {
  SmallDataset small;
  small.stores = {"WI_2", "CA_10", "CA_2", "TX_1"};
  const RunIdentity identity = Identity(small, {}, Day(3));
  EXPECT_EQ(identity.from, Day(3));
  EXPECT_EQ(FormatDate(identity.first_date), "2011-01-29");
  EXPECT_EQ(identity.plan, "store");
  EXPECT_EQ(identity.codec, "zstd");
  EXPECT_EQ(identity.segment_bytes_max, 1 << 30);
  EXPECT_EQ(identity.sales_schema, SchemaId(0));
  std::vector<std::string> by_partition(4);
  for (const auto& [id, store] : identity.stores) {
    by_partition[static_cast<size_t>(store.partition.value())] = id;
    EXPECT_EQ(store.series_count, 3);
    EXPECT_EQ(store.day_hashes.size(), 10U);
  }
  EXPECT_EQ(by_partition, (std::vector<std::string>{"CA_10", "CA_2", "TX_1", "WI_2"}));
}

TEST(RunIdentityTest, StoresThatAreNotLoadedHaveAPartitionAndNoHashes) {
  const RunIdentity identity = Identity(SmallDataset(), {"TX_1"});
  ASSERT_EQ(identity.stores.size(), 2U);
  EXPECT_FALSE(identity.stores.at("CA_1").series_hash.has_value());
  EXPECT_TRUE(identity.stores.at("TX_1").series_hash.has_value());
  EXPECT_EQ(identity.stores.at("TX_1").partition, PartitionId(1));
}

/// Everything in it, so that two can be compared.
std::string InWords(const RunIdentity& identity) {
  std::string words = fmt::format(
      "from d_{} {} {} {} {} schemas {} {} started {}", identity.from.value(),
      FormatDate(identity.first_date), identity.plan, identity.codec, identity.segment_bytes_max,
      identity.sales_schema.value(), identity.totals_schema.value(), identity.started_at);
  for (const auto& [id, store] : identity.stores) {
    words += fmt::format("\n{} p{} {} series, hash {}, days", id, store.partition.value(),
                         store.series_count, store.series_hash.value_or(0));
    for (const uint64_t hash : store.day_hashes) words += fmt::format(" {:x}", hash);
  }
  return words;
}

TEST(ReconcileTest, TheSameGoesOn) {
  RunIdentity stored = Identity(SmallDataset());
  stored.sales_schema = SchemaId(1);
  stored.totals_schema = SchemaId(2);
  stored.started_at = "2024-01-01T00:00:00Z";
  const Result<RunIdentity> merged = Reconcile(stored, Identity(SmallDataset()));
  ASSERT_TRUE(merged.has_value());
  EXPECT_EQ(InWords(*merged), InWords(stored));
}

TEST(ReconcileTest, AnotherBeginIsRefusedWithWhatTheLogCanDo) {
  RunIdentity stored = Identity(SmallDataset());
  RunIdentity current = Identity(SmallDataset(), {}, Day(4));
  EXPECT_EQ(Reconcile(stored, current).error().message,
            std::string("run: began with --from d_1, found d_4") + kRemedy);
  stored.codec = current.codec = "";
  const auto on_kafka = Reconcile(stored, current);
  EXPECT_EQ(on_kafka.error().code, ErrorCode::kRefused);
  EXPECT_EQ(on_kafka.error().message,
            "run: began with --from d_1, found d_4; leave it out and let tillstream position set "
            "move the run, or use another --topic");
}

RunIdentity Rebased(const std::string& to) {
  RunIdentity identity = Identity(SmallDataset());
  identity.rebase = RebaseTo(ParseDate(to).value(), EventDateOf(identity, Day(10)));
  return identity;
}

TEST(ReconcileTest, AnotherShiftIsRefusedWithBoth) {
  const RunIdentity plain = Identity(SmallDataset());
  const RunIdentity moved = Rebased("2024-03-05");
  struct Case {
    const RunIdentity& stored;
    const RunIdentity& current;
    std::string message;
  };
  for (const auto& [stored, current, message] :
       {Case{plain, moved,
             "run: began without --rebase-to, found 2024-03-05 (682 weeks later); leave it out, or "
             "use another --log or --topic"},
        Case{moved, plain,
             "run: began with --rebase-to 2024-03-05 (682 weeks later), found none; --rebase-to "
             "today keeps the run's dates, or use another --log or --topic"},
        Case{
            moved, Rebased("2024-03-12"),
            "run: began with --rebase-to 2024-03-05 (682 weeks later), found 2024-03-12 (683 weeks "
            "later); --rebase-to today keeps the run's dates, or use another --log or --topic"}}) {
    const auto merged = Reconcile(stored, current);
    ASSERT_FALSE(merged) << message;
    EXPECT_EQ(merged.error().code, ErrorCode::kRefused);
    EXPECT_EQ(merged.error().message, message);
  }
}

TEST(ReconcileTest, TheSameShiftByAnotherDateGoesOnWithTheFirstDate) {
  const auto merged = Reconcile(Rebased("2024-03-05"), Rebased("2024-03-06"));
  ASSERT_TRUE(merged) << merged.error().message;
  EXPECT_EQ(FormatDate(merged->rebase->to), "2024-03-05");
}

TEST(RunIdentityTest, EventsHaveTheMovedDateAndStreamsSayTheShift) {
  const RunIdentity plain = Identity(SmallDataset());
  const RunIdentity moved = Rebased("2024-03-05");
  EXPECT_EQ(FormatDate(EventDateOf(plain, Day(10))), "2011-02-07");
  EXPECT_EQ(FormatDate(EventDateOf(moved, Day(10))), "2024-03-04");
  EXPECT_EQ(StreamIdentity(moved, "CA_1"), StreamIdentity(plain, "CA_1") + " moved by 682 weeks");
}

TEST(ReconcileTest, DataWithMoreDaysGoesOnAndIsRemembered) {
  SmallDataset validation;
  validation.evaluation = false;
  SmallDataset evaluation;
  evaluation.days = 13;
  const Result<RunIdentity> merged = Reconcile(Identity(validation), Identity(evaluation));
  ASSERT_TRUE(merged.has_value()) << merged.error().message;
  EXPECT_EQ(merged->stores.at("CA_1").day_hashes.size(), 13U);
}

TEST(ReconcileTest, ACommandOverOneStoreKeepsWhatIsKnownOfTheOthers) {
  const RunIdentity stored = Identity(SmallDataset());
  const Result<RunIdentity> merged = Reconcile(stored, Identity(SmallDataset(), {"TX_1"}));
  ASSERT_TRUE(merged.has_value());
  EXPECT_EQ(InWords(*merged), InWords(stored));
  const Result<RunIdentity> other_way = Reconcile(Identity(SmallDataset(), {"TX_1"}), stored);
  ASSERT_TRUE(other_way.has_value());
  EXPECT_EQ(InWords(*other_way), InWords(stored));
}

TEST(ReconcileTest, ANewStoreTakesTheNextFreePartitionAndTheOthersKeepTheirs) {
  SmallDataset grown;
  grown.stores = {"AA_1", "CA_1", "CB_1", "TX_1"};
  const RunIdentity stored = Identity(SmallDataset());
  SmallDataset same = grown;
  // What the old stores sell must not change with the new ones beside them.
  for (const char* store : {"CA_1", "TX_1"}) {
    for (size_t item = 0; item < same.items.size(); ++item) {
      for (int32_t day = 1; day <= same.days; ++day) {
        same.cells[{store, same.items[item], day}] =
            SmallDataset::DefaultUnits(store[0] == 'C' ? 0 : 1, item, day);
      }
    }
  }
  const Result<RunIdentity> merged = Reconcile(stored, Identity(same));
  ASSERT_TRUE(merged.has_value()) << merged.error().message;
  EXPECT_EQ(merged->stores.at("CA_1").partition, PartitionId(0));
  EXPECT_EQ(merged->stores.at("TX_1").partition, PartitionId(1));
  EXPECT_EQ(merged->stores.at("AA_1").partition, PartitionId(2));
  EXPECT_EQ(merged->stores.at("CB_1").partition, PartitionId(3));
}

TEST(ReconcileTest, StoredPartitionsWin) {
  RunIdentity stored = Identity(SmallDataset());
  stored.stores.at("CA_1").partition = PartitionId(5);
  const Result<RunIdentity> merged = Reconcile(stored, Identity(SmallDataset()));
  ASSERT_TRUE(merged.has_value());
  EXPECT_EQ(merged->stores.at("CA_1").partition, PartitionId(5));
  EXPECT_EQ(merged->stores.at("TX_1").partition, PartitionId(1));
}

void ExpectRefused(const RunIdentity& stored, const RunIdentity& current,
                   const std::string& difference) {
  const Result<RunIdentity> merged = Reconcile(stored, current);
  ASSERT_FALSE(merged.has_value()) << difference;
  EXPECT_EQ(merged.error().code, ErrorCode::kRefused);
  EXPECT_EQ(merged.error().message, "run: " + difference + kRemedy);
}

TEST(ReconcileTest, AnotherOptionIsRefusedByName) {
  RunIdentity stored = Identity(SmallDataset());
  stored.sales_schema = SchemaId(1);
  stored.totals_schema = SchemaId(2);
  const auto refused = [&](const std::function<void(RunIdentity*)>& change,
                           const std::string& difference) {
    RunIdentity current = stored;
    change(&current);
    ExpectRefused(stored, current, difference);
  };
  refused([](RunIdentity* r) { r->from = Day(3); }, "began with --from d_1, found d_3");
  refused([](RunIdentity* r) { r->first_date += std::chrono::days(1); },
          "began with a calendar whose d_1 is 2011-01-29, found 2011-01-30");
  refused([](RunIdentity* r) { r->plan = "topic"; }, "began with --plan store, found topic");
  refused([](RunIdentity* r) { r->codec = "none"; }, "began with --codec zstd, found none");
  refused([](RunIdentity* r) { r->segment_bytes_max = 4096; },
          "began with --segment-bytes 1073741824, found 4096");
  refused([](RunIdentity* r) { r->sales_schema = SchemaId(3); }, "began with schema id 1, found 3");
  refused([](RunIdentity* r) { r->totals_schema = SchemaId(4); },
          "began with schema id of totals 2, found 4");
}

TEST(ReconcileTest, AnotherCellIsRefusedWithStoreAndDay) {
  SmallDataset changed;
  changed.cells[{"TX_1", "FOODS_1_002", 4}] = 999;
  ExpectRefused(Identity(SmallDataset()), Identity(changed),
                "store TX_1: d_4 (2011-02-01) differs from the data that the run began with");
}

TEST(ReconcileTest, AnotherPriceIsRefusedWithItsFirstDay) {
  SmallDataset changed;
  changed.prices[{"CA_1", "FOODS_1_002", 11102}] = 12'345;
  ExpectRefused(Identity(SmallDataset()), Identity(changed),
                "store CA_1: d_8 (2011-02-05) differs from the data that the run began with");
}

TEST(ReconcileTest, OtherSeriesAreRefused) {
  SmallDataset more;
  more.items.push_back("HOBBIES_1_002");
  ExpectRefused(Identity(SmallDataset()), Identity(more),
                "store CA_1: other series or another order (4 series, began with 3)");
  SmallDataset reordered;
  std::swap(reordered.items[0], reordered.items[1]);
  ExpectRefused(Identity(SmallDataset()), Identity(reordered),
                "store CA_1: other series or another order (3 series, began with 3)");
}

TEST(ReconcileTest, FewerDaysAreRefused) {
  SmallDataset fewer;
  fewer.days = 7;
  ExpectRefused(Identity(SmallDataset()), Identity(fewer),
                "store CA_1: the data ends at d_7, began with data to d_10");
}

TEST(ReconcileTest, AStoreThatIsGoneIsRefused) {
  SmallDataset fewer;
  fewer.stores = {"CA_1"};
  ExpectRefused(Identity(SmallDataset()), Identity(fewer),
                "store TX_1 is not in the data any more");
}

StoreIdentity StoreOf(int32_t partition, size_t day_count) {
  StoreIdentity store;
  store.partition = PartitionId(partition);
  store.number = partition;
  store.series_hash = 1;
  store.day_hashes.resize(day_count);
  return store;
}

TEST(WithStoresOfTest, StoredPlacesStayAndNewStoresTakeTheNextOnes) {
  RunIdentity stored;
  stored.stores = {{"CA_2", StoreOf(0, 10)}, {"TX_1", StoreOf(1, 10)}};
  RunIdentity data;
  data.stores = {{"CA_1", StoreOf(0, 12)}, {"CA_2", StoreOf(1, 12)}, {"WI_1", StoreOf(2, 12)}};
  const RunIdentity merged = WithStoresOf(stored, data);
  ASSERT_EQ(merged.stores.size(), 4U);
  EXPECT_EQ(merged.stores.at("CA_1").partition, PartitionId(2));
  EXPECT_EQ(merged.stores.at("CA_1").number, 2);
  EXPECT_EQ(merged.stores.at("CA_2").partition, PartitionId(0));
  EXPECT_EQ(merged.stores.at("CA_2").day_hashes.size(), 12U)
      << "the data has more days than the run began with";
  EXPECT_EQ(merged.stores.at("TX_1").day_hashes.size(), 10U)
      << "the data does not have it any more";
  EXPECT_EQ(merged.stores.at("WI_1").partition, PartitionId(3));
}

TEST(WithStoresOfTest, UnderPlanSizeANewStoreGetsAPartitionOfItsOwn) {
  RunIdentity stored;
  stored.plan = "size";
  stored.classes = {{"small", {PartitionId(0)}}, {"large", {PartitionId(1), PartitionId(2)}}};
  stored.stores = {{"CA_1", StoreOf(0, 10)}, {"CA_2", StoreOf(0, 10)}, {"TX_1", StoreOf(2, 10)}};
  stored.stores.at("CA_2").number = 1;
  RunIdentity data = stored;
  data.classes.clear();
  data.stores["WI_1"] = StoreOf(3, 10);
  const RunIdentity merged = WithStoresOf(stored, data);
  EXPECT_EQ(merged.stores.at("WI_1").partition, PartitionId(3)) << "partition 1 is a class's";
  EXPECT_EQ(merged.stores.at("WI_1").number, 3);
  ASSERT_EQ(merged.classes.size(), 3U);
  EXPECT_EQ(merged.classes[2], (SizeClass{"added", {PartitionId(3)}}));
}

}  // namespace
}  // namespace tillstream
