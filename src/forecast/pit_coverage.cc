#include "forecast/pit_coverage.h"

#include <algorithm>

#include "base/check.h"

namespace tillstream {
namespace {

/// The probability of less than `y`; 0 and 1 beyond the outermost quantiles.
double ProbabilityBelow(const float* quantiles, double y) {
  const float* const end = quantiles + kQuantileCount;
  const float* const above = std::upper_bound(
      quantiles, end, y, [](double a, float b) { return a < static_cast<double>(b); });
  if (above == quantiles) return 0;
  if (above == end) return 1;
  const auto u = static_cast<size_t>(above - quantiles);
  const auto low = static_cast<double>(above[-1]);
  const double part = (y - low) / (static_cast<double>(*above) - low);
  return kQuantiles[u - 1] + part * (kQuantiles[u] - kQuantiles[u - 1]);
}

/// How much of [begin, end] lies in [low, high].
double PartInside(double begin, double end, double low, double high) {
  if (end <= begin) return begin >= low && begin <= high ? 1 : 0;
  return std::max(0.0, std::min(end, high) - std::max(begin, low)) / (end - begin);
}

}  // namespace

void ScorePitCoverage(const Hierarchy& hierarchy, std::span<const double> actual,
                      std::span<const float> quantiles, Accuracy* accuracy) {
  constexpr double kHalf = .5;
  const auto nodes = static_cast<size_t>(hierarchy.node_count());
  TILLSTREAM_CHECK(actual.size() == nodes * kHorizon &&
                   quantiles.size() == actual.size() * kQuantileCount);
  for (int32_t level = 1; level <= kLevelCount; ++level) {
    std::array<double, kIntervals.size()> inside{};
    const auto first = static_cast<size_t>(hierarchy.first_node(level));
    const auto end = static_cast<size_t>(hierarchy.end_node(level));
    for (size_t node = first; node < end; ++node) {
      for (size_t h = 0; h < kHorizon; ++h) {
        const double y = actual[h * nodes + node];
        const float* const q = &quantiles[(node * kHorizon + h) * kQuantileCount];
        const double below = y > 0 ? ProbabilityBelow(q, y - kHalf) : 0;
        const double at_most = ProbabilityBelow(q, y + kHalf);
        for (size_t k = 0; k < kIntervals.size(); ++k) {
          const auto& [low, high] = kIntervals[k];
          inside[k] += PartInside(below, at_most, kQuantiles[low], kQuantiles[high]);
        }
      }
    }
    auto& coverage = accuracy->levels[static_cast<size_t>(level - 1)].pit_coverage;
    const double days = static_cast<double>(end - first) * kHorizon;
    for (size_t k = 0; k < kIntervals.size(); ++k) coverage[k] = inside[k] / days;
  }
}

}  // namespace tillstream
