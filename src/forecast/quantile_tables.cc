#include "forecast/quantile_tables.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "forecast/bit_bin.h"

namespace tillstream {
namespace {

constexpr int kSizePartBits = 2;
constexpr int kSizeFirstOctave = -7;

}  // namespace

QuantileTables::QuantileTables(const Hierarchy& hierarchy)
    : deviations(static_cast<size_t>(hierarchy.aggregate_count())),
      z(kAggregateLevels * kWeeks),
      classes(static_cast<size_t>(hierarchy.node_count() - hierarchy.first_node(10))),
      ratios(kItemLevels * kSizeBins * kClasses) {}

size_t QuantileTables::SizeBinOf(float mean) {
  const int32_t bin = BitBin(mean, kSizePartBits, kSizeFirstOctave);
  return static_cast<size_t>(std::clamp<int32_t>(bin, 0, kSizeBins - 1));
}

void QuantileTables::Quantiles(const Hierarchy& hierarchy, std::span<const float> means,
                               int32_t begin, int32_t end, std::span<float> quantiles) const {
  const auto nodes = static_cast<size_t>(hierarchy.node_count());
  TILLSTREAM_CHECK(means.size() == nodes * kHorizon &&
                   quantiles.size() ==
                       static_cast<size_t>(end - begin) * kHorizon * kQuantileCount);
  const int32_t first_item_node = hierarchy.first_node(10);
  float* out = quantiles.data();
  for (int32_t node = begin; node < end; ++node) {
    const auto i = static_cast<size_t>(node);
    const auto level = static_cast<size_t>(hierarchy.LevelOf(node) - 1);
    for (size_t h = 0; h < kHorizon; ++h, out += kQuantileCount) {
      const float mean = means[h * nodes + i];
      if (node < first_item_node) {
        const auto& of_week = z[level * kWeeks + h / 7];
        for (size_t u = 0; u < kQuantileCount; ++u) {
          out[u] =
              static_cast<float>(static_cast<double>(mean) * std::exp(deviations[i] * of_week[u]));
        }
      } else {
        const size_t item_class = classes[static_cast<size_t>(node - first_item_node)];
        const OfCell& of_cell =
            ratios[CellOf(level - kAggregateLevels, SizeBinOf(mean), item_class)];
        for (size_t u = 0; u < kQuantileCount; ++u) out[u] = mean * of_cell[u];
      }
    }
  }
}

void QuantileTables::Save(StateWriter* out) const {
  out->PutAll(deviations);
  for (const auto& of_week : z) {
    for (const double value : of_week) out->Put(value);
  }
  out->PutAll(classes);
  for (const OfCell& cell : ratios) {
    for (const float value : cell) out->Put(value);
  }
}

bool QuantileTables::Load(StateReader* in) {
  bool is_right = in->GetAll(&deviations);
  for (auto& of_week : z) {
    for (double& value : of_week) is_right = is_right && in->Get(&value);
  }
  is_right = is_right && in->GetAll(&classes);
  for (OfCell& cell : ratios) {
    for (float& value : cell) is_right = is_right && in->Get(&value);
  }
  return is_right && std::all_of(classes.begin(), classes.end(),
                                 [](uint8_t of_node) { return of_node < kClasses; });
}

}  // namespace tillstream
