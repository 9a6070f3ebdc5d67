// Every fault with its exact message. What must not follow from a fault is checked with it: each
// list of faults is complete.

#include "dataset/line_reader.h"
#include "testing/dataset_fixture.h"

namespace tillstream {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class FaultsTest : public DatasetFixture {
 protected:
  /// Faults after the cell d_3 of line 3 of the sales file was made `cell`.
  std::vector<std::string> FaultsWithCell(const std::string& cell) {
    SmallDataset small;
    small.cells[{"CA_1", "FOODS_1_002", 3}] = 4711;
    Reset(small);
    Change(kSales, ",4711,", "," + cell + ",");
    return Faults();
  }
  std::vector<std::string> FaultsWithPrice(const std::string& price) {
    SmallDataset small;
    small.prices[{"CA_1", "FOODS_1_002", 11102}] = 4711;
    Reset(small);
    Change(kPrices, ",47.11\n", "," + price + "\n");
    return Faults();
  }
};

TEST_F(FaultsTest, SnapCellThatIsNeither0Nor1) {
  for (int64_t line = 1; line <= 15; ++line) {
    const char* const cell = line == 1       ? ",snap_CA"
                             : line == 4     ? ",yes"
                             : line % 2 == 0 ? ",1"
                                             : ",";
    SetLine(kCalendar, line, LineAt(kCalendar, line) + cell);
  }
  EXPECT_THAT(Faults(),
              ElementsAre("calendar.csv:4: column snap_CA: expected 0 or 1, found \"yes\""));
}

TEST_F(FaultsTest, CellThatIsNoWholeNumber) {
  for (const char* cell : {"", "NA", "-1", "1.5", "1e3", "+1", " 1", "1 ", "0x1", "-"}) {
    EXPECT_THAT(FaultsWithCell(cell),
                ElementsAre(fmt::format("sales_train_evaluation.csv:3: column d_3: expected a "
                                        "whole number of units, found \"{}\"",
                                        cell)));
  }
}

TEST_F(FaultsTest, CellOverTheLimit) {
  for (const char* cell : {"2147483648", "99999999999", "99999999999999999999999999"}) {
    EXPECT_THAT(FaultsWithCell(cell),
                ElementsAre(fmt::format("sales_train_evaluation.csv:3: column d_3: expected at "
                                        "most 2,147,483,647 units, found \"{}\"",
                                        cell)));
  }
  EXPECT_THAT(FaultsWithCell("2147483647"), IsEmpty());
  EXPECT_THAT(FaultsWithCell("0002"), IsEmpty());
}

TEST_F(FaultsTest, RowWithTooManyOrTooFewCells) {
  SetLine(kSales, 4, LineAt(kSales, 4) + ",0");
  SetLine(kSales, 6, "a,b");
  SetLine(kCalendar, 5, "2011-02-01,11101,d_4,");
  SetLine(kPrices, 2, "CA_1");
  EXPECT_THAT(Faults(),
              ElementsAre("calendar.csv:5: expected 3 cells as in the header, found 4",
                          "sales_train_evaluation.csv:4: expected 16 cells as in the header, "
                          "found 17",
                          "sales_train_evaluation.csv:6: expected 16 cells as in the header, "
                          "found 2",
                          "sell_prices.csv:2: expected 4 cells as in the header, found 1"));
}

TEST_F(FaultsTest, QuotesThatDoNotMatch) {
  Change(kSales, "FOODS_1_001_CA_1_evaluation,FOODS_1_001,",
         "FOODS_1_001_CA_1_evaluation,\"FOODS_1_001,");
  Change(kSales, "FOODS_1_002_CA_1_evaluation,FOODS_1_002,",
         "FOODS_1_002_CA_1_evaluation,\"FOODS\"_1_002,");
  Change(kSales, "HOBBIES_1_001_TX_1_evaluation,HOBBIES_1_001,",
         "HOBBIES_1_001_TX_1_evaluation,HOBBIES\"_1_001,");
  EXPECT_THAT(
      Faults(),
      ElementsAre("sales_train_evaluation.csv:2: column item_id: expected a closing quote on the "
                  "same line, found none",
                  "sales_train_evaluation.csv:3: column item_id: expected a comma after the "
                  "closing quote, found \"_1_002,FOO...\"",
                  "sales_train_evaluation.csv:7: column item_id: expected quotes around the whole "
                  "cell or none, found \"HOBBIES\"_1_001\""));
}

TEST_F(FaultsTest, EmptyLineBetweenRows) {
  InsertLine(kSales, 4, "");
  InsertLine(kCalendar, 3, "\r");
  InsertLine(kPrices, 2, "");
  EXPECT_THAT(Faults(),
              ElementsAre("calendar.csv:3: expected a row, found an empty line",
                          "sales_train_evaluation.csv:4: expected a row, found an empty line",
                          "sell_prices.csv:2: expected a row, found an empty line"));
}

TEST_F(FaultsTest, NulBytes) {
  Change(kSales, "FOODS_1_001_TX_1_evaluation", std::string("FOODS_1_\0", 9));
  Change(kCalendar, "2011-02-03", std::string("2011\0", 5));
  EXPECT_THAT(Faults(),
              ElementsAre("calendar.csv:7: expected text, found a NUL byte",
                          "sales_train_evaluation.csv:5: expected text, found a NUL byte"));
}

TEST_F(FaultsTest, Utf16WithAndWithoutMark) {
  const std::string text = files_.contents[kCalendar];
  for (const bool big_endian : {false, true}) {
    std::string wide;
    for (const char c : text) {
      wide += big_endian ? std::string({'\0', c}) : std::string({c, '\0'});
    }
    const std::string mark = big_endian ? "\xFE\xFF" : "\xFF\xFE";
    for (const std::string& content : {mark + wide, wide}) {
      files_.contents[kCalendar] = content;
      EXPECT_THAT(Faults(), ElementsAre("calendar.csv:1: expected text in UTF-8, found UTF-16"));
    }
  }
}

TEST_F(FaultsTest, CompressedFilesUnderWrongNames) {
  files_.contents[kCalendar] = "\x1F\x8B\x08 and so on";
  files_.contents[kPrices] = "PK\x03\x04 and so on";
  files_.contents["sales_train_evaluation.csv.gz"] = files_.contents[kSales];
  files_.contents.erase(kSales);
  EXPECT_THAT(Faults(),
              ElementsAre("calendar.csv:1: expected text, found gzip data; name the file "
                          "calendar.csv.gz",
                          "sales_train_evaluation.csv.gz:1: gzip: expected a gzip member, found "
                          "other bytes after 0 bytes of text",
                          "sell_prices.csv:1: expected text, found a zip archive; unpack it"));
}

TEST_F(FaultsTest, LineThatIsTooLong) {
  SetLine(kSales, 4, std::string(kLineBytesMax + 1, 'x'));
  EXPECT_THAT(Faults(), ElementsAre("sales_train_evaluation.csv:4: expected a line of at most "
                                    "1,048,576 bytes, found a longer one"));
}

TEST_F(FaultsTest, EmptyFileHeaderAloneAndEmptyLinesAlone) {
  files_.contents[kCalendar] = "";
  files_.contents[kSales] = LineAt(kSales, 1);
  files_.contents[kPrices] = "\n\n";
  EXPECT_THAT(Faults(),
              ElementsAre("calendar.csv: expected a header line, found an empty file",
                          "sales_train_evaluation.csv: expected rows after the header, found none",
                          "sell_prices.csv: expected a header line, found only empty lines"));
  files_.contents[kCalendar] = "d,date,wm_yr_wk\n";
  files_.contents[kSales] = "\xEF\xBB\xBF";
  files_.contents[kPrices] = "store_id,item_id,wm_yr_wk,sell_price";
  EXPECT_THAT(Faults(),
              ElementsAre("calendar.csv: expected rows after the header, found none",
                          "sales_train_evaluation.csv: expected a header line, found an empty "
                          "file",
                          "sell_prices.csv: expected rows after the header, found none"));
}

TEST_F(FaultsTest, MissingFiles) {
  files_.contents.clear();
  EXPECT_THAT(
      Faults(),
      ElementsAre("calendar.csv: expected this file or calendar.csv.gz, found neither",
                  "sell_prices.csv: expected this file or sell_prices.csv.gz, found neither",
                  "sales_train_evaluation.csv: expected this file or sales_train_validation.csv, "
                  "plain or .gz, found none"));
}

TEST_F(FaultsTest, FoldersInPlaceOfFiles) {
  files_.contents.erase(kCalendar);
  files_.contents.erase(kSales);
  files_.folders[kCalendar] = true;
  files_.folders["sales_train_validation.csv.gz"] = true;
  EXPECT_THAT(Faults(),
              ElementsAre("calendar.csv: expected a file, found a folder",
                          "sales_train_validation.csv.gz: expected a file, found a folder"));
}

TEST_F(FaultsTest, SameFileInBothEncodings) {
  for (const char* file : {kSales, kCalendar, kPrices}) {
    files_.contents[std::string(file) + ".gz"] = "";
  }
  EXPECT_THAT(Faults(),
              ElementsAre("calendar.csv: expected either calendar.csv or calendar.csv.gz, found "
                          "both",
                          "sell_prices.csv: expected either sell_prices.csv or "
                          "sell_prices.csv.gz, found both",
                          "sales_train_evaluation.csv: expected either "
                          "sales_train_evaluation.csv or sales_train_evaluation.csv.gz, found "
                          "both"));
}

TEST_F(FaultsTest, FileThatChangesWhileItIsRead) {
  files_.after_read = [this](const std::string& name) {
    if (name == kCalendar) files_.times[name] = 5;
    if (name == kPrices) files_.inodes[name] = 7;
  };
  EXPECT_THAT(Faults(), ElementsAre("calendar.csv: expected a file that stays as it is while it is "
                                    "read, found that it was written to",
                                    "sell_prices.csv: expected a file that stays as it is while it "
                                    "is read, found that another file took its place"));
  const std::string row = "GROWN_CA_1,GROWN,G_1,G,CA_1,CA,0,0,0,0,0,0,0,0,0,0\n";
  const size_t size = files_.contents[kSales].size();
  files_.after_read = [&](const std::string& name) {
    if (name == kSales && files_.contents[kSales].size() == size) files_.contents[kSales] += row;
  };
  EXPECT_THAT(Faults(),
              ElementsAre(fmt::format("sales_train_evaluation.csv: expected a file that stays as "
                                      "it is while it is read, found that its size changed from "
                                      "{} to {} bytes",
                                      size, size + row.size())));
}

TEST_F(FaultsTest, MissingAndDuplicateColumns) {
  Change(kCalendar, "date,", "Date,");
  Change(kPrices, "item_id,", "store_id,");
  Change(kSales, ",dept_id,", ",dep_id,");
  EXPECT_THAT(Faults(),
              ElementsAre("calendar.csv:1: column date: expected a column of this name, found "
                          "none; did you mean \"Date\"",
                          "sales_train_evaluation.csv:1: column dept_id: expected a column of this "
                          "name, found none; did you mean \"dep_id\"",
                          "sell_prices.csv:1: column store_id: expected this column once, found "
                          "it as number 1 and number 2",
                          "sell_prices.csv:1: column item_id: expected a column of this name, "
                          "found none"));
}

TEST_F(FaultsTest, MissingAndDuplicateDayColumns) {
  Change(kSales, ",d_3,", ",x,");
  Change(kSales, ",d_6,", ",y,");
  Change(kSales, ",d_7,", ",d_8,");
  EXPECT_THAT(Faults(), ElementsAre("sales_train_evaluation.csv:1: column d_8: expected this "
                                    "column once, found it as number 13 and number 14",
                                    "sales_train_evaluation.csv:1: column d_3: expected a column "
                                    "of this name before d_4, found none",
                                    "sales_train_evaluation.csv:1: column d_6: expected columns "
                                    "d_6 to d_7, found none"));
}

TEST_F(FaultsTest, DayColumnsWithOtherNames) {
  Change(kSales, ",d_3,", ",d_03,");
  EXPECT_THAT(Faults(), ElementsAre("sales_train_evaluation.csv:1: column d_03: expected day "
                                    "columns d_1, d_2, ... up to d_40000, found \"d_03\"",
                                    "sales_train_evaluation.csv:1: column d_3: expected a column "
                                    "of this name before d_4, found none"));
  files_.contents[kSales] = "item_id,dept_id,cat_id,store_id,state_id\na,b,c,d,e\n";
  EXPECT_THAT(Faults(), ElementsAre("sales_train_evaluation.csv:1: column d_1: expected day "
                                    "columns d_1, d_2, ..., found none"));
}

TEST_F(FaultsTest, HeaderWithAnUnclosedQuote) {
  Change(kCalendar, "wm_yr_wk", "\"wm_yr_wk");
  EXPECT_THAT(Faults(), ElementsAre("calendar.csv:1: column 2: expected a closing quote on the "
                                    "same line, found none"));
}

TEST_F(FaultsTest, DuplicateSeries) {
  InsertLine(kSales, 6, LineAt(kSales, 3));
  EXPECT_THAT(Faults(), ElementsAre("sales_train_evaluation.csv:6: expected each series once, "
                                    "found \"FOODS_1_002_CA_1\" again; it is on line 3 too"));
}

TEST_F(FaultsTest, SeriesWithTheSameKeyFromOtherIds) {
  SmallDataset small;
  small.stores = {"1", "1_1"};
  small.items = {"A", "A_1"};
  Reset(small);
  // Rows: A + 1, A_1 + 1, A + 1_1 (again A_1_1), A_1 + 1_1.
  for (int line = 2; line <= 5; ++line) {
    std::string text = LineAt(kSales, line);
    const char* state = line <= 3 ? ",1," : ",1_1,";
    const size_t place = text.find(std::string(state) + "1,");
    ASSERT_NE(place, std::string::npos);
    text.replace(place, std::string(state).size() + 2, std::string(state) + "S,");
    SetLine(kSales, line, text);
  }
  EXPECT_THAT(Faults(), ElementsAre("sales_train_evaluation.csv:4: expected each series once, "
                                    "found \"A_1_1\" again; it is on line 3 too"));
}

TEST_F(FaultsTest, ItemThatChangesDepartmentAndStoreThatChangesState) {
  Change(kSales, "FOODS_1_002_TX_1_evaluation,FOODS_1_002,FOODS_1,FOODS,TX_1,TX",
         "FOODS_1_002_TX_1_evaluation,FOODS_1_002,FOODS_2,FOOD,TX_1,CA");
  EXPECT_THAT(
      Faults(),
      ElementsAre("sales_train_evaluation.csv:6: column state_id: expected \"TX\" as for store "
                  "TX_1 on line 5, found \"CA\"",
                  "sales_train_evaluation.csv:6: column dept_id: expected \"FOODS_1\" as for item "
                  "FOODS_1_002 on line 3, found \"FOODS_2\"",
                  "sales_train_evaluation.csv:6: column cat_id: expected \"FOODS\" as for item "
                  "FOODS_1_002 on line 3, found \"FOOD\""));
}

TEST_F(FaultsTest, StoreIdThatNoTopicNameCanHold) {
  SmallDataset small;
  small.stores = {"CA 1", "TX_1"};
  Reset(small);
  EXPECT_THAT(Faults(), ElementsAre("sales_train_evaluation.csv:2: column store_id: expected a "
                                    "store id of 1 to 100 letters, digits, \".\", \"_\" and "
                                    "\"-\", found \"CA 1\""));
}

TEST_F(FaultsTest, IdsThatAreEmptyTooLongOrNoText) {
  SmallDataset small;
  small.items = {"FOODS_1_001"};
  const std::string row = "FOODS_1_001,FOODS_1,FOODS,TX_1,TX";
  const auto with = [&](const std::string& to) {
    Reset(small);
    Change(kSales, row, to);
    return Faults();
  };
  const std::string where = "sales_train_evaluation.csv:3: column ";
  EXPECT_THAT(with(",FOODS_1,FOODS,TX_1,TX"),
              ElementsAre(where + "item_id: expected an id, found an empty cell"));
  EXPECT_THAT(with("FOODS_1_002,,FOODS,TX_1,TX"),
              ElementsAre(where + "dept_id: expected an id, found an empty cell"));
  EXPECT_THAT(with("FOODS_1_002,FOODS_1,,TX_1,TX"),
              ElementsAre(where + "cat_id: expected an id, found an empty cell"));
  EXPECT_THAT(with("FOODS_1_001,FOODS_1,FOODS,TX_1,"),
              ElementsAre(where + "state_id: expected an id, found an empty cell"));
  EXPECT_THAT(with(std::string(256, 'x') + ",FOODS_1,FOODS,TX_1,TX"),
              ElementsAre(where + "item_id: expected an id of at most 255 bytes, found 256 bytes"));
  EXPECT_THAT(with("A\xFF,FOODS_1,FOODS,TX_1,TX"),
              ElementsAre(where + "item_id: expected printable text in UTF-8, found \"A\\xFF\""));
  EXPECT_THAT(with("A\rB,FOODS_1,FOODS,TX_1,TX"),
              ElementsAre(where + "item_id: expected printable text in UTF-8, found \"A\\x0DB\""));
}

TEST_F(FaultsTest, CalendarWithAGap) {
  Change(kCalendar, LineAt(kCalendar, 6) + "\n", "");
  EXPECT_THAT(Faults(), ElementsAre("calendar.csv:6: column d: expected \"d_5\", found \"d_6\""));
  Reset(SmallDataset());
  Change(kCalendar, "2011-02-02,", "2011-02-03,");
  EXPECT_THAT(Faults(), ElementsAre("calendar.csv:6: column date: expected 2011-02-02, the next "
                                    "date, found 2011-02-03"));
  Reset(SmallDataset());
  InsertLine(kCalendar, 6, LineAt(kCalendar, 6));
  EXPECT_THAT(Faults(), ElementsAre("calendar.csv:7: column d: expected \"d_6\", found \"d_5\""));
}

TEST_F(FaultsTest, CalendarThatDoesNotBeginWithDayOne) {
  Change(kCalendar, LineAt(kCalendar, 2) + "\n", "");
  EXPECT_THAT(Faults(), ElementsAre("calendar.csv:2: column d: expected \"d_1\", found \"d_2\""));
}

TEST_F(FaultsTest, CalendarCellsThatAreWrong) {
  SetLine(kCalendar, 4, "31/01/2011,11101,d_3");
  SetLine(kCalendar, 6, "2011-02-02,week 1,d_5");
  SetLine(kCalendar, 8, "2011-02-04,11101,7");
  EXPECT_THAT(Faults(), ElementsAre("calendar.csv:4: column date: expected a date like "
                                    "2011-01-29, found \"31/01/2011\"",
                                    "calendar.csv:6: column wm_yr_wk: expected a week as a whole "
                                    "number, found \"week 1\"",
                                    "calendar.csv:8: column d: expected \"d_7\", found \"7\""));
}

TEST_F(FaultsTest, CalendarShorterThanTheSales) {
  std::string& content = files_.contents[kCalendar];
  content.resize(LineBegin(content, 8));  // Leaves d_1 to d_6, the first week.
  EXPECT_THAT(Faults(), ElementsAre("calendar.csv: expected at least 10 days as in "
                                    "sales_train_evaluation.csv, found 6"));
}

TEST_F(FaultsTest, PriceThatIsWrong) {
  const std::string where = "sell_prices.csv:5: column sell_price: expected ";
  for (const char* price : {"", "abc", "1e3", "1.5.1", "NA", " 1", "+1", ".", "-"}) {
    EXPECT_THAT(FaultsWithPrice(price),
                ElementsAre(where + fmt::format("a price like 9.58, found \"{}\"", price)));
  }
  EXPECT_THAT(FaultsWithPrice("-0.01"), ElementsAre(where + "a price of 0 or more, found "
                                                            "\"-0.01\""));
  EXPECT_THAT(FaultsWithPrice("1.234"),
              ElementsAre(where + "a price with at most two decimals, found \"1.234\""));
  EXPECT_THAT(FaultsWithPrice("99999999.99"),
              ElementsAre(where + "a price of at most 21474835.47, found \"99999999.99\""));
  for (const char* price : {"0", "1", ".5", "1.", "21474835.47", "007.10"}) {
    EXPECT_THAT(FaultsWithPrice(price), IsEmpty()) << price;
  }
}

TEST_F(FaultsTest, PriceRowsThatAreThereTwice) {
  InsertLine(kPrices, 4, "CA_1,FOODS_1_001,11101,5.00");
  InsertLine(kPrices, 13, "CA_1,FOODS_1_001,11102,5.00");
  EXPECT_THAT(Faults(),
              ElementsAre("sell_prices.csv:4: column wm_yr_wk: expected one price for item "
                          "FOODS_1_001 in store CA_1 in week 11101, found a second; the first is "
                          "on line 2",
                          "sell_prices.csv:13: column wm_yr_wk: expected one price for item "
                          "FOODS_1_001 in store CA_1 in week 11102, found a second"));
}

TEST_F(FaultsTest, UnknownStoreOrWeekOfAPriceIsReportedOnce) {
  InsertLine(kPrices, 2, "CA_2,FOODS_1_001,11101,1.00");
  InsertLine(kPrices, 3, "CA_2,FOODS_1_002,11101,1.00");
  InsertLine(kPrices, 9, "TX_1,FOODS_1_001,11103,1.00");
  InsertLine(kPrices, 10, "TX_1,FOODS_1_002,11103,1.00");
  InsertLine(kPrices, 11, "TX_1,FOODS_1_002,x,1.00");
  EXPECT_THAT(Faults(), ElementsAre("sell_prices.csv:2: column store_id: expected a store of "
                                    "sales_train_evaluation.csv, found \"CA_2\"; did you mean CA_1",
                                    "sell_prices.csv:9: column wm_yr_wk: expected a week of "
                                    "calendar.csv, found \"11103\"",
                                    "sell_prices.csv:11: column wm_yr_wk: expected a week as a "
                                    "whole number, found \"x\""));
}

TEST_F(FaultsTest, PriceWithoutAnItem) {
  InsertLine(kPrices, 2, "CA_1,,11101,1.00");
  EXPECT_THAT(Faults(), ElementsAre("sell_prices.csv:2: column item_id: expected an id, found an "
                                    "empty cell"));
}

TEST_F(FaultsTest, FaultyCalendarAndSalesMakeNoFurtherFaultsOfPrices) {
  SetLine(kCalendar, 1, "nothing");
  SetLine(kSales, 1, "nothing");
  EXPECT_EQ(Faults().size(), 3U + 6U);  // The columns that are missing.
}

TEST_F(FaultsTest, FaultsBeyondTheLimitAreCounted) {
  for (int line = 2; line <= 7; ++line) {
    std::string text = LineAt(kSales, line);
    SetLine(kSales, line, text.substr(0, text.rfind(',')) + ",NA");
  }
  FaultList faults(2);
  const Result<Dataset> dataset = LoadDataset(files_, "data", {}, &faults);
  EXPECT_EQ(faults.faults().size(), 2U);
  EXPECT_EQ(faults.count(), 6);
  EXPECT_EQ(dataset.error().message,
            "sales_train_evaluation.csv:2: column d_10: expected a whole number of units, found "
            "\"NA\"; 5 more, tillstream check lists them");
}

}  // namespace
}  // namespace tillstream
