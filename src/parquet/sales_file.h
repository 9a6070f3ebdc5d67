#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "parquet/parquet_writer.h"
#include "parquet/store_rows.h"

namespace tillstream {

/// Rows of a row group, at most; whole days, so that a day of more makes one of more.
inline constexpr int64_t kRowGroupRowsMax = int64_t{1} << 20;

/// Makes the Parquet files of table `sales`. Not thread safe; keeps its working memory.
class SalesFile {
 public:
  SalesFile();

  /// The bytes of a file with the rows of a store's days, in days' order. Valid until the next
  /// call.
  const std::string& Make(const std::string& store_id, const SeriesTexts& known,
                          const std::map<Day, DayRows>& days);

 private:
  using DayIterator = std::map<Day, DayRows>::const_iterator;

  void AddRowGroup(const std::string& store_id, const SeriesTexts& known, DayIterator begin,
                   DayIterator end, int64_t row_count);
  void AddText(const SeriesTexts& known, uint32_t SeriesTexts::Series::* text, DayIterator begin,
               DayIterator end);
  /// A value for each day: number(day, rows).
  template <typename Number>
  void AddPerDay(DayIterator begin, DayIterator end, Number number);
  void AddNumbers(std::vector<int32_t> DayRows::* column, bool negative_is_null, DayIterator begin,
                  DayIterator end);
  uint32_t IndexOf(int32_t number);

  ParquetWriter writer_;
  ParquetValues values_;
  /// Index of each number in the column's dictionary; of the small ones, which nearly all are, in a
  /// table.
  std::vector<uint32_t> small_index_;
  std::unordered_map<int32_t, uint32_t> large_index_;
};

}  // namespace tillstream
