#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "model/date.h"
#include "model/ids.h"
#include "model/money.h"

namespace tillstream {

/// What names a series; the same for all its days.
struct Series {
  std::string item_id;
  std::string dept_id;
  std::string cat_id;
};

/// Price in cents of an item that is not listed in a week.
inline constexpr int32_t kNoPrice = -1;

/// One store's sales on one day, row by row in the order of the sales file.
struct DaySlice {
  std::vector<int32_t> units;        ///< One a series.
  std::vector<int32_t> price_cents;  ///< One a series; kNoPrice where the item is not listed.
};

/// All sales and prices of one store, laid out day-major: the rows of one day lie together.
///
/// Immutable once loaded; every function may then be called from any thread. Memory: about two
/// bytes a cell for the units (larger numbers aside) and four a series and week for the prices.
class StoreTable {
 public:
  virtual ~StoreTable() = default;

  virtual const std::string& store_id() const = 0;
  virtual const std::string& state_id() const = 0;

  /// The series in the order of the sales file, which is the order of events inside a day.
  virtual std::span<const Series> series() const = 0;

  /// Days d_1..d_N with sales.
  virtual int32_t day_count() const = 0;

  /// Copies one day into `slice`, resizing it. `day` must be in [1, day_count()].
  virtual void CopyDay(Day day, DaySlice* slice) const = 0;

  /// Hash over what is sold and at which price on `day`, and its date: the content that the events
  /// of the day are made from. Two datasets whose hashes agree give the same events.
  virtual uint64_t DayHash(Day day) const = 0;

  /// Hash over the store's id and state and all series, in order.
  virtual uint64_t SeriesHash() const = 0;
};

}  // namespace tillstream
