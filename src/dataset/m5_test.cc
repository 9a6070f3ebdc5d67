// The real files, when they are there: TILLSTREAM_M5_DIR, or ../shared/data/m5 beside the source.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "dataset/dataset.h"
#include "testing/temp_dir.h"

namespace tillstream {
namespace {

TEST(M5Test, RealFilesAddUpToTheirCheckSums) {
  const char* const from_environment = std::getenv("TILLSTREAM_M5_DIR");
  const std::string directory = from_environment != nullptr ? std::string(from_environment)
                                                            : TILLSTREAM_SOURCE_DIR
                                    "/../shared/data/m5";
  const std::unique_ptr<FileSystem> files = MakePosixFileSystem();
  if (!files->Info(directory)) {
    GTEST_SKIP() << "the M5 files are not in " << directory << "; TILLSTREAM_M5_DIR names a folder";
  }
  FaultList faults;
  const Result<Dataset> dataset = LoadDataset(*files, directory, {}, &faults);
  ASSERT_TRUE(dataset) << dataset.error().message;
  EXPECT_THAT(dataset->notes, testing::IsEmpty());
  EXPECT_THAT(dataset->store_ids, testing::ElementsAre("CA_1", "CA_2", "CA_3", "CA_4", "TX_1",
                                                       "TX_2", "TX_3", "WI_1", "WI_2", "WI_3"));
  EXPECT_EQ(dataset->series_count, 30'490);
  EXPECT_EQ(FormatDate(dataset->calendar->first_date()), "2011-01-29");
  ASSERT_GE(dataset->day_count, 1913);

  int64_t units = 0;
  int64_t cells = 0;
  int64_t priced_cells = 0;
  int64_t priced_weeks = 0;
  DaySlice slice;
  for (const auto& store : dataset->stores) {
    EXPECT_EQ(store->series().size(), 3049U);
    EXPECT_EQ(store->state_id(), store->store_id().substr(0, 2));
    int32_t last_week = 0;
    for (Day day(1); day.value() <= dataset->day_count; ++day) {
      store->CopyDay(day, &slice);
      const int32_t week = dataset->calendar->at(day).week;
      for (size_t row = 0; row < slice.units.size(); ++row) {
        ++cells;
        if (day.value() <= 1913) units += slice.units[row];
        const bool is_priced = slice.price_cents[row] != kNoPrice;
        priced_cells += is_priced ? 1 : 0;
        priced_weeks += is_priced && week != last_week ? 1 : 0;
      }
      last_week = week;
    }
  }
  EXPECT_EQ(units, 65'695'409);
  if (dataset->day_count == 1941) {
    EXPECT_EQ(cells, 59'181'090);
    EXPECT_EQ(priced_cells, 46'881'677);
    // Every item has a price in each of the four weeks that follow the last day of sales.
    EXPECT_EQ(priced_weeks + 4 * 30'490, 6'841'121);
  }
}

}  // namespace
}  // namespace tillstream
