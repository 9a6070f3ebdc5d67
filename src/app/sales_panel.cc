#include "app/sales_panel.h"

#include <utility>

#include "app/known_calendar.h"

namespace tillstream {
namespace {

std::vector<SeriesKey> KeysOf(const Dataset& dataset) {
  std::vector<SeriesKey> keys;
  for (const auto& store : dataset.stores) {
    for (const Series& series : store->series()) {
      keys.push_back(
          {series.item_id, series.dept_id, series.cat_id, store->store_id(), store->state_id()});
    }
  }
  return keys;
}

}  // namespace

SalesPanel::SalesPanel(const Dataset& dataset, HolidayTable holidays)
    : dataset_(dataset),
      hierarchy_(KeysOf(dataset)),
      known_(KnownDaysOf(*dataset.calendar, std::move(holidays))) {
  panel_index_.resize(static_cast<size_t>(hierarchy_.series_count()));
  for (int32_t i = 0; i < hierarchy_.series_count(); ++i) {
    panel_index_[static_cast<size_t>(hierarchy_.input_index(i))] = i;
  }
}

void SalesPanel::CopyDay(Day day, std::span<float> units, std::span<float> revenue) {
  const int32_t* index = panel_index_.data();
  for (const auto& store : dataset_.stores) {
    store->CopyDay(day, &slice_);
    for (size_t row = 0; row < slice_.units.size(); ++row) {
      const auto i = static_cast<size_t>(*index++);
      units[i] = static_cast<float>(slice_.units[row]);
      if (revenue.empty()) continue;
      const int32_t cents = slice_.price_cents[row];
      revenue[i] = cents == kNoPrice ? 0.0F : units[i] * static_cast<float>(cents);
    }
  }
}

}  // namespace tillstream
