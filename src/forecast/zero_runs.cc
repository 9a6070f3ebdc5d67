#include "forecast/zero_runs.h"

#include <cmath>

namespace tillstream {
namespace {

constexpr int32_t kLongDays = 7;
constexpr double kLongExpected = 9;

}  // namespace

ZeroRun LongestZeroRun(std::span<const float> units) {
  ZeroRun longest;
  ZeroRun run;
  double sold = 0;
  int32_t known = 0;
  const auto close = [&](int32_t end) {
    run.end = end;
    if (run.days > longest.days) longest = run;
    run = {};
  };
  for (size_t t = 0; t < units.size(); ++t) {
    const auto y = static_cast<double>(units[t]);
    if (std::isnan(y) || (known == 0 && y <= 0)) continue;
    ++known;
    sold += y;
    if (y > 0) {
      close(static_cast<int32_t>(t));
      continue;
    }
    if (run.days == 0) run.begin = static_cast<int32_t>(t);
    ++run.days;
  }
  close(static_cast<int32_t>(units.size()));
  if (longest.days > 0) longest.expected = sold / (known - longest.days) * longest.days;
  return longest;
}

bool IsLong(const ZeroRun& run) { return run.days >= kLongDays && run.expected >= kLongExpected; }

ZeroRunSummary SummarizeZeroRuns(std::span<const std::vector<float>> days,
                                 std::span<const int32_t> series) {
  ZeroRunSummary summary;
  std::vector<float> units(days.size());
  for (const int32_t i : series) {
    for (size_t t = 0; t < days.size(); ++t) {
      units[t] = days[t][static_cast<size_t>(i)];
      if (!std::isnan(units[t])) summary.sold += static_cast<double>(units[t]);
    }
    const ZeroRun run = LongestZeroRun(units);
    if (!IsLong(run)) continue;
    ++summary.series;
    summary.expected += run.expected;
  }
  return summary;
}

}  // namespace tillstream
