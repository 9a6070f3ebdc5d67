#include "dataset/sales_layout.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "dataset/tiled_table.h"

namespace tillstream {
namespace {

/// A line as LineReader hands it out, with bytes behind it that must not be taken for its own.
class LineText {
 public:
  explicit LineText(const std::string& text) : bytes_(text + ",,7,7,7,7,7,7,7,7,7,7,7,") {
    line_.begin = bytes_.data();
    line_.end = bytes_.data() + text.size();
    line_.number = 2;
    line_.has_quote = text.find('"') != std::string::npos;
  }
  const Line& line() const { return line_; }

 private:
  std::string bytes_;
  Line line_;
};

std::vector<int64_t> UnitsOf(const SalesRow& row, int32_t days) {
  std::vector<int64_t> units(row.cells, row.cells + days);
  for (const LargeUnits& cell : row.large) {
    EXPECT_EQ(units[static_cast<size_t>(cell.day - 1)], TiledTable::kLargeCell);
    units[static_cast<size_t>(cell.day - 1)] = cell.units;
  }
  return units;
}

class SalesLayoutTest : public testing::Test {
 protected:
  void Compile(const std::vector<std::string>& names) {
    std::vector<std::string> ignored;
    ASSERT_TRUE(layout_.Compile(names, &faults_, &ignored)) << list_.faults()[0].ToString();
    cells_.assign(static_cast<size_t>(layout_.day_count()) + 8, 4711);
    row_.cells = cells_.data();
  }
  void CompileDays(int32_t days) {
    std::vector<std::string> names = {"id", "item_id", "dept_id", "cat_id", "store_id", "state_id"};
    for (int32_t day = 1; day <= days; ++day) names.push_back(fmt::format("d_{}", day));
    Compile(names);
  }

  FaultList list_;
  FileFaults faults_{"sales.csv", &list_};
  SalesLayout layout_;
  std::vector<uint16_t> cells_;
  SalesRow row_;
};

TEST_F(SalesLayoutTest, FastAndCarefulParsingAgreeOnAnyRow) {
  const char* const seed_text = std::getenv("TILLSTREAM_SEED");
  const uint64_t seed = seed_text != nullptr ? std::strtoull(seed_text, nullptr, 10) : 5;
  SCOPED_TRACE(fmt::format("TILLSTREAM_SEED={}", seed));
  std::mt19937_64 random(seed);
  int64_t accepted = 0;
  int64_t refused = 0;
  for (const int32_t days : {1, 3, 4, 5, 8, 31}) {
    SCOPED_TRACE(days);
    CompileDays(days);
    for (int i = 0; i < 20'000; ++i) {
      std::string text = "x_evaluation,x,d,c,s,t";
      for (int32_t day = 1; day <= days; ++day) {
        const uint64_t number = random() >> (random() % 65 == 64 ? 0 : 33 + random() % 31);
        text += ',' + std::to_string(random() % 3 == 0 ? number : random() % 10);
      }
      if (random() % 2 == 0) {
        static constexpr char kBytes[] = "0123456789,,,,-+. e/:;<=>?@NA\x00\x0F\x10\x80\xFF,";
        const size_t place = text.size() - 1 - random() % (2 * static_cast<size_t>(days));
        text[place] = kBytes[random() % (sizeof(kBytes) - 1)];
      }
      SCOPED_TRACE(text);
      SalesRow careful;
      std::vector<uint16_t> careful_cells(static_cast<size_t>(days));
      careful.cells = careful_cells.data();
      LineText fast_text(text);
      LineText careful_text(text);
      const bool is_fast = layout_.ParseFast(fast_text.line(), &row_);
      const bool is_right = layout_.ParseCarefully(careful_text.line(), &faults_, &careful);
      // Without quotes the fast way accepts what the careful way does, zeros in front aside.
      if (is_fast) {
        ASSERT_TRUE(is_right);
      }
      if (is_right) {
        ++accepted;
        ASSERT_TRUE(is_fast);
        ASSERT_EQ(UnitsOf(row_, days), UnitsOf(careful, days));
        for (size_t k = 0; k < kSalesTextCount; ++k) ASSERT_EQ(row_.texts[k], careful.texts[k]);
      } else {
        ++refused;
      }
      // Nothing is written behind the row.
      ASSERT_EQ(cells_[static_cast<size_t>(days)], 4711);
    }
  }
  EXPECT_GT(accepted, 50'000);
  EXPECT_GT(refused, 10'000);
}

TEST_F(SalesLayoutTest, DaysAreFoundByNameInAnyOrder) {
  Compile({"d_3", "state_id", "d_1", "d_2", "other", "store_id", "cat_id", "d_5", "dept_id", "d_4",
           "item_id"});
  const LineText text("33,S,11,22,?,T,C,55,D,4,I");
  ASSERT_TRUE(layout_.ParseFast(text.line(), &row_));
  EXPECT_EQ(UnitsOf(row_, 5), (std::vector<int64_t>{11, 22, 33, 4, 55}));
  EXPECT_EQ(row_.texts[kItemId], "I");
  EXPECT_EQ(row_.texts[kStateId], "S");
}

TEST_F(SalesLayoutTest, ShortRowDoesNotReadOnIntoTheNextLine) {
  CompileDays(12);
  const LineText text("x,x,d,c,s,t,1,2,3");
  EXPECT_FALSE(layout_.ParseFast(text.line(), &row_));
  EXPECT_FALSE(layout_.ParseCarefully(text.line(), &faults_, &row_));
  EXPECT_EQ(list_.faults().back().ToString(),
            "sales.csv:2: expected 18 cells as in the header, found 9");
}

}  // namespace
}  // namespace tillstream
