#include "dataset/dataset.h"

#include <set>

#include "testing/dataset_fixture.h"

namespace tillstream {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class DatasetTest : public DatasetFixture {};

TEST_F(DatasetTest, CellsPricesAndDatesAreThoseOfTheFiles) {
  SmallDataset small;
  small.cells[{"TX_1", "HOBBIES_1_001", 9}] = 65'534;
  small.cells[{"TX_1", "HOBBIES_1_001", 10}] = 65'535;
  small.cells[{"CA_1", "FOODS_1_001", 1}] = 2'147'483'647;
  small.prices[{"CA_1", "FOODS_1_002", 11101}] = std::nullopt;
  Reset(small);
  const Result<Dataset> dataset = Load();
  ASSERT_TRUE(dataset) << dataset.error().message;
  EXPECT_EQ(dataset->sales_file, kSales);
  EXPECT_THAT(dataset->notes, IsEmpty());
  EXPECT_THAT(dataset->store_ids, ElementsAre("CA_1", "TX_1"));
  EXPECT_EQ(dataset->day_count, 10);
  EXPECT_EQ(dataset->series_count, 6);
  EXPECT_EQ(FormatDate(dataset->calendar->first_date()), "2011-01-29");
  EXPECT_EQ(dataset->calendar->day_count(), 14);
  ASSERT_EQ(dataset->stores.size(), 2U);
  for (size_t store = 0; store < 2; ++store) {
    const StoreTable& table = *dataset->stores[store];
    EXPECT_EQ(table.state_id(), small.stores[store].substr(0, 2));
    ASSERT_EQ(table.series().size(), 3U);
    EXPECT_EQ(table.series()[2].item_id, "HOBBIES_1_001");
    EXPECT_EQ(table.series()[2].dept_id, "HOBBIES_1");
    EXPECT_EQ(table.series()[2].cat_id, "HOBBIES");
    DaySlice slice;
    for (Day day(1); day.value() <= 10; ++day) {
      table.CopyDay(day, &slice);
      for (size_t item = 0; item < 3; ++item) {
        EXPECT_EQ(slice.units[item], small.UnitsOf(store, item, day.value()));
        EXPECT_EQ(slice.price_cents[item],
                  small.CentsOf(store, item, SmallDataset::WeekOf(day.value())).value_or(kNoPrice));
      }
    }
  }
}

TEST_F(DatasetTest, ColumnsMayStandInAnyOrder) {
  const std::string plain = Describe(*Load());
  // Every row the other way round: days descend, texts are last.
  for (auto& [name, content] : files_.contents) {
    std::string turned;
    size_t begin = 0;
    while (begin < content.size()) {
      const size_t end = content.find('\n', begin);
      std::string line = content.substr(begin, end - begin);
      std::string row;
      while (!line.empty()) {
        const size_t comma = line.rfind(',');
        row += row.empty() ? "" : ",";
        row += comma == std::string::npos ? line : line.substr(comma + 1);
        line.resize(comma == std::string::npos ? 0 : comma);
      }
      turned += row + "\n";
      begin = end + 1;
    }
    content = turned;
  }
  const Result<Dataset> dataset = Load();
  ASSERT_TRUE(dataset) << dataset.error().message;
  EXPECT_EQ(Describe(*dataset), plain);
  EXPECT_THAT(dataset->notes, IsEmpty());
}

TEST_F(DatasetTest, QuotesCarriageReturnsAndByteOrderMarkChangeNothing) {
  const std::string plain = Describe(*Load());
  for (auto& [name, content] : files_.contents) {
    std::string quoted = "\xEF\xBB\xBF\"";
    for (const char c : content) {
      if (c == '\n') {
        quoted += "\"\r\n\"";
      } else if (c == ',') {
        quoted += "\",\"";
      } else {
        quoted += c;
      }
    }
    content = quoted.substr(0, quoted.rfind("\r\n"));  // No line break at the end either.
  }
  const Result<Dataset> dataset = Load();
  ASSERT_TRUE(dataset) << dataset.error().message;
  EXPECT_EQ(Describe(*dataset), plain);
}

TEST_F(DatasetTest, IdsInQuotesMayHoldCommasAndQuotes) {
  for (const char* file : {kSales, kPrices}) {
    std::string& content = files_.contents[file];
    for (size_t at = 0; (at = content.find(",FOODS_1_002,", at)) != std::string::npos;) {
      content.replace(at, 13, ",\"FOODS, 1 \"\"2\"\"\",");
    }
  }
  const Result<Dataset> dataset = Load();
  ASSERT_TRUE(dataset) << dataset.error().message;
  EXPECT_EQ(dataset->stores[0]->series()[1].item_id, "FOODS, 1 \"2\"");
  DaySlice slice;
  dataset->stores[0]->CopyDay(Day(1), &slice);
  EXPECT_EQ(slice.price_cents[1], 200);
}

TEST_F(DatasetTest, EmptyLinesAtTheEndAreNothing) {
  for (auto& [name, content] : files_.contents) content += "\n\r\n\n";
  EXPECT_THAT(Faults(), IsEmpty());
}

TEST_F(DatasetTest, RowsOfStoresMayAlternate) {
  const std::string plain = Describe(*Load());
  // Rows 2..4 are CA_1, 5..7 TX_1: interleave them.
  std::vector<std::string> lines;
  for (const int line : {1, 5, 2, 6, 3, 7, 4}) lines.push_back(LineAt(kSales, line));
  std::string content;
  for (const std::string& line : lines) content += line + "\n";
  files_.contents[kSales] = content;
  const Result<Dataset> dataset = Load();
  ASSERT_TRUE(dataset) << dataset.error().message;
  EXPECT_EQ(Describe(*dataset), plain);
}

TEST_F(DatasetTest, EvaluationIsReadWhenBothSalesFilesAreThere) {
  files_.contents["sales_train_validation.csv"] = "anything";
  const Result<Dataset> dataset = Load();
  ASSERT_TRUE(dataset);
  EXPECT_EQ(dataset->sales_file, kSales);
  EXPECT_THAT(dataset->notes,
              ElementsAre("sales_train_evaluation.csv: read; sales_train_validation.csv is there "
                          "too and not read"));
}

TEST_F(DatasetTest, ValidationAloneIsRead) {
  SmallDataset small;
  small.evaluation = false;
  Reset(small);
  const Result<Dataset> dataset = Load();
  ASSERT_TRUE(dataset);
  EXPECT_EQ(dataset->sales_file, "sales_train_validation.csv");
}

TEST_F(DatasetTest, ColumnsThatAreNotNeededAreNamedOnce) {
  for (int line = 1; line <= 7; ++line) {
    SetLine(kSales, line, (line == 1 ? "shelf,\"a \"\"b\"\"\"," : "x,y,") + LineAt(kSales, line));
  }
  for (int line = 1; line <= 15; ++line) SetLine(kCalendar, line, LineAt(kCalendar, line) + ",m");
  const Result<Dataset> dataset = Load();
  ASSERT_TRUE(dataset) << dataset.error().message;
  EXPECT_THAT(
      dataset->notes,
      ElementsAre("calendar.csv: column \"m\" is not needed and ignored",
                  "sales_train_evaluation.csv: columns \"shelf\" and \"a \"b\"\" are not needed "
                  "and ignored"));
}

TEST_F(DatasetTest, PricesOfItemsWithoutSalesAreCountedOnce) {
  InsertLine(kPrices, 3, "CA_1,FOODS_9_999,11101,1.00");
  InsertLine(kPrices, 9, "TX_1,FOODS_9_999,11101,1.00");
  const Result<Dataset> dataset = Load();
  ASSERT_TRUE(dataset) << dataset.error().message;
  EXPECT_THAT(dataset->notes,
              ElementsAre("sell_prices.csv: 2 prices of items that have no row for that store in "
                          "sales_train_evaluation.csv are not used, the first on line 3"));
}

TEST_F(DatasetTest, RowsOfOtherStoresNeedNotBeLookedAt) {
  SmallDataset small;
  small.stores = {"CA_1", "CA_2", "TX_1", "WI_1"};
  Reset(small);
  for (const char* store : {"CA_1", "CA_2", "WI_1"}) {
    LoadOptions options;
    options.stores = {store};
    const std::string checked = Describe(*Load(options));
    options.checks_others = false;
    const Result<Dataset> dataset = Load(options);
    ASSERT_TRUE(dataset) << dataset.error().message;
    EXPECT_EQ(Describe(*dataset), checked);
    EXPECT_THAT(dataset->store_ids, ElementsAre("CA_1", "CA_2", "TX_1", "WI_1"));
    EXPECT_THAT(dataset->notes, IsEmpty());
  }
  // A fault in a store's rows is found by those who look at them only.
  Change(kSales, "FOODS_1_001,FOODS_1,FOODS,TX_1,TX,", "FOODS_1_001,FOODS_1,FOODS,TX_1,TX,x");
  Change(kPrices, "TX_1,FOODS_1_001,11101", "TX_1,FOODS_1_001,x");
  LoadOptions options;
  options.stores = {"WI_1"};
  EXPECT_FALSE(Load(options));
  options.checks_others = false;
  EXPECT_TRUE(Load(options));
  options.stores = {"TX_1"};
  EXPECT_FALSE(Load(options));
  EXPECT_EQ(faults_.count(), 2);
}

TEST_F(DatasetTest, OnlyStoresAskedForAreKept) {
  LoadOptions options;
  options.stores = {"TX_1"};
  const Result<Dataset> all = Load();
  const Result<Dataset> dataset = Load(options);
  ASSERT_TRUE(dataset) << dataset.error().message;
  EXPECT_THAT(dataset->store_ids, ElementsAre("CA_1", "TX_1"));
  ASSERT_EQ(dataset->stores.size(), 1U);
  EXPECT_EQ(dataset->series_count, 3);
  EXPECT_EQ(dataset->stores[0]->store_id(), "TX_1");
  EXPECT_EQ(dataset->stores[0]->DayHash(Day(3)), all->stores[1]->DayHash(Day(3)));
  EXPECT_EQ(dataset->stores[0]->SeriesHash(), all->stores[1]->SeriesHash());
}

TEST_F(DatasetTest, RowsOfOtherStoresAreChecked) {
  Change(kSales, "HOBBIES_1_001_CA_1_evaluation,", "HOBBIES_1_001_CA_1_evaluation,,");
  InsertLine(kPrices, 3, LineAt(kPrices, 2));
  LoadOptions options;
  options.stores = {"TX_1"};
  EXPECT_FALSE(Load(options));
  EXPECT_EQ(faults_.count(), 2);
}

TEST_F(DatasetTest, UnknownStoreIsAUsageError) {
  LoadOptions options;
  options.stores = {"CA_1", "CA_9"};
  const Result<Dataset> dataset = Load(options);
  ASSERT_FALSE(dataset);
  EXPECT_EQ(dataset.error().code, ErrorCode::kUsage);
  EXPECT_EQ(dataset.error().message,
            "store \"CA_9\": not among the 2 stores of sales_train_evaluation.csv; did you mean "
            "CA_1");
  EXPECT_TRUE(faults_.empty());
}

TEST_F(DatasetTest, PathThatIsNoFolderIsOneError) {
  FaultList faults;
  Result<Dataset> dataset = LoadDataset(files_, "nowhere", {}, &faults);
  ASSERT_FALSE(dataset);
  EXPECT_EQ(dataset.error().code, ErrorCode::kBadInput);
  EXPECT_EQ(dataset.error().message,
            "nowhere: expected a folder with the files of a dataset, found nothing");
  dataset = LoadDataset(files_, "data/calendar.csv", {}, &faults);
  ASSERT_FALSE(dataset);
  EXPECT_EQ(dataset.error().message,
            "data/calendar.csv: expected a folder with the files of a dataset, found a file");
  EXPECT_TRUE(faults.empty());
}

TEST_F(DatasetTest, ReadErrorIsAnErrorAndNoFault) {
  for (const char* file : {kSales, kCalendar, kPrices}) {
    files_.broken_name = file;
    const Result<Dataset> dataset = Load();
    ASSERT_FALSE(dataset);
    EXPECT_EQ(dataset.error().code, ErrorCode::kIoError);
    EXPECT_EQ(dataset.error().message, fmt::format("data/{}: input/output error", file));
    EXPECT_TRUE(faults_.empty());
  }
}

TEST_F(DatasetTest, ProgressEndsAtTheTotal) {
  files_.contents["sales_train_validation.csv"] = "not counted";
  int64_t size_bytes = 0;
  for (const char* file : {kSales, kCalendar, kPrices}) {
    size_bytes += static_cast<int64_t>(files_.contents[file].size());
  }
  int64_t last = 0;
  LoadOptions options;
  options.progress = [&](int64_t done_bytes, int64_t total_bytes) {
    EXPECT_GT(done_bytes, last);
    EXPECT_EQ(total_bytes, size_bytes);
    last = done_bytes;
  };
  ASSERT_TRUE(Load(options));
  EXPECT_EQ(last, size_bytes);
}

TEST_F(DatasetTest, HashesTellDaysAndSeriesApart) {
  const Result<Dataset> before = Load();
  const auto hashes = [](const Dataset& dataset) {
    std::vector<uint64_t> all = {dataset.stores[0]->SeriesHash()};
    for (Day day(1); day.value() <= 10; ++day) all.push_back(dataset.stores[0]->DayHash(day));
    return all;
  };
  const std::vector<uint64_t> plain = hashes(*before);
  EXPECT_EQ(std::set<uint64_t>(plain.begin(), plain.end()).size(), 11U);

  SmallDataset small;
  small.cells[{"CA_1", "FOODS_1_001", 4}] = 77;
  small.prices[{"CA_1", "FOODS_1_001", 11102}] = 1;
  Reset(small);
  const std::vector<uint64_t> changed = hashes(*Load());
  for (size_t i = 0; i < 11; ++i) EXPECT_EQ(plain[i] != changed[i], i == 4 || i >= 8) << i;

  Reset(SmallDataset());
  for (int line = 1; line <= 14; ++line) {
    const Date date = *ParseDate("2012-01-28") + std::chrono::days(line - 1);
    SetLine(kCalendar, line + 1,
            fmt::format("{},{},d_{}", FormatDate(date), SmallDataset::WeekOf(line), line));
  }
  const std::vector<uint64_t> moved = hashes(*Load());
  EXPECT_EQ(moved[0], plain[0]);
  for (size_t i = 1; i < 11; ++i) EXPECT_NE(moved[i], plain[i]);
}

TEST_F(DatasetTest, LongerDatasetKeepsTheHashesOfItsEarlierDays) {
  const Result<Dataset> shorter = Load();
  SmallDataset small;
  small.days = 13;
  small.calendar_days = 40;
  Reset(small);
  const Result<Dataset> longer = Load();
  for (Day day(1); day.value() <= 10; ++day) {
    EXPECT_EQ(shorter->stores[1]->DayHash(day), longer->stores[1]->DayHash(day));
  }
}

}  // namespace
}  // namespace tillstream
