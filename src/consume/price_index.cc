#include "consume/price_index.h"

#include <cmath>

namespace tillstream {
namespace {

/// Parts of a cent that a mean price is rounded to. So many times the largest price on every day of
/// the longest period is far from what 64 bits hold.
constexpr int64_t kPriceParts = 1000;

int64_t MeanPrice(const PricedQuantity& series) {
  const int64_t parts = series.price_sum * kPriceParts;
  // Periods of a day have no use for a division.
  if (series.listed_days == 1) return parts;
  return (parts + series.listed_days / 2) / series.listed_days;
}

}  // namespace

void PriceIndex::Add(const PricedQuantity& before, const PricedQuantity& now) {
  if (before.listed_days == 0 || now.listed_days == 0) return;
  const int64_t p0 = MeanPrice(before);
  const int64_t p1 = MeanPrice(now);
  p1_q0_ += Sum{p1} * before.units;
  p0_q0_ += Sum{p0} * before.units;
  p1_q1_ += Sum{p1} * now.units;
  p0_q1_ += Sum{p0} * now.units;
  ++matched_count_;
}

std::optional<double> PriceIndex::Value() const {
  if (p0_q0_ == 0 || p0_q1_ == 0) return std::nullopt;
  const double laspeyres = static_cast<double>(p1_q0_) / static_cast<double>(p0_q0_);
  const double paasche = static_cast<double>(p1_q1_) / static_cast<double>(p0_q1_);
  const double fisher = std::sqrt(laspeyres * paasche);
  // Returned goods can make a sum negative.
  if (!std::isfinite(fisher)) return std::nullopt;
  return fisher;
}

}  // namespace tillstream
