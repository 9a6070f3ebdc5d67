#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dataset/line_reader.h"

namespace tillstream {

/// Largest number of units in a cell: what the event's int holds.
inline constexpr int64_t kUnitsMax = 2'147'483'647;

/// Most day columns that are read: over a century.
inline constexpr int32_t kDayCountMax = 40'000;

/// The text columns of a sales file that are needed.
enum SalesText : size_t { kItemId, kDeptId, kCatId, kStoreId, kStateId, kSalesTextCount };
inline constexpr std::string_view kSalesTextNames[kSalesTextCount] = {
    "item_id", "dept_id", "cat_id", "store_id", "state_id"};

/// A cell that holds more than 16 bits can.
struct LargeUnits {
  int32_t day = 0;
  int32_t units = 0;
};

/// One row of a sales file, taken apart.
struct SalesRow {
  std::string_view texts[kSalesTextCount];  ///< Views into the line.
  /// Units of d_1..d_N; TiledTable::kLargeCell for those in `large`.
  uint16_t* cells = nullptr;
  std::vector<LargeUnits> large;
};

/// What the header of a sales file says: where the needed columns stand, in any order.
class SalesLayout {
 public:
  /// Reports what is wrong with the columns; then returns false.
  bool Compile(std::span<const std::string> names, FileFaults* faults,
               std::vector<std::string>* ignored);

  int32_t day_count() const { return day_count_; }

  /// Takes a line apart at full speed when nothing about it is unusual; otherwise returns false,
  /// and ParseCarefully() tells whether it is right. Every line that this accepts is accepted there
  /// with the same result. `row->cells` must have room for day_count() cells.
  bool ParseFast(const Line& line, SalesRow* row) const;

  /// Sets the texts alone, in a line about which nothing is unusual up to there: they stand before
  /// the days, as in Kaggle's files. Otherwise returns false.
  bool ParseTexts(const Line& line, SalesRow* row) const;

  /// Takes any line apart and reports everything that is wrong with it. Returns whether nothing
  /// is. The texts are set whenever the line could be cut into as many cells as the header has,
  /// else they are empty views with no data.
  bool ParseCarefully(const Line& line, FileFaults* faults, SalesRow* row) const;

 private:
  /// Columns that are parsed in one go.
  struct Segment {
    enum Kind { kText, kIgnored, kDays } kind;
    size_t text = 0;        ///< kText: which one.
    int32_t first_day = 0;  ///< kDays: the first of `count` days that follow each other.
    int32_t count = 0;
  };

  bool FindDays(FileFaults* faults);
  void MakeSegments(std::span<const size_t> text_columns);

  std::vector<std::string> names_;
  std::vector<size_t> text_columns_;    ///< Column of each SalesText.
  std::vector<int32_t> day_of_column_;  ///< 0 for a column that is no day.
  std::vector<Segment> segments_;
  int32_t day_count_ = 0;
};

}  // namespace tillstream
