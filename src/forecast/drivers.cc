#include "forecast/drivers.h"

#include <cmath>

#include "forecast/calendar_design.h"
#include "forecast/filter_bank.h"
#include "forecast/item_levels.h"

namespace tillstream {
namespace {

constexpr int32_t kWeekDays = 7;

double& At(DriverFactors* factors, Driver driver) {
  return (*factors)[static_cast<size_t>(driver)];
}

/// The calendar's factors of every group, the season's average taken out: [kHorizon][group].
std::vector<DriverFactors> GroupFactors(const FilterBank& filters, Day first, size_t groups) {
  std::vector<DriverFactors> factors = filters.Explain(first, kHorizon);
  const std::vector<DriverFactors> year = filters.Explain(first - kYearDays, kYearDays);
  constexpr auto kSeason = static_cast<size_t>(Driver::kSeason);
  for (size_t g = 0; g < groups; ++g) {
    double sum = 0;
    for (size_t t = 0; t < kYearDays; ++t) sum += year[t * groups + g][kSeason];
    for (size_t h = 0; h < kHorizon; ++h) factors[h * groups + g][kSeason] *= kYearDays / sum;
  }
  return factors;
}

/// Levels of closed days: that of the open day before, or of the first one.
void FillClosed(std::span<const uint8_t> is_closed, std::array<double, kHorizon>* levels) {
  size_t from = 0;
  while (from < kHorizon && is_closed[from] != 0) ++from;
  if (from == kHorizon) return;
  for (size_t h = 0; h < kHorizon; ++h) {
    if (is_closed[h] == 0) from = h;
    (*levels)[h] = (*levels)[from];
  }
}

}  // namespace

const char* DriverName(Driver driver) {
  static constexpr const char* kNames[] = {"level", "season", "weekday", "SNAP", "event"};
  return kNames[static_cast<size_t>(driver)];
}

std::vector<DriverFactors> DriversOf(const Hierarchy& hierarchy, const CalendarDesign& design,
                                     const FilterBank& filters, const ItemLevels& items, Day first,
                                     std::span<const float> means,
                                     std::span<const int32_t> series) {
  const auto groups = static_cast<size_t>(hierarchy.group_count());
  const auto all_series = static_cast<size_t>(hierarchy.series_count());
  const std::vector<DriverFactors> of_groups = GroupFactors(filters, first, groups);
  const int32_t first_group = hierarchy.first_node(9);
  const std::span<const int32_t> group_nodes = hierarchy.NodesOfSeries(9);
  std::array<uint8_t, kHorizon> is_closed{};
  for (int32_t h = 0; h < kHorizon; ++h) {
    is_closed[static_cast<size_t>(h)] = design.IsClosed(first + h) ? 1 : 0;
  }
  // [h][k]: the sum over series of the product of the first k + 1 drivers.
  std::vector<DriverFactors> sums(kHorizon, DriverFactors{});
  for (const int32_t i : series) {
    const auto group = static_cast<size_t>(group_nodes[static_cast<size_t>(i)] - first_group);
    std::array<DriverFactors, kHorizon> own{};
    std::array<double, kHorizon> levels{};
    double week = 0;
    for (size_t h = 0; h < kHorizon; ++h) {
      own[h] = of_groups[h * groups + group];
      const ItemLevels::Ratios ratios = items.RatiosOn(first + static_cast<int32_t>(h), i);
      At(&own[h], Driver::kWeekday) *= ratios.weekday;
      At(&own[h], Driver::kSnap) *= ratios.snap;
      if (h < kWeekDays) week += At(&own[h], Driver::kWeekday) / kWeekDays;
    }
    for (size_t h = 0; h < kHorizon; ++h) {
      At(&own[h], Driver::kWeekday) /= week;
      double factor = 1;
      for (size_t k = 1; k < kDriverCount; ++k) factor *= own[h][k];
      if (is_closed[h] != 0) {
        At(&own[h], Driver::kEvent) = 0;
      } else {
        levels[h] = static_cast<double>(means[h * all_series + static_cast<size_t>(i)]) / factor;
      }
    }
    FillClosed(is_closed, &levels);
    for (size_t h = 0; h < kHorizon; ++h) {
      double product = levels[h];
      sums[h][0] += product;
      for (size_t k = 1; k < kDriverCount; ++k) {
        product *= own[h][k];
        sums[h][k] += product;
      }
    }
  }
  std::vector<DriverFactors> drivers(kHorizon);
  for (size_t h = 0; h < kHorizon; ++h) {
    drivers[h][0] = sums[h][0];
    for (size_t k = 1; k < kDriverCount; ++k) {
      drivers[h][k] = sums[h][k - 1] > 0 ? sums[h][k] / sums[h][k - 1] : 1;
    }
  }
  return drivers;
}

}  // namespace tillstream
