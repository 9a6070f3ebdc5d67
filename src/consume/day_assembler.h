#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "model/day_sums.h"
#include "model/ids.h"
#include "model/money.h"
#include "model/sales_record.h"

namespace tillstream {

/// One item of a store, as its first event names it.
struct StoreItem {
  std::string item_id;
  std::string dept_id;
  std::string cat_id;
  friend bool operator==(const StoreItem&, const StoreItem&) = default;
};

/// How a store's day was closed.
enum class DayClose {
  kComplete,    ///< Its events came to what its end-of-day total says.
  kIncomplete,  ///< They did not, and the stream has gone on for too long.
};

/// What became of an event or total.
enum class DayPut {
  kTaken,
  kLate,   ///< Its day is closed already: nothing has changed.
  kAhead,  ///< Its day is so far ahead that it cannot be right: nothing has changed.
};

/// Days that are open at most; a day beyond that is none.
inline constexpr int32_t kOpenDaysMax = 1000;

/// A store's day that nothing will change any more.
struct ClosedDay {
  Day day;
  DayClose close = DayClose::kComplete;
  std::vector<int32_t> units;        ///< [item]; 0 where no event came.
  std::vector<Cents> revenue_cents;  ///< [item]; 0 where there is no price.
  /// By partition, where its first event or total was.
  std::map<int32_t, Offset> first_at;
};

/// Puts the events of one store together to days, and says when a day is over.
///
/// A day is complete when its events come to its end-of-day total: as many distinct ones, as many
/// units, the same revenue. A day that does not is closed as incomplete once both the events and
/// the totals have gone on to a day more than `wait_days` later. Days close in order. An event that
/// comes twice counts as the last one says; one that comes after its day was closed is late and
/// changes nothing.
///
/// The items are those of the days up to the first that is closed with an event in it; from then on
/// they do not change, and an event of another one counts for its day, but for nothing else. Not
/// thread safe.
class DayAssembler {
 public:
  /// `from` is the first day.
  DayAssembler(Day from, int32_t wait_days);

  /// Takes an event of the store. `at` is anything that grows with each event of a partition; see
  /// OldestOpen().
  DayPut Put(const SalesRecord& sale, int32_t partition, Offset at);
  DayPut PutTotal(const StoreDay& total, int32_t partition, Offset at);

  /// Closes the next day if it is over, or, where nothing more comes, if `now`, the latest day that
  /// other stores have closed, is more than `wait_days` later.
  std::optional<ClosedDay> Close(std::optional<Day> now = std::nullopt);

  /// The next day to close.
  Day next_day() const { return next_; }

  const std::vector<StoreItem>& items() const { return items_; }
  /// Events of items that are not among them, by item.
  const std::map<std::string, int64_t>& strangers() const { return strangers_; }

  /// Of a partition: where the first event or total of a day that is not closed yet is; none when
  /// there is none. What is before that is not needed any more.
  std::optional<Offset> OldestOpen(int32_t partition) const;

  /// Goes on as one that has closed all days before `next`, with `items`.
  void GoOnFrom(Day next, std::vector<StoreItem> items);

 private:
  /// What an item sold on a day.
  struct Sale {
    int32_t units = 0;
    std::optional<Cents> price;
    bool has_event = false;
  };
  struct OpenDay {
    std::vector<Sale> sales;  ///< [item], as far as they were known when the last one came.
    std::map<std::string, Sale, std::less<>> strangers;
    DaySums sums;
    std::optional<StoreDay> total;       ///< Its texts are not kept.
    std::map<int32_t, Offset> first_at;  ///< By partition.
  };

  OpenDay& Open(Day day, int32_t partition, Offset at);
  DayPut PlaceOf(Day day) const;
  /// The item's place; none of an item that came too late to be among them.
  std::optional<size_t> FindSlot(const SalesRecord& sale);
  ClosedDay Take(DayClose close);

  const int32_t wait_days_;
  Day next_;
  Day latest_event_;
  Day latest_total_;
  std::deque<OpenDay> open_;  ///< next_ and those after it.
  std::vector<StoreItem> items_;
  std::unordered_map<std::string, size_t> slots_;
  /// The item that came after each, the last time: what comes next most of the time.
  std::vector<size_t> successor_;
  size_t last_slot_ = 0;
  bool is_fixed_ = false;
  std::map<std::string, int64_t> strangers_;
};

}  // namespace tillstream
