#pragma once

#include <cstdint>

#include "model/money.h"
#include "model/sales_record.h"

namespace tillstream {

/// What a store's events of a day add up to: what its end-of-day total says, so that the two can be
/// compared.
struct DaySums {
  int64_t events = 0;  ///< Distinct ones.
  int64_t units = 0;
  Cents revenue_cents = 0;     ///< Over the events that have a price.
  int64_t unpriced_units = 0;  ///< Units sold without a price; not valued at 0.

  /// Takes an event, or takes it back (`sign` -1). `cents` is its price, not looked at when it has
  /// none.
  void Add(int32_t sold, bool is_priced, Cents cents, int32_t sign = 1) {
    const int64_t signed_units = int64_t{sign} * sold;
    events += sign;
    units += signed_units;
    revenue_cents += is_priced ? signed_units * cents : 0;
    unpriced_units += is_priced ? 0 : signed_units;
  }

  static DaySums Of(const StoreDay& total) {
    return {total.events, total.units, total.revenue_cents, total.unpriced_units};
  }

  friend bool operator==(const DaySums&, const DaySums&) = default;
};

}  // namespace tillstream
