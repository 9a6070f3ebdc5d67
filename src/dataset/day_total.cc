#include "dataset/day_total.h"

namespace tillstream {

StoreDay TotalOf(const StoreTable& table, const Calendar& calendar, Day day,
                 const DaySlice& slice) {
  StoreDay total;
  total.store_id = table.store_id();
  total.state_id = table.state_id();
  total.day = day;
  total.date = calendar.at(day).date;
  total.events = static_cast<int32_t>(slice.units.size());
  for (size_t i = 0; i < slice.units.size(); ++i) {
    const int64_t units = slice.units[i];
    const int64_t cents = slice.price_cents[i];
    const bool priced = cents != kNoPrice;
    total.units += units;
    total.revenue_cents += priced ? units * cents : 0;
    total.unpriced_units += priced ? 0 : units;
  }
  return total;
}

}  // namespace tillstream
