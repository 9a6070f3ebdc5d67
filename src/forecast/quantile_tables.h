#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "forecast/hierarchy.h"
#include "forecast/horizon.h"
#include "forecast/state_stream.h"

namespace tillstream {

/// What makes quantiles from the means of a forecast: all that QuantileLearner knew at its origin.
/// Small, so that a forecast can be kept without its quantiles until its days have come.
struct QuantileTables {
  static constexpr size_t kWeeks = 4;      ///< Of the horizon.
  static constexpr size_t kSizeBins = 64;  ///< Sizes of a mean, four an octave from 1/128 on.
  static constexpr size_t kDispersions = 5;
  static constexpr size_t kClasses = kDispersions * 2;  ///< Dispersion, and whether overdue.
  static constexpr int32_t kAggregateLevels = 9;
  static constexpr int32_t kItemLevels = 3;

  using OfCell = std::array<float, kQuantileCount>;

  /// Tables of the right sizes, all 0.
  explicit QuantileTables(const Hierarchy& hierarchy);

  static size_t SizeBinOf(float mean);
  static size_t CellOf(size_t level, size_t size_bin, size_t item_class) {
    return (level * kSizeBins + size_bin) * kClasses + item_class;
  }

  /// Quantiles of the nodes [begin, end): `means` are [kHorizon][node], of all nodes; `quantiles`
  /// is [end - begin][kHorizon][kQuantileCount].
  void Quantiles(const Hierarchy& hierarchy, std::span<const float> means, int32_t begin,
                 int32_t end, std::span<float> quantiles) const;

  void Save(StateWriter* out) const;
  /// False when it is not of the same hierarchy.
  bool Load(StateReader* in);

  /// Levels 1 to 9: the deviation of each node, and quantiles of z, [level][week].
  std::vector<double> deviations;
  std::vector<std::array<double, kQuantileCount>> z;
  /// Levels 10 to 12: the class of each node, and quantiles of y/f, a cell.
  std::vector<uint8_t> classes;
  std::vector<OfCell> ratios;
};

}  // namespace tillstream
