#pragma once

#include <cstdint>
#include <optional>

#include "model/money.h"

namespace tillstream {

/// What a series did in one period, as far as an index asks: how often it was listed and at what
/// prices, and how much of it was sold.
struct PricedQuantity {
  Cents price_sum = 0;      ///< Over the days on which it was listed.
  int32_t listed_days = 0;  ///< 0: not listed, and no part of an index with this period.
  int64_t units = 0;
};

/// Fisher's ideal price index of a period (1) against another one (0), on matched series:
///
///     L = sum(p1 q0) / sum(p0 q0)    Laspeyres
///     P = sum(p1 q1) / sum(p0 q1)    Paasche
///     F = sqrt(L P)
///
/// Source: I. Fisher, The Making of Index Numbers, 1922; ILO et al., Consumer Price Index Manual,
/// 2020, chapter 8. It treats both periods alike, so what was bought in neither has the last word.
///
/// p is the mean of a series' prices over the days of the period on which it was listed, rounded
/// to a thousandth of a cent, q the units sold in the period. A series that was not listed in one
/// of the two periods is left out of all four sums: an item that appears, vanishes or is not
/// listed for weeks changes the range and not the prices.
///
/// Sums are exact, so that they do not depend on the order of series.
class PriceIndex {
 public:
  /// Takes one series' two periods.
  void Add(const PricedQuantity& before, const PricedQuantity& now);

  /// Series that were listed in both periods.
  int32_t matched_count() const { return matched_count_; }

  /// F; none where no series is matched, or those that are were not sold in one of the periods, so
  /// that L or P has no denominator.
  std::optional<double> Value() const;

 private:
  __extension__ using Sum = __int128;

  Sum p1_q0_ = 0;
  Sum p0_q0_ = 0;
  Sum p1_q1_ = 0;
  Sum p0_q1_ = 0;
  int32_t matched_count_ = 0;
};

}  // namespace tillstream
