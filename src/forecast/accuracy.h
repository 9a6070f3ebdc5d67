#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "forecast/hierarchy.h"
#include "forecast/horizon.h"
#include "forecast/quantile_tables.h"
#include "forecast/state_stream.h"

namespace tillstream {

/// What errors are measured against at one moment: that of a forecast's origin.
struct Scales {
  /// S and A of each node (AccuracyScales); 0 while there are not two days since its first sale, or
  /// none of them differs.
  std::vector<double> squared;
  std::vector<double> absolute;
  /// Each level's sum to 1 (all 0 when nothing was sold).
  std::vector<double> weights;

  void Save(StateWriter* out) const;
  /// False when it is not one of as many nodes as this one.
  bool Load(StateReader* in);
};

/// What the errors of each node are measured against, kept up to date day by day. The measures are
/// those of the M5 competition (Makridakis, Spiliotis, Assimakopoulos: The M5 competition, 2022):
///
///   RMSSE = sqrt(mean over the horizon of (y - f)^2 / S),  S = mean of (y_t - y_{t-1})^2
///   SPL_u = mean over the horizon of pinball_u(y, q) / A,  A = mean of |y_t - y_{t-1}|
///
/// with both means over the days after the node's first day with sales. A node's weight is what it
/// sold for in the last 28 days, over the sum of its level.
class AccuracyScales {
 public:
  explicit AccuracyScales(const Hierarchy& hierarchy);

  /// The next day: units and money (of any unit) a series.
  void Advance(std::span<const float> units, std::span<const float> revenue);

  /// As they stand now.
  Scales Now() const;

  void Save(StateWriter* out) const;
  /// False, and not usable, when it is not that of the same hierarchy.
  bool Load(StateReader* in);

 private:
  std::vector<double> Weights() const;

  const Hierarchy& hierarchy_;
  std::vector<double> today_;
  std::vector<double> last_;
  std::vector<double> squared_;
  std::vector<double> absolute_;
  std::vector<int32_t> differences_;        ///< -1 before the first sale.
  std::vector<std::vector<float>> recent_;  ///< Revenue of the last days, as a ring.
  size_t next_recent_ = 0;
};

/// Of one level; NaN where it is not defined: WAPE and bias when nothing was sold, WRMSSE and WSPL
/// when nothing of the level has a weight and a scale.
struct LevelAccuracy {
  double wrmsse = 0;
  double wape = 0;  ///< sum |y - f| / sum y over nodes and days.
  double bias = 0;  ///< (sum f - sum y) / sum y.
  double wspl = 0;
  std::array<double, 3> coverage{};      ///< Share of days inside the 50, 67 and 95 % intervals.
  std::array<double, 3> pit_coverage{};  ///< See pit_coverage.h.
};

/// By level; [0] is level 1.
struct Accuracy {
  std::array<LevelAccuracy, kLevelCount> levels{};
  bool has_quantiles = false;
  /// Means over the levels: the figures that the competition ranks by.
  double wrmsse() const;
  double wspl() const;
};

/// Scores means: `actual` and `forecast` are [kHorizon][node_count()]. A node without a scale is
/// left out of the level's sum.
Accuracy ScoreMeans(const Hierarchy& hierarchy, const Scales& scales,
                    std::span<const double> actual, std::span<const double> forecast);

/// Adds WSPL and coverage: `quantiles` is [node_count()][kHorizon][kQuantileCount].
void ScoreQuantiles(const Hierarchy& hierarchy, const Scales& scales,
                    std::span<const double> actual, std::span<const float> quantiles,
                    Accuracy* accuracy);

/// The same of a forecast whose quantiles are made from `means`, [kHorizon][node_count()].
void ScoreQuantiles(const Hierarchy& hierarchy, const Scales& scales,
                    std::span<const double> actual, std::span<const float> means,
                    const QuantileTables& tables, Accuracy* accuracy);

/// Sums [kHorizon][series] to [kHorizon][node_count()].
std::vector<double> AggregateDays(const Hierarchy& hierarchy, std::span<const float> days);

}  // namespace tillstream
