// Generated datasets that are right, though not written as Kaggle writes them: each is read as if
// it were.

#include "testing/pollution.h"

namespace tillstream {
namespace {

using pollution::Files;
using pollution::Grid;
using pollution::Join;
using pollution::Kinds;
using pollution::kPrices;
using pollution::kRight;
using pollution::kSales;

void AddRightKinds(Kinds* kinds) {
  (*kinds)["CRLF, mark, quotes, no last line break"] = [](Files& files) {
    const std::string file = files.AnyFile();
    Grid& grid = files.grids[file];
    const size_t one_in = 1 + files.Below(20);
    for (auto& row : grid) {
      for (auto& cell : row) {
        if (files.Below(one_in) == 0) cell = "\"" + cell + "\"";
      }
    }
    std::string text = Join(grid, files.OneOf<std::string>({"\n", "\r\n"}));
    if (files.Below(2) == 0) text.insert(0, "\xEF\xBB\xBF");
    if (files.Below(2) == 0) {
      text.pop_back();
    } else if (files.Below(2) == 0) {
      text += "\n\r\n";
    }
    files.then = [=](MemoryFiles* memory) { memory->contents[file] = text; };
    return kRight;
  };
  (*kinds)["columns in another order"] = [](Files& files) {
    const std::string file = files.AnyFile();
    Grid& grid = files.grids[file];
    for (size_t swaps = 1 + files.Below(40); swaps > 0; --swaps) {
      const size_t a = files.AnyColumn(file);
      const size_t b = files.AnyColumn(file);
      for (auto& row : grid) std::swap(row[a], row[b]);
    }
    return kRight;
  };
  (*kinds)["another column"] = [](Files& files) {
    const std::string file = files.AnyFile();
    files.InsertColumn(file, files.Below(files.grids[file][0].size() + 1), "remark",
                       files.OneOf<std::string>({"", "x", "\"a,b\"", "\"\"\"\"", "\xFF"}));
    return kRight;
  };
  (*kinds)["gzip of several members"] = [](Files& files) {
    const std::string file = files.AnyFile();
    std::string text = Join(files.grids[file]);
    std::string gzip;
    while (!text.empty()) {
      const size_t size = std::min(text.size(), 1 + files.Below(3000));
      gzip += StoredGzip(text.substr(0, size));
      text.erase(0, size);
    }
    files.then = [=](MemoryFiles* memory) {
      memory->contents.erase(file);
      memory->contents[file + ".gz"] = gzip;
    };
    return kRight;
  };
  (*kinds)["zeros before numbers"] = [](Files& files) {
    for (int i = 0; i < 20; ++i)
      files.Cell(kSales, files.AnyRow(kSales), files.AnyDay()).insert(0, "00");
    for (int i = 0; i < 20; ++i)
      files.Cell(kPrices, files.AnyRow(kPrices), "sell_price").insert(0, "0");
    for (int i = 0; i < 20; ++i)
      files.Cell(kPrices, files.AnyRow(kPrices), "wm_yr_wk").insert(0, "0");
    return kRight;
  };
  (*kinds)["prices in another order"] = [](Files& files) {
    Grid& grid = files.grids[kPrices];
    for (size_t swaps = 1 + files.Below(200); swaps > 0; --swaps) {
      std::swap(grid[files.AnyRow(kPrices)], grid[files.AnyRow(kPrices)]);
    }
    return kRight;
  };
  (*kinds)["prices of items without sales"] = [](Files& files) {
    auto cells = files.grids[kPrices][1];
    cells[files.Column(kPrices, "item_id")] = "NOT_SOLD";
    for (int i = 0; i < 3; ++i) files.Insert(kPrices, files.AnyRow(kPrices), cells);
    return kRight;
  };
  (*kinds)["another table in the folder"] = [](Files& files) {
    files.then = [](MemoryFiles* memory) { memory->contents["sales_test.csv"] = "?"; };
    return kRight;
  };
}

class OddDatasetTest : public pollution::PollutionFixture {};

TEST_F(OddDatasetTest, EveryOddityIsReadAsWhatItMeans) {
  Kinds kinds;
  AddRightKinds(&kinds);
  Counts counts;
  Run(kinds, &counts);
  fmt::print("odd datasets: {} kinds, {} read with the documented meaning (TILLSTREAM_SEED={})\n",
             kinds.size(), counts.read, counts.seed);
  EXPECT_GE(counts.read, 50);
}

}  // namespace
}  // namespace tillstream
