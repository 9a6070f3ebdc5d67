#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace tillstream {

/// The longest time that one series sold nothing, among days in which it sold before.
struct ZeroRun {
  int32_t begin = 0;    ///< Index of the day; [begin, end) with closed and unknown days in it.
  int32_t end = 0;      ///< The number of days: it goes on.
  int32_t days = 0;     ///< Of them known and open.
  double expected = 0;  ///< Units that it sells in as many days outside of the run.
};

/// Looks at a series' days, the newest last; NaN for a day that is closed or not known. Days before
/// the first sale are not looked at.
ZeroRun LongestZeroRun(std::span<const float> units);

/// Whether a run is longer than chance makes it: a week at least, and so much expected that a
/// Poisson variable of that mean is zero once in 8,000: of series that sell at random about one in
/// a hundred has such a run within some months.
bool IsLong(const ZeroRun& run);

/// Long runs among several series.
struct ZeroRunSummary {
  int32_t series = 0;   ///< That have one.
  double expected = 0;  ///< In all of their runs.
  double sold = 0;      ///< By all series in all days.
};

/// `days` are [series] each, the newest last, NaN as above; `series` says which.
ZeroRunSummary SummarizeZeroRuns(std::span<const std::vector<float>> days,
                                 std::span<const int32_t> series);

}  // namespace tillstream
