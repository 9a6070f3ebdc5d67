#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/result.h"
#include "model/day_sums.h"
#include "model/sales_record.h"

namespace tillstream {

/// The texts of a store's series, once each, and which each series has.
struct SeriesTexts {
  struct Series {
    uint32_t item;  ///< Indices into `texts`.
    uint32_t dept;
    uint32_t cat;
    uint32_t state;
  };

  std::vector<std::string_view> texts;
  std::vector<Series> series;
};

/// Numbers a store's series in the order of their first events.
class SeriesTable {
 public:
  /// The index of the event's series, which is looked for behind `last` first: a day's events come
  /// in the order of the day before. kCorrupt for a new one with a text that is not UTF-8.
  Result<uint32_t> IndexOf(const SalesRecord& sale, uint32_t last);

  /// Its views stay valid as long as the table lives, in copies too.
  const SeriesTexts& known() const { return known_; }

 private:
  bool IsAt(const SalesRecord& sale, uint32_t index) const;
  uint32_t TextOf(std::string_view text);

  std::map<std::string, uint32_t, std::less<>> text_index_;
  SeriesTexts known_;
  std::unordered_map<std::string, uint32_t> series_index_;
};

/// A store's day that is not published yet: its events in columns, and its end-of-day total.
struct DayRows {
  static constexpr int32_t kNoCents = -1;

  Date date;
  std::vector<uint32_t> series;  ///< Of the store's SeriesTable.
  std::vector<int32_t> sold;
  std::vector<int32_t> cents;  ///< kNoCents where there is no price.
  DaySums sums;                ///< Of the rows.
  /// The first record of the day in each partition that has any, by the sink's number for it.
  std::vector<std::pair<size_t, Offset>> first_offsets;

  struct Total {
    DaySums sums;
    int32_t revision = 0;
  };
  std::optional<Total> total;

  int64_t row_count() const { return static_cast<int64_t>(sold.size()); }
  /// Whether all events are there that the total counts.
  bool is_closed() const { return total && total->sums.events == row_count(); }
};

/// Days of one store that follow each other and are closed.
struct DayRange {
  Day first;
  Day last;
};

/// What is known of one store between two publications: the days that are open, in memory. Not
/// thread safe.
class StoreRows {
 public:
  /// Days up to `published` are published already; Day(0): none.
  explicit StoreRows(Day published) : published_(published) {}

  /// False when the event's day is published already. `date`: of its timestamp. kCorrupt as
  /// SeriesTable::IndexOf().
  Result<bool> AddSale(const SalesRecord& sale, Date date, size_t partition, Offset offset);

  /// The same. A total of the day that is there already stays, unless its revision is lower.
  bool SetTotal(const StoreDay& total, size_t partition, Offset offset);

  /// Whether the day to which the last call added something is closed. kCorrupt when it has as many
  /// events as its total, or more, and they do not add up to it.
  Result<bool> LastDayIsClosed() const;

  /// The closed days that come first and are all of one month; only when that month is over, unless
  /// `also_open_months`. What comes later is not the month's: a store's days come in order.
  std::optional<DayRange> NextClosed(bool also_open_months) const;

  /// The days of `range`, which count as published from now on.
  std::map<Day, DayRows> Take(const DayRange& range);

  const std::map<Day, DayRows>& days() const { return days_; }
  const SeriesTable& table() const { return table_; }
  Day published() const { return published_; }
  int64_t row_count() const { return row_count_; }

 private:
  /// Of a day that is not published.
  DayRows* DayOf(Day day, Date date, size_t partition, Offset offset);

  Day published_;
  SeriesTable table_;
  std::map<Day, DayRows> days_;
  int64_t row_count_ = 0;
  uint32_t last_series_ = 0;
  Day last_day_;
  DayRows* last_rows_ = nullptr;
};

}  // namespace tillstream
