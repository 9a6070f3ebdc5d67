// Generated datasets with one fault each, of every kind, at random places: each is refused with
// exactly that fault at the right file, line and column.

#include "testing/pollution.h"

namespace tillstream {
namespace {

using pollution::At;
using pollution::Expected;
using pollution::Files;
using pollution::Grid;
using pollution::Join;
using pollution::kCalendar;
using pollution::Kinds;
using pollution::kPrices;
using pollution::kSales;
using pollution::Place;
using pollution::WholeFile;

/// Spoils a cell of column `column` in a row of `file`.
std::function<Expected(Files&)> Spoil(const std::string& file, const std::string& column,
                                      const std::string& cell) {
  return [=](Files& files) {
    const size_t row = files.AnyRow(file);
    const std::string name = column == "d" && file == kSales ? files.AnyDay() : column;
    files.Cell(file, row, name) = cell;
    return At(file, row, name);
  };
}

void AddCellKinds(Kinds* kinds) {
  for (const char* cell : {"", "NA", "-1", "1.5", "1e3", "+1", " 1", "1 ", "2147483648", "0x1",
                           "\xD9\xA1", "1\t", "1\r2", "\"\"", "\"1.0\"", "99999999999999999999"}) {
    (*kinds)[fmt::format("units <{}>", cell)] = Spoil(kSales, "d", cell);
  }
  for (const char* cell : {"-0.01", "NA", "", "1.234", "1.000", "1e2", "+1", " 1", "1..2", "$1",
                           "21474835.48", "99999999999999", "1.2.3", "inf", "nan"}) {
    (*kinds)[fmt::format("price <{}>", cell)] = Spoil(kPrices, "sell_price", cell);
  }
  for (const char* cell : {"", "x", "-11101", "11101.0", "99999", "1", "99999999999"}) {
    (*kinds)[fmt::format("week of a price <{}>", cell)] = Spoil(kPrices, "wm_yr_wk", cell);
  }
  for (const char* cell : {"", "1.5", "-1", "week", "99999999999"}) {
    (*kinds)[fmt::format("week of a day <{}>", cell)] = Spoil(kCalendar, "wm_yr_wk", cell);
  }
  for (const char* cell :
       {"", "2011-02-30", "29.01.2011", "2011-1-29", "2011-01-29 ", "1999-01-01", "2099-12-31"}) {
    (*kinds)[fmt::format("date <{}>", cell)] = [cell](Files& files) {
      const size_t row = 1 + files.AnyRow(kCalendar) % (files.grids[kCalendar].size() - 1);
      // Any date may be the first.
      const size_t not_first = std::max<size_t>(row, 2);
      files.Cell(kCalendar, not_first, "date") = cell;
      return At(kCalendar, not_first, "date");
    };
  }
  for (const char* cell : {"", "d_0", "7", "D_7", "d_7 ", "d_-7", "d_9999999999", "d_31999"}) {
    (*kinds)[fmt::format("day <{}>", cell)] = Spoil(kCalendar, "d", cell);
  }
  (*kinds)["store of a price"] = [](Files& files) {
    const size_t row = files.AnyRow(kPrices);
    files.Cell(kPrices, row, "store_id") = files.OneOf<std::string>({"", "CA_77", "ca_1", "CA_1 "});
    return At(kPrices, row, "store_id");
  };
  (*kinds)["empty item of a price"] = Spoil(kPrices, "item_id", "");
  for (const char* column : {"item_id", "dept_id", "cat_id", "state_id"}) {
    for (const std::string& cell : {std::string(), std::string(256, 'x'), std::string("a\x01"),
                                    std::string("\xC3("), std::string("\xED\xA0\x80")}) {
      // In the first row, since an item's later rows are compared with it.
      (*kinds)[fmt::format("{} <{}>", column, cell.substr(0, 5))] = [=](Files& files) {
        std::vector<std::string> row = files.grids[kSales][1];
        row[files.Column(kSales, "item_id")] = "NEW_ITEM";
        row[files.Column(kSales, "store_id")] = "NEW_STORE";
        row[files.Column(kSales, column)] = cell;
        const size_t place = files.AnyRow(kSales);
        files.Insert(kSales, place, row);
        return At(kSales, place, column);
      };
    }
  }
}

void AddRowKinds(Kinds* kinds) {
  (*kinds)["short row"] = [](Files& files) {
    const std::string file = files.AnyFile();
    const size_t row = files.AnyRow(file);
    auto& cells = files.grids[file][row];
    cells.resize(1 + files.Below(cells.size() - 1));
    if (cells.size() == 1 && cells[0].empty()) cells[0] = "x";
    return At(file, row);
  };
  (*kinds)["long row"] = [](Files& files) {
    const std::string file = files.AnyFile();
    const size_t row = files.AnyRow(file);
    auto& cells = files.grids[file][row];
    const size_t place = files.Below(cells.size() + 1);
    cells.insert(cells.begin() + static_cast<ptrdiff_t>(place), 1 + files.Below(3), "0");
    return At(file, row);
  };
  (*kinds)["unclosed quote"] = [](Files& files) {
    const std::string file = files.AnyFile();
    const size_t row = files.AnyRow(file);
    const size_t column = files.AnyColumn(file);
    files.grids[file][row][column].insert(0, "\"");
    return At(file, row, files.grids[file][0][column]);
  };
  (*kinds)["quote inside a cell"] = [](Files& files) {
    const std::string file = files.AnyFile();
    const size_t row = files.AnyRow(file);
    const size_t column = files.AnyColumn(file);
    files.grids[file][row][column] = files.OneOf<std::string>({"a\"b", "\"a\"b", "a\"", "\"\"\"a"});
    return At(file, row, files.grids[file][0][column]);
  };
  (*kinds)["empty line"] = [](Files& files) {
    const std::string file = files.AnyFile();
    const size_t row = files.AnyRow(file);
    files.Insert(file, row, {""});
    return At(file, row);
  };
  (*kinds)["line too long"] = [](Files& files) {
    const std::string file = files.AnyFile();
    const size_t row = files.AnyRow(file);
    files.grids[file][row][files.AnyColumn(file)] = std::string(1 << 20, '1');
    return At(file, row);
  };
  (*kinds)["series twice"] = [](Files& files) {
    const size_t row = files.AnyRow(kSales);
    const auto cells = files.grids[kSales][row];
    const size_t place = row + 1 + files.Below(files.grids[kSales].size() - row);
    files.Insert(kSales, place, cells);
    return At(kSales, place);
  };
  (*kinds)["series twice by key"] = [](Files& files) {
    std::vector<std::string> cells = files.grids[kSales][1];
    const auto insert = [&](const std::string& item, const std::string& store, size_t place) {
      cells[files.Column(kSales, "item_id")] = item;
      cells[files.Column(kSales, "store_id")] = store;
      files.Insert(kSales, place, cells);
    };
    const size_t first = files.AnyRow(kSales);
    insert("A_1", "1", first);
    const size_t second = first + 1 + files.Below(files.grids[kSales].size() - first);
    insert("A", "1_1", second);
    return At(kSales, second);
  };
  (*kinds)["prices twice"] = [](Files& files) {
    const size_t row = files.AnyRow(kPrices);
    const auto cells = files.grids[kPrices][row];
    const size_t place = row + 1 + files.Below(files.grids[kPrices].size() - row);
    files.Insert(kPrices, place, cells);
    return At(kPrices, place, "wm_yr_wk");
  };
  (*kinds)["store id that no topic can hold"] = [](Files& files) {
    const size_t column = files.Column(kSales, "store_id");
    const std::string store = files.grids[kSales][files.AnyRow(kSales)][column];
    const std::string bad = files.OneOf<std::string>(
        {"", "CA 1", "CA/1", "\xC3\x87", "..", ".", std::string(101, 'x')});
    size_t first = 0;
    for (size_t row = 1; row < files.grids[kSales].size(); ++row) {
      if (files.grids[kSales][row][column] != store) continue;
      if (first == 0) first = row;
      files.grids[kSales][row][column] = bad;
    }
    return At(kSales, first, "store_id");
  };
  for (const auto& columns : {std::pair{"dept_id", "item_id"}, std::pair{"cat_id", "item_id"},
                              std::pair{"state_id", "store_id"}}) {
    (*kinds)[fmt::format("{} that differs", columns.first)] = [columns](Files& files) {
      const auto& [what, whose] = columns;
      // Not where the item or store comes first, since that is what is compared with.
      size_t row = 0;
      bool is_first = true;
      while (is_first) {
        row = files.AnyRow(kSales);
        is_first = true;
        for (size_t before = 1; before < row; ++before) {
          if (files.Cell(kSales, before, whose) == files.Cell(kSales, row, whose)) is_first = false;
        }
      }
      files.Cell(kSales, row, what) += "X";
      return At(kSales, row, what);
    };
  }
  (*kinds)["calendar row missing"] = [](Files& files) {
    Grid& grid = files.grids[kCalendar];
    // The last days may be missing: nothing is sold on them.
    const size_t row = 1 + files.Below(grid.size() - 2);
    grid.erase(grid.begin() + static_cast<ptrdiff_t>(row));
    return At(kCalendar, row, "d");
  };
  (*kinds)["calendar row twice"] = [](Files& files) {
    const size_t row = files.AnyRow(kCalendar);
    files.Insert(kCalendar, row, files.grids[kCalendar][row]);
    return At(kCalendar, row + 1, "d");
  };
  (*kinds)["calendar shorter than the sales"] = [](Files& files) {
    files.grids[kCalendar].resize(1 + 1 + files.Below(static_cast<size_t>(files.day_count()) - 1));
    return WholeFile(kCalendar);
  };
}

void AddHeaderKinds(Kinds* kinds) {
  (*kinds)["day column twice"] = [](Files& files) {
    const std::string day = files.AnyDay();
    files.InsertColumn(kSales, files.Below(files.grids[kSales][0].size() + 1), day, "1");
    return At(kSales, 0, day);
  };
  (*kinds)["day column missing"] = [](Files& files) {
    const std::string day =
        fmt::format("d_{}", 1 + files.Below(static_cast<size_t>(files.day_count()) - 1));
    files.RemoveColumn(kSales, files.Column(kSales, day));
    return At(kSales, 0, day);
  };
  (*kinds)["day column with another name"] = [](Files& files) {
    const std::string name = files.OneOf<std::string>({"d_0", "d_007", "d_99999", "d_00"});
    files.InsertColumn(kSales, files.AnyColumn(kSales), name, "0");
    return At(kSales, 0, name);
  };
  (*kinds)["no day columns"] = [](Files& files) {
    for (auto& row : files.grids[kSales]) row.resize(6);
    return At(kSales, 0, "d_1");
  };
  static const std::map<std::string, std::vector<std::string>> kNeeded = {
      {kSales, {"item_id", "dept_id", "cat_id", "store_id", "state_id"}},
      {kCalendar, {"date", "wm_yr_wk", "d"}},
      {kPrices, {"store_id", "item_id", "wm_yr_wk", "sell_price"}}};
  (*kinds)["column missing"] = [](Files& files) {
    const std::string file = files.AnyFile();
    const std::string name = files.OneOf(kNeeded.at(file));
    files.RemoveColumn(file, files.Column(file, name));
    return At(file, 0, name);
  };
  (*kinds)["column with a space"] = [](Files& files) {
    const std::string file = files.AnyFile();
    const std::string name = files.OneOf(kNeeded.at(file));
    files.grids[file][0][files.Column(file, name)] += " ";
    return At(file, 0, name);
  };
  (*kinds)["column twice"] = [](Files& files) {
    const std::string file = files.AnyFile();
    const std::string name = files.OneOf(kNeeded.at(file));
    files.InsertColumn(file, files.AnyColumn(file), name, "x");
    return At(file, 0, name);
  };
}

void AddFileKinds(Kinds* kinds) {
  (*kinds)["UTF-16"] = [](Files& files) {
    const std::string file = files.AnyFile();
    const bool big_endian = files.Below(2) == 0;
    const std::string mark = files.Below(2) == 0 ? "" : big_endian ? "\xFE\xFF" : "\xFF\xFE";
    files.then = [=](MemoryFiles* memory) {
      std::string wide = mark;
      for (const char c : memory->contents[file]) {
        wide += big_endian ? std::string({'\0', c}) : std::string({c, '\0'});
      }
      memory->contents[file] = wide;
    };
    return At(file, 0);
  };
  (*kinds)["NUL byte"] = [](Files& files) {
    const std::string file = files.AnyFile();
    const size_t row = files.Below(files.grids[file].size());
    std::string& cell = files.grids[file][row][1 + files.Below(files.grids[file][row].size() - 1)];
    cell.insert(files.Below(cell.size() + 1), 1, '\0');
    return At(file, row);
  };
  (*kinds)["empty file"] = [](Files& files) {
    const std::string file = files.AnyFile();
    files.grids[file].clear();
    return WholeFile(file);
  };
  (*kinds)["header alone"] = [](Files& files) {
    const std::string file = files.AnyFile();
    files.grids[file].resize(1);
    return WholeFile(file);
  };
  (*kinds)["folder"] = [](Files& files) {
    const std::string file = files.AnyFile();
    files.then = [=](MemoryFiles* memory) {
      memory->contents.erase(file);
      memory->folders[file] = true;
    };
    return WholeFile(file);
  };
  (*kinds)["missing file"] = [](Files& files) {
    const std::string file = files.AnyFile();
    files.then = [=](MemoryFiles* memory) { memory->contents.erase(file); };
    return WholeFile(file);
  };
  (*kinds)["both encodings"] = [](Files& files) {
    const std::string file = files.AnyFile();
    files.then = [=](MemoryFiles* memory) { memory->contents[file + ".gz"] = "x"; };
    return WholeFile(file);
  };
  (*kinds)["file that changes"] = [](Files& files) {
    const std::string file = files.AnyFile();
    const size_t how = files.Below(4);
    files.then = [=](MemoryFiles* memory) {
      memory->after_read = [=](const std::string& name) {
        if (name != file) return;
        if (how == 0) memory->times[name] = 1;
        if (how == 1) memory->inodes[name] = 1;
        if (how == 2) memory->contents.erase(name);
        // Spaces behind what was read; the reader is at the end by then.
        if (how == 3) memory->times[name] += 1000;
      };
    };
    return WholeFile(file);
  };
  (*kinds)["compressed under a plain name"] = [](Files& files) {
    const std::string file = files.AnyFile();
    files.then = [=](MemoryFiles* memory) {
      memory->contents[file] = StoredGzip(memory->contents[file]);
    };
    return At(file, 0);
  };
}

int64_t CountLines(const std::string& text) {
  return static_cast<int64_t>(std::count(text.begin(), text.end(), '\n'));
}

/// Compresses a file, and damages it by `damage`, which returns the text that can still be read.
std::function<Expected(Files&)> DamageGzip(
    std::function<std::string(Files&, const std::string& text, std::string* gzip)> damage) {
  return [=](Files& files) {
    const std::string file = files.AnyFile();
    const std::string text = Join(files.grids[file]);
    std::string gzip = StoredGzip(text);
    const std::string readable = damage(files, text, &gzip);
    files.then = [=](MemoryFiles* memory) {
      memory->contents.erase(file);
      memory->contents[file + ".gz"] = gzip;
    };
    return Place{file + ".gz", CountLines(readable) + 1, ""};
  };
}

void AddGzipKinds(Kinds* kinds) {
  (*kinds)["gzip cut short"] =
      DamageGzip([](Files& files, const std::string& text, std::string* gzip) {
        gzip->resize(1 + files.Below(gzip->size() - 1));
        const size_t head = kStoredGzipHeadBytes;
        return gzip->size() <= head ? std::string() : text.substr(0, gzip->size() - head);
      });
  (*kinds)["gzip with a wrong checksum"] =
      DamageGzip([](Files& files, const std::string& text, std::string* gzip) {
        (*gzip)[gzip->size() - 1 - files.Below(8)] ^= static_cast<char>(1 << files.Below(8));
        return text;
      });
  (*kinds)["gzip with bytes behind"] =
      DamageGzip([](Files& files, const std::string& text, std::string* gzip) {
        *gzip += files.OneOf<std::string>({"x", std::string(5, '\0'), "\x1F", "\r\n"});
        return text;
      });
  (*kinds)["no gzip under a compressed name"] =
      DamageGzip([](Files&, const std::string& text, std::string* gzip) {
        *gzip = text;
        return std::string();
      });
}

class PollutedDatasetTest : public pollution::PollutionFixture {};

TEST_F(PollutedDatasetTest, EveryFaultIsFoundWhereItIs) {
  Kinds kinds;
  AddCellKinds(&kinds);
  AddRowKinds(&kinds);
  AddHeaderKinds(&kinds);
  AddFileKinds(&kinds);
  AddGzipKinds(&kinds);
  Counts counts;
  Run(kinds, &counts);
  fmt::print(
      "polluted datasets: {} kinds, {} refused with the right file, line and column "
      "(TILLSTREAM_SEED={})\n",
      kinds.size(), counts.refused, counts.seed);
  EXPECT_GE(counts.refused, 500);
}

}  // namespace
}  // namespace tillstream
