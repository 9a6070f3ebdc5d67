// Generated datasets with one fault each, of every kind, at random places: each is refused with
// exactly that fault at the right file, line and column. And datasets that look unusual but are
// right: each is read as if it were not.
//
// TILLSTREAM_SEED repeats a run, TILLSTREAM_POLLUTED_ROUNDS sets how often each kind is tried.

#include <cstdlib>
#include <map>
#include <optional>
#include <random>

#include "dataset/dataset_fixture.h"
#include "testing/stored_gzip.h"
#include "testing/temp_dir.h"

namespace tillstream {
namespace {

const std::string kSales = "sales_train_evaluation.csv";
const std::string kCalendar = "calendar.csv";
const std::string kPrices = "sell_prices.csv";

/// A CSV file as cells; row 0 is the header, row r is line r + 1.
using Grid = std::vector<std::vector<std::string>>;

Grid ParseGrid(const std::string& text) {
  Grid grid;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = text.find('\n', begin);
    auto& row = grid.emplace_back(1);
    for (size_t i = begin; i < end; ++i) {
      if (text[i] == ',') {
        row.emplace_back();
      } else {
        row.back() += text[i];
      }
    }
    begin = end + 1;
  }
  return grid;
}

std::string Join(const Grid& grid, const std::string& line_break = "\n") {
  std::string text;
  for (const auto& row : grid) {
    for (size_t i = 0; i < row.size(); ++i) text += (i == 0 ? "" : ",") + row[i];
    text += line_break;
  }
  return text;
}

/// Where a fault is expected; nothing expected when the dataset is right all the same.
struct Place {
  std::string file;
  int64_t line = 0;
  std::string column;
};
using Expected = std::optional<Place>;
const Expected kRight = std::nullopt;

/// The files of a right dataset, to be spoiled.
class Files {
 public:
  Files(const std::map<std::string, std::string>& contents, std::mt19937_64* random)
      : random_(*random) {
    for (const auto& [name, content] : contents) grids[name] = ParseGrid(content);
  }

  std::map<std::string, Grid> grids;
  /// What is to be done to the files' bytes, after the grids are joined.
  std::function<void(MemoryFiles*)> then;

  size_t Below(size_t end) { return std::uniform_int_distribution<size_t>(0, end - 1)(random_); }
  template <typename T>
  T OneOf(std::vector<T> values) {
    return values[Below(values.size())];
  }
  std::string AnyFile() { return OneOf<std::string>({kSales, kCalendar, kPrices}); }
  /// A row that is not the header.
  size_t AnyRow(const std::string& file) { return 1 + Below(grids[file].size() - 1); }
  size_t AnyColumn(const std::string& file) { return Below(grids[file][0].size()); }
  size_t Column(const std::string& file, const std::string& name) {
    const auto& header = grids[file][0];
    return static_cast<size_t>(std::find(header.begin(), header.end(), name) - header.begin());
  }
  std::string& Cell(const std::string& file, size_t row, const std::string& column) {
    return grids[file][row][Column(file, column)];
  }
  int32_t day_count() { return static_cast<int32_t>(grids[kSales][0].size()) - 6; }
  std::string AnyDay() { return fmt::format("d_{}", 1 + Below(static_cast<size_t>(day_count()))); }
  void Insert(const std::string& file, size_t row, std::vector<std::string> cells) {
    Grid& grid = grids[file];
    grid.insert(grid.begin() + static_cast<ptrdiff_t>(row), std::move(cells));
  }
  void InsertColumn(const std::string& file, size_t column, const std::string& name,
                    const std::string& cell) {
    for (size_t row = 0; row < grids[file].size(); ++row) {
      auto& cells = grids[file][row];
      cells.insert(cells.begin() + static_cast<ptrdiff_t>(column), row == 0 ? name : cell);
    }
  }
  void RemoveColumn(const std::string& file, size_t column) {
    for (auto& cells : grids[file]) cells.erase(cells.begin() + static_cast<ptrdiff_t>(column));
  }

 private:
  std::mt19937_64& random_;
};

Place At(const std::string& file, size_t row, const std::string& column = "") {
  return {file, static_cast<int64_t>(row) + 1, column};
}
Place WholeFile(const std::string& file) { return {file, 0, ""}; }

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

using Kinds = std::map<std::string, std::function<Expected(Files&)>>;

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
  for (const char* cell : {"", "2011-02-30", "29.01.2011", "2011-1-29", "2011-01-29 ", "1999-01-01",
                           "2099-12-31"}) {
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
  for (const auto& [what, whose] : {std::pair{"dept_id", "item_id"}, std::pair{"cat_id", "item_id"},
                                    std::pair{"state_id", "store_id"}}) {
    (*kinds)[fmt::format("{} that differs", what)] = [what = what, whose = whose](Files& files) {
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

/// Datasets that are right, though not written as Kaggle writes them.
void AddRightKinds(Kinds* kinds) {
  (*kinds)["right: CRLF, mark, quotes, no last line break"] = [](Files& files) {
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
  (*kinds)["right: columns in another order"] = [](Files& files) {
    const std::string file = files.AnyFile();
    Grid& grid = files.grids[file];
    for (size_t swaps = 1 + files.Below(40); swaps > 0; --swaps) {
      const size_t a = files.AnyColumn(file);
      const size_t b = files.AnyColumn(file);
      for (auto& row : grid) std::swap(row[a], row[b]);
    }
    return kRight;
  };
  (*kinds)["right: another column"] = [](Files& files) {
    const std::string file = files.AnyFile();
    files.InsertColumn(file, files.Below(files.grids[file][0].size() + 1), "remark",
                       files.OneOf<std::string>({"", "x", "\"a,b\"", "\"\"\"\"", "\xFF"}));
    return kRight;
  };
  (*kinds)["right: gzip of several members"] = [](Files& files) {
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
  (*kinds)["right: zeros before numbers"] = [](Files& files) {
    for (int i = 0; i < 20; ++i) files.Cell(kSales, files.AnyRow(kSales), files.AnyDay()).insert(0, "00");
    for (int i = 0; i < 20; ++i) files.Cell(kPrices, files.AnyRow(kPrices), "sell_price").insert(0, "0");
    for (int i = 0; i < 20; ++i) files.Cell(kPrices, files.AnyRow(kPrices), "wm_yr_wk").insert(0, "0");
    return kRight;
  };
  (*kinds)["right: prices in another order"] = [](Files& files) {
    Grid& grid = files.grids[kPrices];
    for (size_t swaps = 1 + files.Below(200); swaps > 0; --swaps) {
      std::swap(grid[files.AnyRow(kPrices)], grid[files.AnyRow(kPrices)]);
    }
    return kRight;
  };
  (*kinds)["right: prices of items without sales"] = [](Files& files) {
    auto cells = files.grids[kPrices][1];
    cells[files.Column(kPrices, "item_id")] = "NOT_SOLD";
    for (int i = 0; i < 3; ++i) files.Insert(kPrices, files.AnyRow(kPrices), cells);
    return kRight;
  };
  (*kinds)["right: another table in the folder"] = [](Files& files) {
    files.then = [](MemoryFiles* memory) { memory->contents["sales_test.csv"] = "?"; };
    return kRight;
  };
}

class PollutedDatasetTest : public DatasetFixture {
 protected:
  /// The files of a synthetic dataset.
  static std::map<std::string, std::string> MakeContents(uint64_t seed) {
    const TempDir folder;
    const std::unique_ptr<FileSystem> files = MakePosixFileSystem();
    SyntheticOptions options;
    options.stores = 3;
    options.items = 14;
    options.days = 40;
    options.seed = seed;
    EXPECT_TRUE(WriteSyntheticDataset(*files, folder.path(), options));
    std::map<std::string, std::string> contents;
    for (const char* name : {kSales, kCalendar, kPrices}) {
      contents[name] = *ReadFile(*files, folder / name);
    }
    return contents;
  }

  static int64_t FromEnvironment(const char* name, int64_t otherwise) {
    const char* const text = std::getenv(name);
    return text == nullptr ? otherwise : std::atoll(text);
  }
};

TEST_F(PollutedDatasetTest, EveryFaultIsFoundWhereItIsAndEveryOddityIsRead) {
  const auto seed = static_cast<uint64_t>(FromEnvironment("TILLSTREAM_SEED", std::random_device()()));
  const int64_t rounds = FromEnvironment("TILLSTREAM_POLLUTED_ROUNDS", 8);
  SCOPED_TRACE(fmt::format("TILLSTREAM_SEED={}", seed));
  std::mt19937_64 random(seed);
  Kinds kinds;
  AddCellKinds(&kinds);
  AddRowKinds(&kinds);
  AddHeaderKinds(&kinds);
  AddFileKinds(&kinds);
  AddGzipKinds(&kinds);
  AddRightKinds(&kinds);

  int64_t refused = 0;
  int64_t read = 0;
  for (int64_t round = 0; round < rounds; ++round) {
    const auto contents = MakeContents(random());
    files_ = MemoryFiles();
    files_.contents = contents;
    const std::string plain = Describe(*Load());
    for (const auto& [name, pollute] : kinds) {
      SCOPED_TRACE(fmt::format("{}, round {}", name, round));
      Files files(contents, &random);
      const Expected expected = pollute(files);
      files_ = MemoryFiles();
      for (const auto& [file, grid] : files.grids) files_.contents[file] = Join(grid);
      if (files.then) files.then(&files_);
      const Result<Dataset> dataset = Load();
      if (!expected) {
        ++read;
        ASSERT_TRUE(dataset) << dataset.error().message;
        ASSERT_EQ(Describe(*dataset), plain);
        continue;
      }
      ++refused;
      ASSERT_FALSE(dataset);
      ASSERT_EQ(dataset.error().code, ErrorCode::kBadInput) << dataset.error().message;
      std::string all;
      for (const Fault& fault : faults_.faults()) all += fault.ToString() + "\n";
      ASSERT_EQ(faults_.count(), 1) << all;
      const Fault& fault = faults_.faults()[0];
      ASSERT_EQ(fault.file, expected->file) << all;
      ASSERT_EQ(fault.line, expected->line) << all;
      ASSERT_EQ(fault.column, expected->column) << all;
    }
  }
  fmt::print("polluted datasets: {} kinds, {} refused with the right file, line and column, {} "
             "read with the documented meaning (TILLSTREAM_SEED={})\n",
             kinds.size(), refused, read, seed);
  EXPECT_GE(refused, rounds * 80);
}

}  // namespace
}  // namespace tillstream
