// A right dataset cut at every byte, and with every byte changed, of each of its files: either it
// is refused with a fault of that file, or it is read as a plain reader, written here with no
// regard to speed, reads the same bytes.

#include <map>
#include <optional>

#include "testing/dataset_fixture.h"
#include "testing/stored_gzip.h"

namespace tillstream {
namespace {

using Row = std::map<std::string, std::string>;

/// Reads a CSV text into rows of named cells; nothing when it is not one that may be accepted.
std::optional<std::vector<Row>> ReadCsv(std::string text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
  if (text.find('\0') != std::string::npos) return std::nullopt;
  while (text.ends_with('\n') || text.ends_with("\n\r")) text.pop_back();
  std::vector<std::vector<std::string>> grid;
  bool in_quotes = false;
  bool begins = true;
  grid.emplace_back(1);
  for (size_t i = 0; i <= text.size(); ++i) {
    const char c = i == text.size() ? '\n' : text[i];
    const char next = i + 1 >= text.size() ? '\n' : text[i + 1];
    if (in_quotes) {
      if (c == '\n') return std::nullopt;
      if (c != '"') {
        grid.back().back() += c;
      } else if (next == '"' && i + 1 < text.size()) {
        grid.back().back() += text[++i];
      } else {
        in_quotes = false;
        if (next != ',' && next != '\n' && next != '\r') return std::nullopt;
      }
    } else if (c == '"') {
      if (!begins) return std::nullopt;
      in_quotes = true;
    } else if (c == ',') {
      grid.back().emplace_back();
      begins = true;
      continue;
    } else if (c == '\n') {
      if (grid.back().size() == 1 && grid.back()[0].empty()) return std::nullopt;
      if (i < text.size()) grid.emplace_back(1);
      begins = true;
      continue;
    } else if (!(c == '\r' && next == '\n')) {
      grid.back().back() += c;
    }
    begins = false;
  }
  std::vector<Row> rows;
  for (size_t r = 1; r < grid.size(); ++r) {
    if (grid[r].size() != grid[0].size()) return std::nullopt;
    Row row;
    for (size_t i = 0; i < grid[0].size(); ++i) row[grid[0][i]] = grid[r][i];
    rows.push_back(std::move(row));
  }
  return rows;
}

/// The text that DatasetFixture::Describe() makes of the dataset; nothing when some number is none.
std::optional<std::string> DescribePlainly(const std::string& sales, const std::string& calendar,
                                           const std::string& prices) {
  const auto sales_rows = ReadCsv(sales);
  const auto calendar_rows = ReadCsv(calendar);
  const auto price_rows = ReadCsv(prices);
  if (!sales_rows || !calendar_rows || !price_rows) return std::nullopt;
  const auto is_number = [](const std::string& text) {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
  };
  int32_t days = 0;
  while ((*sales_rows)[0].contains(fmt::format("d_{}", days + 1))) ++days;
  std::map<std::string, std::vector<const Row*>> rows_of_store;
  for (const Row& row : *sales_rows) rows_of_store[row.at("store_id")].push_back(&row);
  std::map<std::tuple<std::string, std::string, int>, int> price_of;
  for (const Row& row : *price_rows) {
    const std::string& price = row.at("sell_price");
    if (!is_number(row.at("wm_yr_wk"))) return std::nullopt;
    price_of[{row.at("store_id"), row.at("item_id"), std::stoi(row.at("wm_yr_wk"))}] =
        static_cast<int>(std::stod(price) * 100 + 0.5);
  }
  std::string text = fmt::format("{} days, {} series\n", days, sales_rows->size());
  for (const auto& [store, rows] : rows_of_store) {
    text += fmt::format("{} {}\n", store, rows[0]->at("state_id"));
    for (const Row* row : rows) {
      text += fmt::format("{} {} {}\n", row->at("item_id"), row->at("dept_id"), row->at("cat_id"));
    }
    for (int32_t day = 1; day <= days; ++day) {
      const Row& calendar_row = calendar_rows->at(static_cast<size_t>(day - 1));
      text += calendar_row.at("date");
      for (const Row* row : rows) {
        const std::string& units = row->at(fmt::format("d_{}", day));
        if (!is_number(units)) return std::nullopt;
        const auto price =
            price_of.find({store, row->at("item_id"), std::stoi(calendar_row.at("wm_yr_wk"))});
        text += fmt::format(" {}@{}", std::stoi(units),
                            price == price_of.end() ? kNoPrice : price->second);
      }
      text += '\n';
    }
  }
  return text;
}

class DamagedDatasetTest : public DatasetFixture {
 protected:
  DamagedDatasetTest() {
    small_.items = {"FOODS_1_001", "HOBBIES_1_001"};
    small_.days = 4;
    small_.calendar_days = 9;
    small_.cells[{"CA_1", "FOODS_1_001", 2}] = 123'456;
    small_.cells[{"TX_1", "HOBBIES_1_001", 4}] = 57;
    Reset(small_);
    plain_ = files_.contents;
  }

  /// Loads `plain_` with one file's content replaced, and checks what comes of it.
  void Check(const std::string& file, const std::string& content) {
    files_.contents = plain_;
    files_.contents[file] = content;
    const Result<Dataset> dataset = Load();
    ASSERT_EQ(dataset.has_value(), faults_.empty());
    if (!dataset) {
      ++refused_;
      for (const Fault& fault : faults_.faults()) {
        // What is missing in one file shows in another at times.
        ASSERT_TRUE(files_.contents.contains(fault.file)) << fault.ToString();
        ASSERT_FALSE(fault.text.empty());
      }
      return;
    }
    ++read_;
    const std::optional<std::string> expected = DescribePlainly(
        files_.contents[kSales], files_.contents[kCalendar], files_.contents[kPrices]);
    ASSERT_TRUE(expected) << content;
    ASSERT_EQ(Describe(*dataset), *expected) << content;
  }

  SmallDataset small_;
  std::map<std::string, std::string> plain_;
  int64_t refused_ = 0;
  int64_t read_ = 0;
};

TEST_F(DamagedDatasetTest, PlainReaderAgreesOnWhatIsNotDamaged) {
  for (const auto& [file, content] : plain_) Check(file, content);
  EXPECT_EQ(read_, 3);
}

TEST_F(DamagedDatasetTest, CutAtEveryByte) {
  for (const auto& [file, content] : plain_) {
    for (size_t size = 0; size < content.size(); ++size) {
      SCOPED_TRACE(fmt::format("{} cut to {} bytes", file, size));
      Check(file, content.substr(0, size));
      if (HasFatalFailure()) return;
    }
  }
  fmt::print("cut datasets: {} refused, {} read as what is left\n", refused_, read_);
  EXPECT_GT(refused_, 100);
  EXPECT_GT(read_, 10);
}

TEST_F(DamagedDatasetTest, EveryByteChanged) {
  for (const auto& [file, content] : plain_) {
    for (size_t place = 0; place < content.size(); ++place) {
      for (const char with :
           {'\0', '\n', '\r', ',', '"', '0', '9', '-', '.', 'x', '\xFF', ' ',
            static_cast<char>(content[place] ^ 1), static_cast<char>(content[place] ^ 0x80)}) {
        SCOPED_TRACE(fmt::format("{} byte {} made {}", file, place, int{with}));
        std::string damaged = content;
        damaged[place] = with;
        Check(file, damaged);
        if (HasFatalFailure()) return;
      }
    }
  }
  fmt::print("changed datasets: {} refused, {} read as what they say\n", refused_, read_);
  EXPECT_GT(refused_, 5000);
  EXPECT_GT(read_, 1000);
}

TEST_F(DamagedDatasetTest, EveryByteTakenOutOrPutIn) {
  for (const auto& [file, content] : plain_) {
    for (size_t place = 0; place < content.size(); ++place) {
      SCOPED_TRACE(fmt::format("{} byte {}", file, place));
      std::string damaged = content;
      damaged.erase(place, 1);
      Check(file, damaged);
      for (const char with : {'\n', ',', '"', '7'}) {
        damaged = content;
        damaged.insert(place, 1, with);
        Check(file, damaged);
      }
      if (HasFatalFailure()) return;
    }
  }
  EXPECT_GT(refused_, 1000);
  EXPECT_GT(read_, 100);
}

TEST_F(DamagedDatasetTest, CompressedFileCutOrChangedAtEveryByteIsRefused) {
  for (const auto& [file, content] : plain_) {
    const std::string gzip = StoredGzip(content);
    for (size_t place = 0; place < gzip.size(); ++place) {
      std::string changed = gzip;
      changed[place] = static_cast<char>(changed[place] ^ 4);
      for (const std::string& damaged : {gzip.substr(0, place), changed}) {
        SCOPED_TRACE(fmt::format("{}.gz byte {}", file, place));
        files_.contents = plain_;
        files_.contents.erase(file);
        files_.contents[file + ".gz"] = damaged;
        const Result<Dataset> dataset = Load();
        // Flags, time and system of the header say nothing of the text.
        const bool is_harmless = damaged.size() == gzip.size() && place >= 4 && place < 10;
        ASSERT_EQ(dataset.has_value(), is_harmless);
        ASSERT_EQ(faults_.empty(), is_harmless);
      }
    }
  }
}

}  // namespace
}  // namespace tillstream
