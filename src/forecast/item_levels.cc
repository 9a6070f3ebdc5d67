#include "forecast/item_levels.h"

#include <algorithm>
#include <cmath>

#include "forecast/parallel.h"

namespace tillstream {
namespace {

constexpr size_t kWeekdays = 7;
/// Keeps a quotient finite where nothing was expected.
constexpr float kTiny = 1e-20F;
/// Units that pull the ratio of a weekday to 1, with one speed.
constexpr float kWeekPrior = .45F;
/// And of a weekday or SNAP with two.
constexpr float kPooledPrior = .6F;

size_t WeekdayOf(const KnownDays& known, Day day) {
  return std::chrono::weekday(known.DateOf(day)).c_encoding();
}

/// One of the arrays [k][series], at the series of a group.
float* RowOf(std::vector<float>* rows, size_t row, size_t series, int32_t begin) {
  return rows->data() + row * series + static_cast<size_t>(begin);
}
const float* RowOf(const std::vector<float>& rows, size_t row, size_t series, int32_t begin) {
  return rows.data() + row * series + static_cast<size_t>(begin);
}

}  // namespace

OneSpeedItems::OneSpeedItems(const Hierarchy& hierarchy, const KnownDays& known)
    : hierarchy_(hierarchy),
      known_(known),
      units_(static_cast<size_t>(hierarchy.series_count())),
      expected_(units_.size()),
      week_(units_.size() * kWeekdays),
      week_base_(week_.size()) {}

void OneSpeedItems::Advance(std::span<const DaySales> days, std::span<const float> factors,
                            int32_t threads) {
  constexpr float kLevelGain = .072F;
  constexpr float kWeekGain = .005F;
  const size_t series = units_.size();
  const auto groups = static_cast<size_t>(hierarchy_.group_count());
  ParallelFor(threads, hierarchy_.group_count(), [&](int32_t group) {
    const int32_t begin = hierarchy_.group_begin(group);
    const auto size = static_cast<size_t>(hierarchy_.group_end(group) - begin);
    float* const units = RowOf(&units_, 0, series, begin);
    float* const expected = RowOf(&expected_, 0, series, begin);
    for (size_t t = 0; t < days.size(); ++t) {
      const DaySales& day = days[t];
      if (known_.IsClosed(day.day) || !day.knows(hierarchy_.group_store(group))) continue;
      const float factor = factors[t * groups + static_cast<size_t>(group)];
      const size_t weekday = WeekdayOf(known_, day.day);
      float* const week = RowOf(&week_, weekday, series, begin);
      float* const base = RowOf(&week_base_, weekday, series, begin);
      const float* const sold = day.units.data() + begin;
      for (size_t i = 0; i < size; ++i) {
        const float y = sold[i];
        const bool has_level = expected[i] > 0;
        const bool is_on = has_level || y > 0;
        const float week_gain = has_level ? kWeekGain : 0.0F;
        const float gain = is_on ? kLevelGain : 0.0F;
        const float level = units[i] / std::max(expected[i], kTiny) * factor;
        week[i] += week_gain * (y - week[i]);
        base[i] += week_gain * (level - base[i]);
        units[i] += gain * (y - units[i]);
        expected[i] += gain * (factor - expected[i]);
      }
    }
  });
}

void OneSpeedItems::Forecast(Day first, std::span<const float> factors, int32_t threads,
                             std::span<float> means) const {
  const size_t series = units_.size();
  const auto groups = static_cast<size_t>(hierarchy_.group_count());
  ParallelFor(threads, hierarchy_.group_count(), [&](int32_t group) {
    const int32_t begin = hierarchy_.group_begin(group);
    const auto size = static_cast<size_t>(hierarchy_.group_end(group) - begin);
    const float* const units = RowOf(units_, 0, series, begin);
    const float* const expected = RowOf(expected_, 0, series, begin);
    for (size_t h = 0; h < kHorizon; ++h) {
      const float factor = factors[h * groups + static_cast<size_t>(group)];
      const size_t weekday = WeekdayOf(known_, first + static_cast<int32_t>(h));
      const float* const week = RowOf(week_, weekday, series, begin);
      const float* const base = RowOf(week_base_, weekday, series, begin);
      float* const out = means.data() + h * series + static_cast<size_t>(begin);
      for (size_t i = 0; i < size; ++i) {
        out[i] = units[i] / std::max(expected[i], kTiny) * factor * (week[i] + kWeekPrior) /
                 (base[i] + kWeekPrior);
      }
    }
  });
}

ItemLevels::Ratios OneSpeedItems::RatiosOn(Day day, int32_t series) const {
  const size_t k = WeekdayOf(known_, day) * units_.size() + static_cast<size_t>(series);
  return {static_cast<double>((week_[k] + kWeekPrior) / (week_base_[k] + kWeekPrior)), 1};
}

void OneSpeedItems::Save(StateWriter* out) const {
  for (const auto* array : {&units_, &expected_, &week_, &week_base_}) out->PutAll(*array);
}
bool OneSpeedItems::Load(StateReader* in) {
  bool is_right = true;
  for (auto* array : {&units_, &expected_, &week_, &week_base_}) is_right &= in->GetAll(array);
  return is_right;
}

PooledItems::PooledItems(const Hierarchy& hierarchy, const KnownDays& known)
    : hierarchy_(hierarchy),
      known_(known),
      fast_units_(static_cast<size_t>(hierarchy.series_count())),
      fast_expected_(fast_units_.size()),
      slow_units_(fast_units_.size()),
      slow_expected_(fast_units_.size()),
      week_(fast_units_.size() * kWeekdays),
      week_base_(week_.size()),
      snap_(fast_units_.size() * 2),
      snap_base_(snap_.size()) {}

void PooledItems::Advance(std::span<const DaySales> days, std::span<const float> factors,
                          int32_t threads) {
  constexpr float kFastGain = .14F;
  constexpr float kSlowGain = .01F;
  constexpr float kWeekGain = .005F;
  constexpr float kSnapGain = .003F;
  const size_t series = fast_units_.size();
  const auto groups = static_cast<size_t>(hierarchy_.group_count());
  ParallelFor(threads, hierarchy_.group_count(), [&](int32_t group) {
    const int32_t begin = hierarchy_.group_begin(group);
    const auto size = static_cast<size_t>(hierarchy_.group_end(group) - begin);
    const std::string& state =
        hierarchy_.states()[static_cast<size_t>(hierarchy_.group_state(group))];
    float* __restrict const n1 = RowOf(&fast_units_, 0, series, begin);
    float* __restrict const d1 = RowOf(&fast_expected_, 0, series, begin);
    float* __restrict const n2 = RowOf(&slow_units_, 0, series, begin);
    float* __restrict const d2 = RowOf(&slow_expected_, 0, series, begin);
    for (size_t t = 0; t < days.size(); ++t) {
      const DaySales& day = days[t];
      if (known_.IsClosed(day.day) || !day.knows(hierarchy_.group_store(group))) continue;
      const float factor = factors[t * groups + static_cast<size_t>(group)];
      const size_t weekday = WeekdayOf(known_, day.day);
      const size_t z = known_.HasSnap(day.day, state) ? 1 : 0;
      float* __restrict const week = RowOf(&week_, weekday, series, begin);
      float* __restrict const week_base = RowOf(&week_base_, weekday, series, begin);
      float* __restrict const snap = RowOf(&snap_, z, series, begin);
      float* __restrict const snap_base = RowOf(&snap_base_, z, series, begin);
      const float* __restrict const sold = day.units.data() + begin;
      for (size_t i = 0; i < size; ++i) {
        const float y = sold[i];
        const bool has_level = d1[i] > 0;
        const bool is_on = has_level || y > 0;
        const float week_gain = has_level ? kWeekGain : 0.0F;
        const float snap_gain = has_level ? kSnapGain : 0.0F;
        const float fast_gain = is_on ? kFastGain : 0.0F;
        const float slow_gain = is_on ? kSlowGain : 0.0F;
        const float level = n1[i] / std::max(d1[i], kTiny) * factor;
        week[i] += week_gain * (y - week[i]);
        week_base[i] += week_gain * (level - week_base[i]);
        snap[i] += snap_gain * (y - snap[i]);
        snap_base[i] += snap_gain * (level - snap_base[i]);
        n1[i] += fast_gain * (y - n1[i]);
        d1[i] += fast_gain * (factor - d1[i]);
        n2[i] += slow_gain * (y - n2[i]);
        d2[i] += slow_gain * (factor - d2[i]);
      }
    }
  });
}

std::vector<float> PooledItems::RecentShifts() const {
  constexpr double kNationalPrior = .7;
  constexpr double kPrior = .35;
  constexpr double kNationalShare = .25;
  constexpr double kStateShare = .1;
  constexpr double kOwnShare = .5;
  struct Sums {
    double units = 0;
    double expected = 0;
    /// Of the others: the ratio without one member, pulled to 1.
    double RatioWithout(double own_units, double own_expected, double prior) const {
      return (std::max(0.0, units - own_units) + prior) /
             (std::max(0.0, expected - own_expected) + prior);
    }
  };
  std::vector<float> shifts(fast_units_.size());
  std::vector<Sums> items(static_cast<size_t>(hierarchy_.item_count()));
  const int32_t first_of_state = hierarchy_.first_node(11);
  std::vector<Sums> states(static_cast<size_t>(hierarchy_.end_node(11) - first_of_state));
  const std::span<const int32_t> state_nodes = hierarchy_.NodesOfSeries(11);
  const auto expected_of = [&](size_t i) {
    return static_cast<double>(slow_units_[i] / std::max(slow_expected_[i], kTiny) *
                               fast_expected_[i]);
  };
  for (size_t i = 0; i < shifts.size(); ++i) {
    const auto units = static_cast<double>(fast_units_[i]);
    const double expected = expected_of(i);
    for (Sums* sums : {&items[static_cast<size_t>(hierarchy_.item_of(static_cast<int32_t>(i)))],
                       &states[static_cast<size_t>(state_nodes[i] - first_of_state)]}) {
      sums->units += units;
      sums->expected += expected;
    }
  }
  for (size_t i = 0; i < shifts.size(); ++i) {
    const auto units = static_cast<double>(fast_units_[i]);
    const double expected = expected_of(i);
    const Sums& item = items[static_cast<size_t>(hierarchy_.item_of(static_cast<int32_t>(i)))];
    const Sums& state = states[static_cast<size_t>(state_nodes[i] - first_of_state)];
    shifts[i] = static_cast<float>(
        kNationalShare * std::log(item.RatioWithout(units, expected, kNationalPrior)) +
        kStateShare * std::log(state.RatioWithout(units, expected, kPrior)) +
        kOwnShare * std::log((units + kPrior) / (expected + kPrior)));
  }
  return shifts;
}

void PooledItems::Forecast(Day first, std::span<const float> factors, int32_t threads,
                           std::span<float> means) const {
  // The shift of the recent days fades linearly over the horizon: by day h it counts
  // 1 - kFade (h - 13.5)/28 times, so its exponential is a geometric sequence.
  constexpr float kFade = .38F;
  constexpr float kMiddle = 13.5F;
  const size_t series = fast_units_.size();
  const auto groups = static_cast<size_t>(hierarchy_.group_count());
  const std::vector<float> shifts = RecentShifts();
  ParallelFor(threads, hierarchy_.group_count(), [&](int32_t group) {
    const int32_t begin = hierarchy_.group_begin(group);
    const auto size = static_cast<size_t>(hierarchy_.group_end(group) - begin);
    const std::string& state =
        hierarchy_.states()[static_cast<size_t>(hierarchy_.group_state(group))];
    const float* const shift = shifts.data() + begin;
    const float* const n2 = RowOf(slow_units_, 0, series, begin);
    const float* const d2 = RowOf(slow_expected_, 0, series, begin);
    std::vector<float> level(size);
    std::vector<float> fade(size);
    for (size_t i = 0; i < size; ++i) {
      level[i] =
          n2[i] / std::max(d2[i], kTiny) * std::exp(shift[i] * (1 + kFade * kMiddle / kHorizon));
      fade[i] = std::exp(-shift[i] * kFade / kHorizon);
    }
    // Ratios by weekday (0 to 6), then by SNAP (7, 8).
    std::vector<float> ratios(size * (kWeekdays + 2));
    for (size_t k = 0; k < kWeekdays + 2; ++k) {
      const bool is_week = k < kWeekdays;
      const float* const units =
          is_week ? RowOf(week_, k, series, begin) : RowOf(snap_, k - kWeekdays, series, begin);
      const float* const base = is_week ? RowOf(week_base_, k, series, begin)
                                        : RowOf(snap_base_, k - kWeekdays, series, begin);
      for (size_t i = 0; i < size; ++i) {
        ratios[k * size + i] = (units[i] + kPooledPrior) / (base[i] + kPooledPrior);
      }
    }
    for (size_t h = 0; h < kHorizon; ++h) {
      const Day day = first + static_cast<int32_t>(h);
      const float factor = factors[h * groups + static_cast<size_t>(group)];
      const float* const week = ratios.data() + WeekdayOf(known_, day) * size;
      const float* const snap =
          ratios.data() + (kWeekdays + (known_.HasSnap(day, state) ? 1 : 0)) * size;
      float* const out = means.data() + h * series + static_cast<size_t>(begin);
      for (size_t i = 0; i < size; ++i) {
        out[i] = level[i] * factor * week[i] * snap[i];
        level[i] *= fade[i];
      }
    }
  });
}

ItemLevels::Ratios PooledItems::RatiosOn(Day day, int32_t series) const {
  const auto ratio = [series, this](const std::vector<float>& units, const std::vector<float>& base,
                                    size_t row) {
    const size_t k = row * fast_units_.size() + static_cast<size_t>(series);
    return static_cast<double>(units[k] + kPooledPrior) /
           static_cast<double>(base[k] + kPooledPrior);
  };
  Ratios ratios;
  ratios.weekday = ratio(week_, week_base_, WeekdayOf(known_, day));
  const auto state = static_cast<size_t>(hierarchy_.state_of(series));
  if (known_.HasSnap(day, hierarchy_.states()[state])) {
    ratios.snap = ratio(snap_, snap_base_, 1) / ratio(snap_, snap_base_, 0);
  }
  return ratios;
}

void PooledItems::Save(StateWriter* out) const {
  for (const auto* array : {&fast_units_, &fast_expected_, &slow_units_, &slow_expected_, &week_,
                            &week_base_, &snap_, &snap_base_}) {
    out->PutAll(*array);
  }
}
bool PooledItems::Load(StateReader* in) {
  bool is_right = true;
  for (auto* array : {&fast_units_, &fast_expected_, &slow_units_, &slow_expected_, &week_,
                      &week_base_, &snap_, &snap_base_}) {
    is_right &= in->GetAll(array);
  }
  return is_right;
}

}  // namespace tillstream
