#pragma once

#include <limits>

#include "app/forecast_view.h"

namespace tillstream {

/// A view that can be checked by eye: 14 past days of 0, 1, ... 9, 0, ... units, of which the third
/// is not known; means of 4 and 8 in turn with a symmetric fan; an event and SNAP.
inline ForecastView SmallView() {
  ForecastView view;
  view.title = "item A & B, store CA_1";
  view.node = "A_CA_1";
  view.level = 12;
  view.origin = Day(100);
  view.origin_date = *ParseDate("2016-05-08");
  view.model = "pooled";
  view.version = 1;
  for (int32_t t = 0; t < 14; ++t) {
    ForecastView::PastDay& day = view.past.emplace_back();
    day.date = view.origin_date - std::chrono::days(13 - t);
    day.units = t == 2 ? std::numeric_limits<double>::quiet_NaN() : t % 10;
    day.marks.snap_states = t == 4 ? 1 : 0;
  }
  for (int32_t h = 0; h < kHorizon; ++h) {
    ForecastView::ForecastDay& day = view.days.emplace_back();
    day.date = view.origin_date + std::chrono::days(1 + h);
    const bool is_high = h % 2 == 1;
    day.mean = is_high ? 8 : 4;
    for (size_t u = 0; u < kQuantileCount; ++u) {
      day.quantiles[u] = day.mean + static_cast<double>(u) - 4;
    }
    day.drivers = {5, 1, is_high ? 1.6 : .8, 1, 1};
    if (h == 3) {
      day.marks.events = "Fair <1>";
      day.marks.snap_states = 1;
    }
  }
  view.notes = {"sales are not demand: of an item"};
  return view;
}

}  // namespace tillstream
