#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "forecast/hierarchy.h"
#include "forecast/known_days.h"
#include "forecast/online_model.h"
#include "forecast/state_stream.h"

namespace tillstream {

/// Follows every item of every store relative to its group's calendar factor: how many units it
/// sells where the group's factor is 1, and on which weekdays more. State in flat arrays [series];
/// nothing before a series' first sale, nothing on days on which all are closed.
///
/// Not thread safe; spreads its work over threads by group.
class ItemLevels {
 public:
  virtual ~ItemLevels() = default;

  /// `factors` is [days.size()][group], as FilterBank::Advance() gives them.
  virtual void Advance(std::span<const DaySales> days, std::span<const float> factors,
                       int32_t threads) = 0;
  /// What an item's own week and SNAP make of its group's factor; the latter against a day
  /// without.
  struct Ratios {
    double weekday = 1;
    double snap = 1;
  };
  virtual Ratios RatiosOn(Day day, int32_t series) const = 0;
  /// `factors` is [kHorizon][group], `means` [kHorizon][series].
  virtual void Forecast(Day first, std::span<const float> factors, int32_t threads,
                        std::span<float> means) const = 0;
  virtual void Save(StateWriter* out) const = 0;
  virtual bool Load(StateReader* in) = 0;
};

/// Rungs 2 and 3: one level, one week.
class OneSpeedItems final : public ItemLevels {
 public:
  OneSpeedItems(const Hierarchy& hierarchy, const KnownDays& known);
  void Advance(std::span<const DaySales> days, std::span<const float> factors,
               int32_t threads) override;
  Ratios RatiosOn(Day day, int32_t series) const override;
  void Forecast(Day first, std::span<const float> factors, int32_t threads,
                std::span<float> means) const override;
  void Save(StateWriter* out) const override;
  bool Load(StateReader* in) override;

 private:
  const Hierarchy& hierarchy_;
  const KnownDays& known_;
  std::vector<float> units_;      ///< Of the level.
  std::vector<float> expected_;   ///< Of the factor.
  std::vector<float> week_;       ///< [weekday][series]: units.
  std::vector<float> week_base_;  ///< [weekday][series]: what the level expected.
};

/// Rung 3b: a fast and a slow level, the fast one pooled over the item's stores; a week and SNAP.
class PooledItems final : public ItemLevels {
 public:
  PooledItems(const Hierarchy& hierarchy, const KnownDays& known);
  void Advance(std::span<const DaySales> days, std::span<const float> factors,
               int32_t threads) override;
  Ratios RatiosOn(Day day, int32_t series) const override;
  void Forecast(Day first, std::span<const float> factors, int32_t threads,
                std::span<float> means) const override;
  void Save(StateWriter* out) const override;
  bool Load(StateReader* in) override;

 private:
  /// Log of what the recent days of the item's stores say over what its slow level says: [series].
  std::vector<float> RecentShifts() const;

  const Hierarchy& hierarchy_;
  const KnownDays& known_;
  std::vector<float> fast_units_;
  std::vector<float> fast_expected_;
  std::vector<float> slow_units_;
  std::vector<float> slow_expected_;
  std::vector<float> week_;       ///< [weekday][series]
  std::vector<float> week_base_;  ///< [weekday][series]
  std::vector<float> snap_;       ///< [0 or 1][series]
  std::vector<float> snap_base_;  ///< [0 or 1][series]
};

}  // namespace tillstream
