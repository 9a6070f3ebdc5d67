#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "consume/period_totals.h"
#include "consume/series_directory.h"
#include "consume/totals_window.h"
#include "log/event_log.h"
#include "model/date.h"
#include "model/ids.h"
#include "model/sales_record.h"

namespace tillstream {

/// A store whose sales are added up, and where its events are.
struct TotalsStore {
  std::string id;
  int64_t series_count = 0;            ///< Events of a whole day.
  std::vector<TopicPartition> events;  ///< That have events of it.
  TopicPartition totals;
};

struct LiveTotalsOptions {
  TotalsShape shape;
  Day first_day{1};  ///< Of the stream, or of what is read of it.
  Date first_date;   ///< Its date.
  Date week_anchor;  ///< A date on whose weekday weeks begin.
  std::vector<TotalsStore> stores;
};

/// What came, and what of it was not taken.
struct LiveTotalsCounts {
  int64_t events = 0;  ///< Counted.
  int64_t corrected =
      0;  ///< Of a series that had one on this day, with other content: took its place.
  int64_t repeated = 0;  ///< The same once more.
  int64_t late = 0;      ///< Of a day that was over: not counted.
  int64_t misdated =
      0;  ///< Whose day is not that of its timestamp, or before the first: not counted.
  int64_t foreign = 0;  ///< Of no store or series that belongs there, or neither sale nor total.
  int64_t revised_totals = 0;  ///< End-of-day totals of a day that had one: not used.
  int64_t closed_days = 0;     ///< Of stores.
  int64_t disagreeing_days =
      0;  ///< Of those, closed without a total or with another than its events.
};

/// Adds the events of stores up by group and period, in event time, and closes a period when the
/// end-of-day totals say that all of its days are there.
///
/// What a period adds up to follows from the partitions alone and not from the order in which they
/// are read:
/// - The date of an event is that of its timestamp.
/// - In a partition, a store's day is *over* when an event of a later day of that store comes. An
///   event behind that is *late* and not counted.
/// - A store's day is *whole* when each of its series has had an event, and over at the latest
/// then.
/// - Until then a second event of a series replaces the first: a correction.
/// - A store's day is *closed* when it is whole, or over in all of the store's partitions, and its
///   total is there or that of a later day. A second total for a day is not used.
/// - A period is closed, and given away, when all days of it that the stream has are closed in all
///   stores. It never changes after that.
///
/// A day that is closed and does not agree with its total (events are missing, or the total is)
/// leaves its period not `complete`.
///
/// Memory: 56 bytes a series, and as much again for each period that is open and for the one before
/// those. A reader that asks IsAhead() leaves at most so many open as fit into a period and
/// kAheadDays. Not thread safe.
class LiveTotals {
 public:
  /// Given the periods one by one, in order. An Error of it is returned by the Add...() that closed
  /// the period.
  using OnPeriod = std::function<Status(const PeriodTotals& totals)>;

  LiveTotals(LiveTotalsOptions options, OnPeriod on_period);
  ~LiveTotals();

  /// Takes a sale that stands in `partition`. Its texts are not kept.
  Status AddSale(const TopicPartition& partition, Timestamp timestamp, const SalesRecord& sale);
  /// Takes an end-of-day total.
  Status AddTotal(Timestamp timestamp, const StoreDay& total);
  /// Counts a record that is neither.
  void AddForeign() { ++counts_.foreign; }

  /// Days beyond the end of the oldest open period that may be read.
  static constexpr int32_t kAheadDays = 7;
  /// Whether what comes next in the partition belongs so far behind the oldest open period that it
  /// has to wait for it.
  bool IsAhead(const TopicPartition& partition) const;

  /// The oldest open period as it is now, against the one before, without movers; `days` are those
  /// that are closed in all stores.
  PeriodTotals Running();

  /// Dates before it are closed in all stores.
  Date closed_until() const;
  /// The store that the oldest open period waits for: the one with the fewest closed days.
  std::string_view slowest_store() const;

  const LiveTotalsCounts& counts() const { return counts_; }
  const TotalsShape& shape() const { return options_.shape; }
  /// Periods that have events and are open.
  size_t open_count() const { return windows_.size(); }

 private:
  struct Series;
  struct DayState;
  struct Store;
  struct Stream;

  Stream* StreamOf(const TopicPartition& partition, std::string_view store_id);
  /// Moves a stream to the date of an event; false when the event is not to be counted.
  Result<bool> Turn(Stream& stream, Timestamp timestamp, Day day);
  /// The number of the series, or -1 for one that the store cannot have.
  int32_t FindSeries(Stream& stream, const SalesRecord& sale);
  /// A further event of a series on its day.
  void AddAgain(Stream& stream, int32_t number, const SalesRecord& sale);
  std::optional<int64_t> DateIndex(Date date, Day day) const;
  TotalsWindow& WindowOf(Date date);
  Status CloseDays(Store& store);
  Status ClosePeriods();
  PeriodTotals Describe(Date begin) const;

  const LiveTotalsOptions options_;
  const PeriodCalendar calendar_;
  const OnPeriod on_period_;
  SeriesDirectory directory_;
  std::vector<std::unique_ptr<Store>> stores_;
  std::map<std::string, Store*, std::less<>> stores_by_id_;
  std::map<TopicPartition, std::vector<Stream*>> streams_;
  std::map<TopicPartition, std::vector<Store*>> totals_;
  Stream* stream_ = nullptr;              ///< Of the last event.
  std::map<Date, TotalsWindow> windows_;  ///< Open ones that have events, by begin.
  std::optional<TotalsWindow> before_;    ///< The last closed one.
  Date oldest_;                           ///< Begin of the oldest open period.
  int64_t closed_count_ = 0;
  LiveTotalsCounts counts_;
};

}  // namespace tillstream
