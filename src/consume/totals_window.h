#pragma once

#include <cstdint>
#include <vector>

#include "consume/period_totals.h"
#include "consume/series_directory.h"
#include "model/money.h"

namespace tillstream {

/// What one series did in one period.
struct SeriesCell {
  int64_t units = 0;
  Cents revenue_cents = 0;
  int64_t unpriced_units = 0;
  Cents price_sum = 0;
  int32_t events = 0;
  int32_t listed_events = 0;
  int32_t zero_events = 0;  ///< Of the listed ones.

  /// Takes an event, or takes it back (`sign` -1). `cents` is not looked at when it is not listed.
  void Add(int32_t sold, bool is_listed, Cents cents, int32_t sign = 1) {
    const int64_t signed_units = int64_t{sign} * sold;
    const int32_t listed = is_listed ? sign : 0;
    const Cents price = is_listed ? cents : 0;
    units += signed_units;
    revenue_cents += signed_units * price;
    unpriced_units += is_listed ? 0 : signed_units;
    price_sum += sign * price;
    events += sign;
    listed_events += listed;
    zero_events += sold == 0 ? listed : 0;
  }
};

/// A period in progress: a cell for each series, by store and the directory's number. A store
/// without an event yet has no cells.
struct TotalsWindow {
  std::vector<std::vector<SeriesCell>> stores;
  /// Days of stores that are closed and agree with their end-of-day totals.
  int64_t agreeing_days = 0;
};

/// What the series of `now` add up to by group, by key; groups without an event are left out.
/// `before` is the period before, or null in the first one. `top`: movers of a group at most. Time:
/// linear in the number of series.
std::vector<GroupTotals> SumGroups(const TotalsWindow& now, const TotalsWindow* before, int32_t top,
                                   SeriesDirectory& directory);

}  // namespace tillstream
