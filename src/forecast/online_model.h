#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "forecast/horizon.h"
#include "model/ids.h"

namespace tillstream {

/// What a day brings when every store has closed it.
struct DaySales {
  Day day;
  std::span<const float> units;  ///< [series], in the hierarchy's panel order; whole, >= 0.
  /// [store]: 0 where the store's day is not known (it was never closed, or does not agree with its
  /// total); its units are not looked at. Empty: all are known.
  std::span<const uint8_t> is_known = {};

  bool knows(int32_t store) const {
    return is_known.empty() || is_known[static_cast<size_t>(store)] != 0;
  }
};

/// A model that follows the days and can forecast at any moment; its state does not grow.
///
/// Not thread safe. Deterministic: the same days give the same forecasts to the last bit, however
/// they are cut into calls of Advance() and however many threads there are.
class OnlineModel {
 public:
  virtual ~OnlineModel() = default;

  /// Travels with each forecast, as does version(): a change of either, or of a constant, is
  /// another model.
  virtual const char* name() const = 0;
  virtual int32_t version() const = 0;

  /// The next days, in order and without a gap, from d_1 on. A day on which nothing is known still
  /// has to be given.
  virtual void Advance(std::span<const DaySales> days) = 0;

  /// Forecasts the `kHorizon` days after the last: `means` is [kHorizon][series], each finite and
  /// >= 0.
  virtual void Forecast(std::span<float> means) const = 0;

  /// Whether Quantiles() may be called.
  virtual bool has_quantiles() const { return false; }

  /// The quantiles that belong to `means`, the result of Forecast(): `quantiles` is
  /// [node][kHorizon][kQuantileCount] for the nodes of all 12 levels, each finite, >= 0, and not
  /// falling with the probability.
  virtual void Quantiles(std::span<const float> /*means*/, std::span<float> /*quantiles*/) const {}
};

}  // namespace tillstream
