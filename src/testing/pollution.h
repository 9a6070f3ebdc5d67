#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "testing/dataset_fixture.h"
#include "testing/stored_gzip.h"
#include "testing/temp_dir.h"

/// Spoiling the files of a dataset cell by cell, and what must come of it. Included by tests only.
///
/// TILLSTREAM_SEED repeats a run, TILLSTREAM_POLLUTED_ROUNDS sets how often each kind is tried.
namespace tillstream::pollution {

inline const std::string kSales = "sales_train_evaluation.csv";
inline const std::string kCalendar = "calendar.csv";
inline const std::string kPrices = "sell_prices.csv";

/// A CSV file as cells; row 0 is the header, row r is line r + 1.
using Grid = std::vector<std::vector<std::string>>;

inline Grid ParseGrid(const std::string& text) {
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

inline std::string Join(const Grid& grid, const std::string& line_break = "\n") {
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
inline const Expected kRight = std::nullopt;

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

inline Place At(const std::string& file, size_t row, const std::string& column = "") {
  return {file, static_cast<int64_t>(row) + 1, column};
}
inline Place WholeFile(const std::string& file) { return {file, 0, ""}; }

/// Ways to spoil a dataset, by name.
using Kinds = std::map<std::string, std::function<Expected(Files&)>>;

/// Spoils generated datasets in every given way and checks what becomes of each.
class PollutionFixture : public DatasetFixture {
 protected:
  struct Counts {
    int64_t refused = 0;
    int64_t read = 0;
    uint64_t seed = 0;
  };

  void Run(const Kinds& kinds, Counts* counts) {
    const auto seed =
        static_cast<uint64_t>(FromEnvironment("TILLSTREAM_SEED", std::random_device()()));
    const int64_t rounds = FromEnvironment("TILLSTREAM_POLLUTED_ROUNDS", 8);
    counts->seed = seed;
    SCOPED_TRACE(fmt::format("TILLSTREAM_SEED={}", seed));
    std::mt19937_64 random(seed);
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
        expected ? ExpectRefused(*expected) : ExpectReadAs(plain);
        if (HasFatalFailure()) return;
        ++(expected ? counts->refused : counts->read);
      }
    }
  }

 private:
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
    for (const std::string& name : {pollution::kSales, pollution::kCalendar, pollution::kPrices}) {
      contents[name] = *ReadFile(*files, folder / name);
    }
    return contents;
  }

  static int64_t FromEnvironment(const char* name, int64_t otherwise) {
    const char* const text = std::getenv(name);
    return text == nullptr ? otherwise : std::atoll(text);
  }

  void ExpectReadAs(const std::string& plain) {
    const Result<Dataset> dataset = Load();
    ASSERT_TRUE(dataset) << dataset.error().message;
    ASSERT_EQ(Describe(*dataset), plain);
  }

  void ExpectRefused(const Place& expected) {
    const Result<Dataset> dataset = Load();
    ASSERT_FALSE(dataset);
    ASSERT_EQ(dataset.error().code, ErrorCode::kBadInput) << dataset.error().message;
    std::string all;
    for (const Fault& fault : faults_.faults()) all += fault.ToString() + "\n";
    ASSERT_EQ(faults_.count(), 1) << all;
    const Fault& fault = faults_.faults()[0];
    ASSERT_EQ(fault.file, expected.file) << all;
    ASSERT_EQ(fault.line, expected.line) << all;
    ASSERT_EQ(fault.column, expected.column) << all;
  }
};

}  // namespace tillstream::pollution
