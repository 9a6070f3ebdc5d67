#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "app/forecast_file.h"
#include "app/sales_panel.h"
#include "base/clock.h"
#include "forecast/accuracy.h"
#include "forecast/online_model.h"

namespace tillstream {

/// One model's forecast from one origin, scored where its days are in the data.
struct OriginResult {
  Day origin;  ///< The last day that the model has seen.
  bool is_scored = false;
  Accuracy accuracy;
};

struct ModelResult {
  std::string name;
  int32_t version = 0;
  std::vector<OriginResult> origins;
  std::chrono::nanoseconds follow_time{0};    ///< Following the days, by the clock.
  std::chrono::nanoseconds forecast_time{0};  ///< All forecasts and quantiles.
};

/// What the walk over the days tells as it goes.
struct EvaluationObserver {
  std::function<void(Day)> progress;
  /// A forecast as it was made: means [kHorizon][series], quantiles as OnlineModel::Quantiles()
  /// gives them, empty without. An Error ends the walk.
  std::function<Status(const OnlineModel&, Day origin, std::span<const float> means,
                       std::span<const float> quantiles)>
      forecast;
  std::function<bool()> is_stopped;
};

/// Lets each model follow the days of `panel` to each of `origins` (ascending, in [1, last day]),
/// forecast, and be scored: against `actuals` where a window of theirs follows the origin, else
/// against the panel, where it has the days. Models see the days up to the origin, and the
/// calendar. kStopped when asked to stop.
Result<std::vector<ModelResult>> Evaluate(SalesPanel* panel,
                                          std::span<const std::unique_ptr<OnlineModel>> models,
                                          std::span<const Day> origins,
                                          std::span<const ActualDays> actuals, Clock& clock,
                                          const EvaluationObserver& observer);

}  // namespace tillstream
