#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "forecast/forecaster.h"
#include "forecast/hierarchy.h"
#include "forecast/known_days.h"
#include "forecast/online_model.h"

namespace tillstream {

/// A retailer small enough for a test: its series, its calendar, and what it sells.
struct SmallPanel {
  int32_t stores = 2;
  int32_t items = 6;
  int32_t days = 120;
  int32_t calendar_days = 160;
  double mean = 5;  ///< Of units a series and day.
  double zero = 0;  ///< Share of series that never sell.
  bool is_shuffled = false;
  uint64_t seed = 1;

  /// Makes what follows from the above.
  void Make() {
    std::mt19937_64 random(seed);
    std::uniform_real_distribution<double> uniform(0, 1);
    std::vector<SeriesKey> keys;
    for (int32_t store = 0; store < stores; ++store) {
      static constexpr const char* kStates[] = {"CA", "TX", "WI"};
      const std::string state = kStates[store % 3];
      for (int32_t item = 0; item < items; ++item) {
        static constexpr const char* kCategories[] = {"FOODS", "HOBBIES"};
        const std::string cat = kCategories[item % 2];
        const std::string dept = cat + "_" + std::to_string(1 + item % 3);
        keys.push_back({dept + "_" + std::to_string(100 + item), dept, cat,
                        state + "_" + std::to_string(1 + store / 3), state});
      }
    }
    if (is_shuffled) std::shuffle(keys.begin(), keys.end(), random);
    hierarchy = std::make_unique<Hierarchy>(keys);
    known.first_date = *ParseDate("2011-01-29");
    known.holidays = *ParseHolidayTable(kHolidaysJson);
    known.snap_states = {"CA", "TX", "WI"};
    known.days.resize(static_cast<size_t>(calendar_days));
    for (size_t t = 0; t < known.days.size(); ++t) {
      known.days[t].snap = static_cast<uint32_t>(random() % 8);
      if (t % 31 == 8) known.days[t].events[0] = {"SuperBowl", "Sporting"};
      if (t % 53 == 20) known.days[t].events[0] = {"Thanksgiving", "National"};
      if (t % 53 == 20) known.days[t].events[1] = {"Pesach End", "Religious"};
    }
    const auto series = static_cast<size_t>(hierarchy->series_count());
    units.resize(static_cast<size_t>(days) * series);
    for (size_t i = 0; i < series; ++i) {
      const double level = uniform(random) < zero ? 0 : mean * -std::log(1 - uniform(random));
      const auto start = static_cast<size_t>(uniform(random) * uniform(random) * days);
      for (size_t t = start; t < static_cast<size_t>(days); ++t) {
        const double week = 1 + .4 * std::sin(static_cast<double>(t % 7));
        if (level <= 0 || known.IsClosed(Day(static_cast<int32_t>(t) + 1))) continue;
        std::poisson_distribution<int32_t> poisson(level * week);
        units[t * series + i] = static_cast<float>(poisson(random));
      }
    }
  }

  std::span<const float> UnitsOf(int32_t day) const {
    const auto series = static_cast<size_t>(hierarchy->series_count());
    return std::span<const float>(units).subspan(static_cast<size_t>(day - 1) * series, series);
  }

  /// Days [begin, end), 1-based.
  std::vector<DaySales> Days(int32_t begin, int32_t end) const {
    std::vector<DaySales> list;
    for (int32_t day = begin; day < end; ++day) list.push_back({Day(day), UnitsOf(day)});
    return list;
  }

  /// A forecast of `model` as it is now.
  std::vector<float> Means(const OnlineModel& model) const {
    std::vector<float> means(static_cast<size_t>(hierarchy->series_count()) * kHorizon);
    model.Forecast(means);
    return means;
  }
  std::vector<float> Quantiles(const OnlineModel& model, std::span<const float> means) const {
    std::vector<float> quantiles(static_cast<size_t>(hierarchy->node_count()) * kHorizon *
                                 kQuantileCount);
    model.Quantiles(means, quantiles);
    return quantiles;
  }

  std::unique_ptr<Hierarchy> hierarchy;
  KnownDays known;
  std::vector<float> units;  ///< [day][series]
};

/// Every mean is a number of units; every quantile too, and none lies below a lower one.
inline void ExpectSound(const SmallPanel& panel, const OnlineModel& model) {
  const std::vector<float> means = panel.Means(model);
  for (const float mean : means) {
    ASSERT_TRUE(std::isfinite(mean) && mean >= 0) << model.name() << ": " << mean;
  }
  if (!model.has_quantiles()) return;
  const std::vector<float> quantiles = panel.Quantiles(model, means);
  for (size_t k = 0; k < quantiles.size(); ++k) {
    const float q = quantiles[k];
    ASSERT_TRUE(std::isfinite(q) && q >= 0) << model.name() << ": " << q;
    if (k % kQuantileCount == 0) continue;
    ASSERT_GE(q, quantiles[k - 1]);
  }
}

/// The last of all models, given all days.
inline std::unique_ptr<Forecaster> Followed(const SmallPanel& panel, int32_t threads = 1) {
  auto model = std::make_unique<Forecaster>(*panel.hierarchy, panel.known, threads);
  model->Advance(panel.Days(1, panel.days + 1));
  return model;
}

}  // namespace tillstream
