#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "model/date.h"
#include "model/ids.h"
#include "model/money.h"

namespace tillstream {

/// An event: one series on one day (schemas/sales_record.avsc). The texts are views: of the
/// dataset when it is written, of the record's bytes when it is read.
struct SalesRecord {
  std::string_view item_id;
  std::string_view dept_id;
  std::string_view cat_id;
  std::string_view store_id;
  std::string_view state_id;
  Day day;
  int32_t sold = 0;
  std::optional<float> sell_price;  ///< None: not listed in that week, which is not zero demand.

  friend bool operator==(const SalesRecord&, const SalesRecord&) = default;
};

/// A store's end-of-day total (schemas/store_day.avsc): the store has closed this day, and this is
/// what its events add up to.
struct StoreDay {
  std::string_view store_id;
  std::string_view state_id;
  Day day;
  Date date;
  int32_t events = 0;  ///< Distinct events of the day.
  int64_t units = 0;
  Cents revenue_cents = 0;     ///< Sum of units x price over the events that have a price.
  int64_t unpriced_units = 0;  ///< Units sold without a price; not valued at 0.
  int32_t revision = 0;        ///< 0 at first; higher when a total is issued again.

  friend bool operator==(const StoreDay&, const StoreDay&) = default;
};

}  // namespace tillstream
