#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <set>

#include "base/hash.h"
#include "dataset/dataset.h"
#include "testing/temp_dir.h"

namespace tillstream {
namespace {

constexpr const char* kNames[] = {"calendar.csv", "sales_train_evaluation.csv", "sell_prices.csv"};

class SyntheticTest : public testing::Test {
 protected:
  /// The three files, one after the other.
  std::vector<std::string> Write(const SyntheticOptions& options) {
    const Status status = WriteSyntheticDataset(*files_, folder_.path(), options);
    EXPECT_TRUE(status) << status.error().message;
    std::vector<std::string> texts;
    for (const char* name : kNames) {
      texts.push_back(*ReadFile(*files_, folder_ / name, int64_t{1} << 30));
    }
    return texts;
  }
  Dataset Load() {
    FaultList faults;
    Result<Dataset> dataset = LoadDataset(*files_, folder_.path(), {}, &faults);
    EXPECT_TRUE(dataset) << dataset.error().message;
    EXPECT_THAT(dataset->notes, testing::IsEmpty());
    return *std::move(dataset);
  }

  const TempDir folder_;
  const std::unique_ptr<FileSystem> files_ = MakePosixFileSystem();
};

TEST_F(SyntheticTest, DefaultHasTheShapeOfM5) {
  const std::vector<std::string> texts = Write({});
  EXPECT_TRUE(texts[0].starts_with(
      "date,wm_yr_wk,weekday,wday,month,year,d,event_name_1,event_type_1,event_name_2,"
      "event_type_2,snap_CA,snap_TX,snap_WI\n"
      "2011-01-29,11101,Saturday,1,1,2011,d_1,,,,,0,0,0\n"));
  EXPECT_THAT(texts[0],
              testing::HasSubstr("\n2011-02-06,11102,Sunday,2,2,2011,d_9,SuperBowl,Sporting,,,1,"
                                 "1,1\n"));
  EXPECT_THAT(texts[0], testing::HasSubstr(",NBAFinalsEnd,Sporting,Father's day,Cultural,0,0,0\n"));
  EXPECT_TRUE(texts[1].starts_with("id,item_id,dept_id,cat_id,store_id,state_id,d_1,d_2,"));
  EXPECT_THAT(texts[1], testing::HasSubstr("\nHOBBIES_1_001_CA_1_evaluation,HOBBIES_1_001,"
                                           "HOBBIES_1,HOBBIES,CA_1,CA,"));

  const Dataset dataset = Load();
  EXPECT_THAT(dataset.store_ids, testing::ElementsAre("CA_1", "CA_2", "CA_3", "CA_4", "TX_1",
                                                      "TX_2", "TX_3", "WI_1", "WI_2", "WI_3"));
  EXPECT_EQ(dataset.series_count, 3000);
  EXPECT_EQ(dataset.day_count, 400);
  EXPECT_EQ(dataset.calendar->day_count(), 428);
  EXPECT_THAT(dataset.calendar->snap_states(), testing::ElementsAre("CA", "TX", "WI"));
  EXPECT_EQ(dataset.calendar->at(Day(9)).snap, 0b111U);
  EXPECT_EQ(dataset.calendar->at(Day(9)).events[0].name, "SuperBowl");
  EXPECT_EQ(dataset.calendar->at(Day(9)).events[0].type, "Sporting");
  EXPECT_EQ(dataset.calendar->at(Day(9)).events[1].name, "");
  std::set<std::string> departments;
  std::set<std::string> categories;
  int64_t cells = 0;
  int64_t zeros = 0;
  int64_t unpriced = 0;
  int64_t sold_without_price = 0;
  int64_t weekend = 0;
  int64_t units_total = 0;
  DaySlice slice;
  for (const auto& store : dataset.stores) {
    for (const Series& series : store->series()) {
      departments.insert(series.dept_id);
      categories.insert(series.cat_id);
    }
    for (Day day(1); day.value() <= 400; ++day) {
      store->CopyDay(day, &slice);
      for (size_t row = 0; row < slice.units.size(); ++row) {
        ++cells;
        zeros += slice.units[row] == 0 ? 1 : 0;
        unpriced += slice.price_cents[row] == kNoPrice ? 1 : 0;
        sold_without_price += slice.price_cents[row] == kNoPrice ? slice.units[row] : 0;
        units_total += slice.units[row];
        weekend += day.value() % 7 == 1 || day.value() % 7 == 2 ? slice.units[row] : 0;
      }
    }
    // Christmas: closed.
    store->CopyDay(Day(331), &slice);
    EXPECT_EQ(FormatDate(dataset.calendar->at(Day(331)).date), "2011-12-25");
    EXPECT_THAT(slice.units, testing::Each(0));
  }
  EXPECT_EQ(departments.size(), 7U);
  EXPECT_EQ(categories.size(), 3U);
  EXPECT_EQ(sold_without_price, 0);
  const double zero_share = static_cast<double>(zeros) / static_cast<double>(cells);
  EXPECT_GT(zero_share, 0.6);
  EXPECT_LT(zero_share, 0.7);
  const double unpriced_share = static_cast<double>(unpriced) / static_cast<double>(cells);
  EXPECT_GT(unpriced_share, 0.03);
  EXPECT_LT(unpriced_share, 0.3);
  // Two days in seven make a third of the week.
  const double weekend_share = static_cast<double>(weekend) / static_cast<double>(units_total);
  EXPECT_GT(weekend_share, 0.31);
  EXPECT_LT(weekend_share, 0.40);
}

TEST_F(SyntheticTest, SameOptionsGiveTheSameBytesOnEveryMachine) {
  SyntheticOptions options;
  options.stores = 4;
  options.items = 20;
  options.days = 100;
  const std::vector<std::string> texts = Write(options);
  EXPECT_EQ(Write(options), texts);
  // A change of these is a change of every example in the documentation.
  EXPECT_EQ(
      fmt::format("{:016x} {:016x} {:016x}", Hash64(texts[0]), Hash64(texts[1]), Hash64(texts[2])),
      "7e87cd33d314d112 8f17239306e3b0a7 bc2e07390a9b540d");
  options.seed = 2;
  EXPECT_NE(Write(options)[1], texts[1]);
}

TEST_F(SyntheticTest, MoreDaysContinueTheSameSales) {
  SyntheticOptions options;
  options.stores = 2;
  options.items = 10;
  options.days = 60;
  Write(options);
  const Dataset shorter = Load();
  options.days = 95;
  Write(options);
  const Dataset longer = Load();
  for (size_t store = 0; store < 2; ++store) {
    EXPECT_EQ(shorter.stores[store]->SeriesHash(), longer.stores[store]->SeriesHash());
    for (Day day(1); day.value() <= 60; ++day) {
      EXPECT_EQ(shorter.stores[store]->DayHash(day), longer.stores[store]->DayHash(day));
    }
  }
}

TEST_F(SyntheticTest, SmallestDatasetIsOne) {
  SyntheticOptions options;
  options.stores = 1;
  options.items = 1;
  options.days = 1;
  Write(options);
  const Dataset dataset = Load();
  EXPECT_EQ(dataset.series_count, 1);
  EXPECT_EQ(dataset.day_count, 1);
}

TEST_F(SyntheticTest, NumbersOutOfRangeAreRefused) {
  SyntheticOptions options;
  options.days = 0;
  Status status = WriteSyntheticDataset(*files_, folder_.path(), options);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kUsage);
  EXPECT_EQ(status.error().message, "days: expected 1 to 39972, found 0");
  options = {};
  options.stores = 10'001;
  status = WriteSyntheticDataset(*files_, folder_.path(), options);
  EXPECT_EQ(status.error().message, "stores: expected 1 to 10000, found 10001");
  options = {};
  options.items = -1;
  status = WriteSyntheticDataset(*files_, folder_.path(), options);
  EXPECT_EQ(status.error().message, "items: expected 1 to 100000, found -1");
}

}  // namespace
}  // namespace tillstream
