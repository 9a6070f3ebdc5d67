#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace tillstream {

/// Days that are forecast.
inline constexpr int32_t kHorizon = 28;

/// The quantiles that are forecast, as in the M5 Uncertainty competition.
inline constexpr std::array<double, 9> kQuantiles = {.005, .025, .165, .25, .5,
                                                     .75,  .835, .975, .995};
inline constexpr size_t kQuantileCount = kQuantiles.size();

/// Those that bound the 50, 67 and 95 % intervals, lower and upper.
inline constexpr std::array<std::array<size_t, 2>, 3> kIntervals = {{{3, 5}, {2, 6}, {1, 7}}};

}  // namespace tillstream
