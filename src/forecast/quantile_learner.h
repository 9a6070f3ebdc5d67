#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "forecast/hierarchy.h"
#include "forecast/horizon.h"
#include "forecast/quantile_tables.h"
#include "forecast/state_stream.h"
#include "model/ids.h"

namespace tillstream {

/// Learns how far what is sold lies from what was forecast, and makes quantiles from it.
///
/// One forecast a week is frozen; as its days arrive, their errors are counted. Levels 1 to 9:
/// z = log(y/f)/s, s being the node's own deviation, in histograms a level and week of the horizon.
/// Levels 10 to 12: y/f, in histograms a level, size of f, dispersion of the node's units among
/// nodes of that size, and whether a sale is overdue. A quantile is f times that of the ratio, so
/// it does not fall with the probability. Old weeks fade.
///
/// Nodes are those of the hierarchy; means are [kHorizon][node].
class QuantileLearner {
 public:
  /// `threads` may be used by each call.
  QuantileLearner(const Hierarchy& hierarchy, int32_t threads);

  /// Keeps the forecast made before `first`, its first day. At most one in seven days.
  void Freeze(Day first, std::vector<float> means);

  /// A day's units a node, NaN where not known. Days come in order.
  void Observe(Day day, std::span<const float> units);

  /// What belongs to a forecast made now.
  QuantileTables Tables(std::span<const float> means) const;

  void Save(StateWriter* out) const;
  bool Load(StateReader* in);

 private:
  static constexpr size_t kFrozenMax = 4;  ///< A horizon of weeks.
  static constexpr size_t kZBins = 240;
  static constexpr size_t kRatioBins = 98;

  struct Frozen {
    int32_t first = 0;  ///< 0: none.
    std::vector<float> means;
    std::vector<uint8_t> classes;  ///< Of the nodes of levels 10 to 12.
    std::vector<uint32_t> counts;  ///< As counts_, of this week: each forecast has its own, so that
                                   ///< they can be counted side by side.
  };
  static size_t RatioBinOf(float ratio);
  static float RatioAt(double bin);
  /// Where the counts of a cell begin.
  static size_t CellOf(size_t level, size_t size_bin, size_t item_class) {
    return QuantileTables::CellOf(level, size_bin, item_class) * kRatioBins;
  }

  std::vector<uint8_t> ClassesOf(std::span<const float> means) const;
  void ObserveAggregates(const Frozen& frozen, size_t h, std::span<const float> units);
  void ObserveItems(size_t h, std::span<const float> units, Frozen* frozen) const;
  void FollowItems(Day day, std::span<const float> units);
  void Fade();
  double DeviationOf(int32_t node, int32_t level) const;
  std::vector<std::array<double, kQuantileCount>> ZQuantiles() const;
  std::vector<QuantileTables::OfCell> RatioQuantiles() const;

  const Hierarchy& hierarchy_;
  const int32_t threads_;
  const int32_t first_item_node_;
  std::array<Frozen, kFrozenMax> frozen_;
  size_t next_frozen_ = 0;

  // Levels 1 to 9.
  std::vector<double> squares_;        ///< Of errors of the log, a node: faded sum,
  std::vector<double> square_counts_;  ///< and count.
  std::vector<double> z_counts_;       ///< [level][week][bin]

  // Levels 10 to 12.
  std::vector<float> mean_;            ///< Of recent units, a node.
  std::vector<float> spread_;          ///< Their variance.
  std::vector<float> overdue_;         ///< Expected units since the last sale.
  std::vector<float> counts_;          ///< [level][size][class][ratio], faded weeks.
  std::vector<uint32_t> week_counts_;  ///< The same, of this week.
};

}  // namespace tillstream
