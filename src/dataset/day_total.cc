#include "dataset/day_total.h"

#include "model/day_sums.h"

namespace tillstream {

StoreDay TotalOf(const StoreTable& table, const Calendar& calendar, Day day,
                 const DaySlice& slice) {
  StoreDay total;
  total.store_id = table.store_id();
  total.state_id = table.state_id();
  total.day = day;
  total.date = calendar.at(day).date;
  DaySums sums;
  for (size_t i = 0; i < slice.units.size(); ++i) {
    const int32_t cents = slice.price_cents[i];
    sums.Add(slice.units[i], cents != kNoPrice, cents);
  }
  total.events = static_cast<int32_t>(sums.events);
  total.units = sums.units;
  total.revenue_cents = sums.revenue_cents;
  total.unpriced_units = sums.unpriced_units;
  return total;
}

}  // namespace tillstream
