// What forecasting costs without reading or writing anything: processor and wall time of
//
//   follow       the highest rung follows all days of the dataset, and forecasts once
//   quantiles    the same, and learns quantiles from the last year's weekly forecasts
//   day          one more day: its update, the means of all series, the quantiles of all nodes
//
//   forecast_speed --data=DIR [--threads=2]
//
// One line of text each; the days are copied from the dataset between the measurements.
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <string_view>

#include "app/sales_panel.h"
#include "forecast/forecaster.h"
#include "input.h"

namespace tillstream::bench {
namespace {

constexpr int32_t kBlockDays = 56;
constexpr int32_t kLearnDays = 28 + 52 * 7;

class Stopwatch {
 public:
  void Start() {
    cpu_begin_ = CpuSeconds();
    wall_begin_ = std::chrono::steady_clock::now();
  }
  void Stop() {
    cpu_ += CpuSeconds() - cpu_begin_;
    wall_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - wall_begin_).count();
  }
  void Print(std::string_view what) const {
    fmt::print("{}: {:.3f} s CPU, {:.3f} s\n", what, cpu_, wall_);
  }

 private:
  double cpu_ = 0;
  double wall_ = 0;
  double cpu_begin_ = 0;
  std::chrono::steady_clock::time_point wall_begin_;
};

/// Days [begin, end) in pieces, only the model's own time being measured.
void Follow(SalesPanel* panel, OnlineModel* model, int32_t begin, int32_t end, Stopwatch* watch) {
  const auto series = static_cast<size_t>(panel->hierarchy().series_count());
  std::vector<float> units(series * kBlockDays);
  while (begin < end) {
    const int32_t count = std::min(kBlockDays, end - begin);
    std::vector<DaySales> days;
    for (int32_t t = 0; t < count; ++t) {
      const auto of_day = std::span<float>(units).subspan(static_cast<size_t>(t) * series, series);
      panel->CopyDay(Day(begin + t), of_day, {});
      days.push_back({Day(begin + t), of_day});
    }
    watch->Start();
    model->Advance(days);
    watch->Stop();
    begin += count;
  }
}

void Measure(SalesPanel* panel, int32_t threads) {
  const int32_t last = panel->last_day().value();
  const Hierarchy& hierarchy = panel->hierarchy();
  std::vector<float> means(static_cast<size_t>(hierarchy.series_count()) * kHorizon);
  std::vector<float> quantiles(static_cast<size_t>(hierarchy.node_count()) * kHorizon *
                               kQuantileCount);
  {
    CalendarModel model(Rung::kPooled, hierarchy, panel->known(), threads);
    Stopwatch watch;
    Follow(panel, &model, 1, last + 1, &watch);
    watch.Start();
    model.Forecast(means);
    watch.Stop();
    watch.Print("follow");
  }
  Forecaster model(hierarchy, panel->known(), threads, Day(std::max(1, last - kLearnDays)));
  Stopwatch watch;
  Follow(panel, &model, 1, last, &watch);
  watch.Start();
  model.Forecast(means);
  model.Quantiles(means, quantiles);
  watch.Stop();
  watch.Print("quantiles");
  Stopwatch day;
  Follow(panel, &model, last, last + 1, &day);
  day.Start();
  model.Forecast(means);
  model.Quantiles(means, quantiles);
  day.Stop();
  day.Print("day");
  fmt::print("state: {} bytes\n", model.Save().size());
}

}  // namespace
}  // namespace tillstream::bench

int main(int argc, char** argv) {
  using namespace tillstream;
  using namespace tillstream::bench;
  int32_t threads = 2;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument.starts_with("--data=")) {
      ProcessInput().data = argument.substr(7);
    } else if (argument.starts_with("--threads=") && std::atoi(argv[i] + 10) > 0) {
      threads = std::atoi(argv[i] + 10);
    } else {
      fmt::print(stderr, "error: {}: no option of forecast_speed\n", argument);
      return 2;
    }
  }
  SalesPanel panel(LoadedDataset(), Need(ParseHolidayTable(kHolidaysJson)));
  Measure(&panel, threads);
  return 0;
}
