#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/arena.h"
#include "dataset/dataset.h"
#include "dataset/store_table.h"

namespace tillstream {

/// The days of a calendar and the weeks that prices are given for, numbered from 0 in the order in
/// which they first come. Immutable.
class WeekIndex {
 public:
  explicit WeekIndex(const Calendar& calendar);

  int32_t week_count() const { return static_cast<int32_t>(codes_.size()); }
  /// The index of week `code`, -1 when the calendar has no such week.
  int32_t Find(int32_t code) const {
    const auto found = index_of_code_.find(code);
    return found == index_of_code_.end() ? -1 : found->second;
  }
  int32_t code(int32_t index) const { return codes_[static_cast<size_t>(index)]; }
  int32_t OfDay(Day day) const { return index_of_day_[static_cast<size_t>(day.value() - 1)]; }

 private:
  std::vector<int32_t> codes_;
  std::unordered_map<int32_t, int32_t> index_of_code_;
  std::vector<int32_t> index_of_day_;
};

/// Rows of a tile of TiledTable.
inline constexpr size_t kTileRows = 32;

/// The one StoreTable. Rows are kept in tiles of kTileRows: in a tile, the rows of one day fill a
/// cache line, so that a day is gathered from one line a tile, and a row is written without leaving
/// the second-level cache.
///
/// Loading goes in this order: AddSeries() and AppendRows() while the sales file is read,
/// BeginPrices(), SetPrice() while the price file is read, Finish(). Only the reading functions of
/// StoreTable after that.
class TiledTable final : public StoreTable {
 public:
  /// A cell that holds this stands for a number that does not fit and is kept beside the tiles.
  static constexpr uint16_t kLargeCell = 65535;

  /// With `keep_units` false only series and prices are kept, to check the price file. Tiles are
  /// taken from `arena`, which tables that live equally long share.
  TiledTable(std::string store_id, std::string state_id, int32_t day_count, bool keep_units,
             std::shared_ptr<Arena> arena);

  bool keeps_units() const { return keep_units_; }

  /// Adds a series and returns its row. Its cells follow by AppendRows().
  int32_t AddSeries(Series series);

  /// Appends the cells of the next `count` rows (at most kTileRows), one row every `stride` cells.
  void AppendRows(const uint16_t* rows, size_t stride, size_t count);

  /// Sets the number of a cell that is kLargeCell.
  void AddLarge(int32_t row, int32_t day, int32_t units) { large_.push_back({day, row, units}); }

  void BeginPrices(std::shared_ptr<const Calendar> calendar,
                   std::shared_ptr<const WeekIndex> weeks);

  /// The row of an item, -1 when the store has none. Between BeginPrices() and Finish().
  int32_t FindItem(std::string_view item_id) const;

  /// Sets the price of a row in a week; false, and nothing changed, when it has one.
  bool SetPrice(int32_t row, int32_t week, int32_t cents) {
    int32_t& cell = price_tiles_[static_cast<size_t>(row) / kTileRows][PriceIndex(row, week)];
    if (cell != kNoPrice) return false;
    cell = cents;
    return true;
  }

  void Finish();

  const std::string& store_id() const override { return store_id_; }
  const std::string& state_id() const override { return state_id_; }
  std::span<const Series> series() const override { return series_; }
  int32_t day_count() const override { return day_count_; }
  void CopyDay(Day day, DaySlice* slice) const override;
  uint64_t DayHash(Day day) const override;
  uint64_t SeriesHash() const override;

 private:
  struct LargeCell {
    int32_t day;
    int32_t row;
    int32_t units;
  };
  static size_t PriceIndex(int32_t row, int32_t week) {
    return static_cast<size_t>(week) * kTileRows + static_cast<size_t>(row) % kTileRows;
  }

  const std::string store_id_;
  const std::string state_id_;
  const int32_t day_count_;
  const bool keep_units_;
  std::vector<Series> series_;
  const std::shared_ptr<Arena> arena_;  ///< Where the tiles are.
  std::vector<uint16_t*> unit_tiles_;
  size_t appended_rows_ = 0;
  std::vector<LargeCell> large_;  ///< By day and row, once finished.
  std::shared_ptr<const Calendar> calendar_;
  std::shared_ptr<const WeekIndex> weeks_;
  std::vector<int32_t*> price_tiles_;
  std::unordered_map<std::string_view, int32_t> row_of_item_;
};

}  // namespace tillstream
