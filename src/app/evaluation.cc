#include "app/evaluation.h"

#include <algorithm>

#include "forecast/pit_coverage.h"

namespace tillstream {
namespace {

/// Days that are handed on together: few enough to stay small, many enough to spread over threads.
constexpr int32_t kBlockDays = 56;

class Walk {
 public:
  Walk(SalesPanel* panel, std::span<const std::unique_ptr<OnlineModel>> models,
       std::span<const ActualDays> actuals, Clock& clock, const EvaluationObserver& observer)
      : panel_(panel),
        models_(models),
        actuals_(actuals),
        clock_(clock),
        observer_(observer),
        series_(static_cast<size_t>(panel->hierarchy().series_count())),
        units_(series_ * kBlockDays),
        revenue_(series_),
        scales_(panel->hierarchy()),
        means_(series_ * kHorizon) {
    for (const auto& model : models)
      results_.push_back({model->name(), model->version(), {}, {}, {}});
  }

  /// Follows the days up to `origin`, that one included.
  Status FollowTo(Day origin) {
    while (next_ <= origin) {
      if (observer_.is_stopped()) return Error{ErrorCode::kStopped, ""};
      observer_.progress(next_);
      std::vector<DaySales> days;
      const int32_t count = std::min(kBlockDays, origin - next_ + 1);
      for (int32_t t = 0; t < count; ++t) {
        const auto of_day =
            std::span<float>(units_).subspan(static_cast<size_t>(t) * series_, series_);
        panel_->CopyDay(next_, of_day, revenue_);
        scales_.Advance(of_day, revenue_);
        days.push_back({next_, of_day});
        ++next_;
      }
      for (size_t m = 0; m < models_.size(); ++m) {
        const auto begin = clock_.Monotonic();
        models_[m]->Advance(days);
        results_[m].follow_time += clock_.Monotonic() - begin;
      }
    }
    return Ok();
  }

  Status ForecastFrom(Day origin) {
    const Hierarchy& hierarchy = panel_->hierarchy();
    const std::vector<double> actual = ActualsFrom(origin + 1);
    const bool is_scored = !actual.empty();
    const Scales scales = scales_.Now();
    std::vector<float> quantiles;
    for (size_t m = 0; m < models_.size(); ++m) {
      const OnlineModel& model = *models_[m];
      const auto begin = clock_.Monotonic();
      model.Forecast(means_);
      quantiles.clear();
      if (model.has_quantiles()) {
        quantiles.resize(static_cast<size_t>(hierarchy.node_count()) * kHorizon * kQuantileCount);
        model.Quantiles(means_, quantiles);
      }
      results_[m].forecast_time += clock_.Monotonic() - begin;
      OriginResult& result = results_[m].origins.emplace_back();
      result.origin = origin;
      result.is_scored = is_scored;
      if (is_scored) {
        result.accuracy = ScoreMeans(hierarchy, scales, actual, AggregateDays(hierarchy, means_));
        if (!quantiles.empty()) {
          ScoreQuantiles(hierarchy, scales, actual, quantiles, &result.accuracy);
          ScorePitCoverage(hierarchy, actual, quantiles, &result.accuracy);
        }
      }
      TILLSTREAM_TRY(observer_.forecast(model, origin, means_, quantiles));
    }
    return Ok();
  }

  /// [kHorizon][node]; empty when they are not there.
  std::vector<double> ActualsFrom(Day first) {
    const Hierarchy& hierarchy = panel_->hierarchy();
    for (const ActualDays& days : actuals_) {
      if (days.first == first) return AggregateDays(hierarchy, days.units);
    }
    if (first + (kHorizon - 1) > panel_->last_day()) return {};
    std::vector<float> days(series_ * kHorizon);
    for (int32_t h = 0; h < kHorizon; ++h) {
      panel_->CopyDay(
          first + h, std::span<float>(days).subspan(static_cast<size_t>(h) * series_, series_), {});
    }
    return AggregateDays(hierarchy, days);
  }

  std::vector<ModelResult> Take() { return std::move(results_); }

 private:
  SalesPanel* const panel_;
  const std::span<const std::unique_ptr<OnlineModel>> models_;
  const std::span<const ActualDays> actuals_;
  Clock& clock_;
  const EvaluationObserver& observer_;
  const size_t series_;
  std::vector<float> units_;  ///< [block day][series]
  std::vector<float> revenue_;
  AccuracyScales scales_;
  std::vector<float> means_;
  Day next_{1};
  std::vector<ModelResult> results_;
};

}  // namespace

Result<std::vector<ModelResult>> Evaluate(SalesPanel* panel,
                                          std::span<const std::unique_ptr<OnlineModel>> models,
                                          std::span<const Day> origins,
                                          std::span<const ActualDays> actuals, Clock& clock,
                                          const EvaluationObserver& observer) {
  Walk walk(panel, models, actuals, clock, observer);
  for (const Day origin : origins) {
    TILLSTREAM_TRY(walk.FollowTo(origin));
    TILLSTREAM_TRY(walk.ForecastFrom(origin));
  }
  return walk.Take();
}

}  // namespace tillstream
