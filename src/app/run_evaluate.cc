#include "app/run_evaluate.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <optional>

#include "app/evaluation.h"
#include "app/evaluation_report.h"
#include "app/forecast_file.h"
#include "app/known_calendar.h"
#include "app/model_list.h"
#include "app/run_replay.h"
#include "app/sales_panel.h"
#include "base/clock.h"
#include "base/text.h"

namespace tillstream {
namespace {

/// The protocol's: a year of windows that do not overlap.
constexpr int32_t kOriginCount = 13;
/// Days of errors that quantiles are learnt from before the first origin: the horizon and a year.
constexpr int32_t kLearnDays = 28 + 52 * 7;

/// "1577" or "d_1577"; 0 for anything else.
int32_t ParseOrigin(const std::string& text) {
  const size_t skip = text.starts_with("d_") ? 2 : 0;
  int32_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + skip, end, number);
  return error == std::errc() && stop == end && number > 0 ? number : 0;
}

Status CheckOrigins(const std::vector<std::string>& texts) {
  for (const std::string& text : texts) {
    if (ParseOrigin(text) != 0) continue;
    return MakeError(ErrorCode::kUsage, "--origins: {} is not a day; write 1913 or d_1913",
                     Quote(text));
  }
  return Ok();
}

Result<std::vector<Day>> ResolveOrigins(const std::vector<std::string>& texts, Day last) {
  std::vector<Day> origins;
  for (const std::string& text : texts) {
    const Day origin(ParseOrigin(text));
    if (origin > last) {
      return MakeError(ErrorCode::kUsage, "--origins: d_{} lies after the last day of sales, d_{}",
                       origin.value(), last.value());
    }
    origins.push_back(origin);
  }
  for (int32_t k = 1; texts.empty() && k <= kOriginCount; ++k) {
    if (last.value() > k * kHorizon) origins.push_back(last - k * kHorizon);
  }
  // Too few days for a score: forecasts from the last one.
  if (origins.empty()) origins.push_back(last);
  std::sort(origins.begin(), origins.end());
  origins.erase(std::unique(origins.begin(), origins.end()), origins.end());
  return origins;
}

void AddOrigin(Day origin, std::vector<Day>* origins) {
  const auto at = std::lower_bound(origins->begin(), origins->end(), origin);
  if (at == origins->end() || *at != origin) origins->insert(at, origin);
}

/// Kaggle's two origins: the last day of the sales file whose rows are called _validation, and the
/// last day of all.
std::array<Day, kPhaseCount> PhaseOrigins(const Dataset& dataset) {
  const Day last(dataset.day_count);
  const bool is_validation = dataset.sales_file.find("validation") != std::string::npos;
  return {is_validation || last.value() <= kHorizon ? last : last - kHorizon, last};
}

/// A submission as a model, so that it is scored as one.
class SubmittedForecasts final : public OnlineModel {
 public:
  SubmittedForecasts(const ForecastFile& file, const std::array<Day, kPhaseCount>& origins)
      : file_(file), origins_(origins) {}
  const char* name() const override { return "submitted"; }
  int32_t version() const override { return 0; }
  void Advance(std::span<const DaySales> days) override { last_ = days.back().day; }
  void Forecast(std::span<float> means) const override {
    if (file_.has_quantiles) {
      std::fill(means.begin(), means.end(), std::numeric_limits<float>::quiet_NaN());
    } else {
      std::copy(Phase().begin(), Phase().end(), means.begin());
    }
  }
  bool has_quantiles() const override { return file_.has_quantiles; }
  void Quantiles(std::span<const float> /*means*/, std::span<float> quantiles) const override {
    std::copy(Phase().begin(), Phase().end(), quantiles.begin());
  }

 private:
  /// Rows of a phase that the file does not have are not asked for.
  const std::vector<float>& Phase() const {
    const bool is_first = last_ == origins_[0] && !file_.phases[0].empty();
    return file_.phases[is_first ? 0 : 1];
  }

  const ForecastFile& file_;
  const std::array<Day, kPhaseCount> origins_;
  Day last_;
};

/// Writes the files that were asked for as the forecasts come.
class Submissions {
 public:
  Submissions(Context& context, const EvaluateRequest& request, const Hierarchy& hierarchy)
      : context_(context), request_(request), hierarchy_(hierarchy) {}

  Status Begin() {
    if (!request_.submission.empty()) {
      context_.console.Info(fmt::format("target: file {}", request_.submission));
      TILLSTREAM_ASSIGN(means_, ForecastFileWriter::Create(context_.files, request_.submission));
    }
    if (!request_.uncertainty.empty()) {
      context_.console.Info(fmt::format("target: file {}", request_.uncertainty));
      TILLSTREAM_ASSIGN(quantiles_,
                        ForecastFileWriter::Create(context_.files, request_.uncertainty));
    }
    return Ok();
  }
  Status Append(Phase phase, std::span<const float> means, std::span<const float> quantiles) {
    if (means_) TILLSTREAM_TRY(means_->AppendMeans(phase, hierarchy_, means));
    if (quantiles_) TILLSTREAM_TRY(quantiles_->AppendQuantiles(phase, hierarchy_, quantiles));
    return Ok();
  }
  Status End() {
    if (means_) TILLSTREAM_TRY(means_->Close());
    if (quantiles_) TILLSTREAM_TRY(quantiles_->Close());
    return Ok();
  }

 private:
  Context& context_;
  const EvaluateRequest& request_;
  const Hierarchy& hierarchy_;
  std::optional<ForecastFileWriter> means_;
  std::optional<ForecastFileWriter> quantiles_;
};

bool WritesFiles(const EvaluateRequest& request) {
  return !request.submission.empty() || !request.uncertainty.empty();
}

Status CheckRequest(const EvaluateRequest& request) {
  TILLSTREAM_TRY(CheckOrigins(request.origins));
  if (request.score.empty() != request.actuals.empty()) {
    return MakeError(ErrorCode::kUsage, "{}: needs {} too",
                     request.score.empty() ? "--actuals" : "--score",
                     request.score.empty() ? "--score" : "--actuals");
  }
  if (!request.score.empty() &&
      (WritesFiles(request) || !request.origins.empty() || !request.models.empty())) {
    return MakeError(ErrorCode::kUsage,
                     "--score: the file has its models and origins; leave out --models, --origins, "
                     "--submission and --uncertainty");
  }
  return Ok();
}

EvaluationObserver MakeObserver(Context& context, Day last) {
  EvaluationObserver observer;
  observer.is_stopped = [&context] { return context.stop.stop_requested(); };
  observer.progress = [&context, last](Day day) {
    context.console.Progress(fmt::format("d_{} of d_{}", day.value(), last.value()));
  };
  observer.forecast = [](const OnlineModel&, Day, std::span<const float>, std::span<const float>) {
    return Ok();
  };
  return observer;
}

Result<int> Print(Context& context, const EvaluateRequest& request, const Calendar& calendar,
                  const std::vector<ModelResult>& results) {
  TILLSTREAM_TRY(context.out.Write(context.common.json
                                       ? EvaluationJson(results, calendar)
                                       : EvaluationText(results, calendar, request.detail)));
  TILLSTREAM_TRY(context.out.Flush());
  for (const ModelResult& model : results) {
    context.console.Debug(fmt::format("{}: {:.3f} s following the days, {:.3f} s for {} forecasts",
                                      model.name, ToSeconds(model.follow_time),
                                      ToSeconds(model.forecast_time), model.origins.size()));
  }
  return static_cast<int>(kExitDone);
}

Result<int> RunScore(Context& context, const EvaluateRequest& request) {
  TILLSTREAM_ASSIGN(HolidayTable holidays, LoadHolidays(context, request.holidays));
  TILLSTREAM_ASSIGN(const Dataset dataset, LoadDatasetFor(context, request.data, {}));
  SalesPanel panel(dataset, std::move(holidays));
  const std::array<Day, kPhaseCount> phases = PhaseOrigins(dataset);
  TILLSTREAM_ASSIGN(const ForecastFile file,
                    ReadForecastFile(context.files, request.score, panel.hierarchy()));
  std::vector<Day> firsts;
  for (size_t p = 0; p < kPhaseCount; ++p) {
    if (file.phases[p].empty() || (p > 0 && !firsts.empty() && firsts[0] == phases[p] + 1)) {
      continue;
    }
    firsts.push_back(phases[p] + 1);
  }
  TILLSTREAM_ASSIGN(const std::vector<ActualDays> actuals,
                    ReadActuals(context.files, request.actuals, panel.hierarchy(), firsts));
  std::vector<Day> origins;
  for (const ActualDays& days : actuals) origins.push_back(days.first - 1);
  std::vector<std::unique_ptr<OnlineModel>> models;
  models.push_back(std::make_unique<SubmittedForecasts>(file, phases));
  const Result<std::vector<ModelResult>> results = Evaluate(
      &panel, models, origins, actuals, context.clock, MakeObserver(context, origins.back()));
  context.console.EndProgress();
  if (!results) return results.error();
  return Print(context, request, *dataset.calendar, *results);
}

}  // namespace

Result<int> RunEvaluate(Context& context, const EvaluateRequest& request) {
  TILLSTREAM_TRY(CheckRequest(request));
  if (!request.score.empty()) return RunScore(context, request);
  std::vector<std::string> asked = request.models;
  if (asked.empty()) asked = {WritesFiles(request) ? AllModelNames().back() : "all"};
  TILLSTREAM_ASSIGN(const std::vector<std::string> names, ResolveModels(asked));
  if (!request.uncertainty.empty() && names.back() != AllModelNames().back()) {
    return MakeError(ErrorCode::kUsage, "--uncertainty: model {} has no quantiles; {} has",
                     names.back(), AllModelNames().back());
  }
  TILLSTREAM_ASSIGN(HolidayTable holidays, LoadHolidays(context, request.holidays));
  TILLSTREAM_ASSIGN(const Dataset dataset, LoadDatasetFor(context, request.data, {}));
  SalesPanel panel(dataset, std::move(holidays));
  TILLSTREAM_ASSIGN(std::vector<Day> origins, ResolveOrigins(request.origins, panel.last_day()));
  std::array<Day, kPhaseCount> phases = PhaseOrigins(dataset);
  if (WritesFiles(request)) {
    if (!request.origins.empty()) phases[1] = origins.back();
    if (phases[1] < phases[0]) {
      return MakeError(
          ErrorCode::kUsage,
          "--origins: the last one is d_{}, and rows called _validation are from d_{}; "
          "ask for that or a later one, too",
          phases[1].value(), phases[0].value());
    }
    for (const Day origin : phases) AddOrigin(origin, &origins);
  }
  const Day learn_from(std::max(1, origins.front().value() - kLearnDays));
  std::vector<std::unique_ptr<OnlineModel>> models;
  for (const std::string& name : names) {
    models.push_back(
        MakeModel(name, panel.hierarchy(), panel.known(), ThreadCount(context), learn_from));
  }
  Submissions submissions(context, request, panel.hierarchy());
  TILLSTREAM_TRY(submissions.Begin());
  EvaluationObserver observer = MakeObserver(context, origins.back());
  observer.forecast = [&](const OnlineModel& model, Day origin, std::span<const float> means,
                          std::span<const float> quantiles) -> Status {
    if (&model != models.back().get()) return Ok();
    for (size_t p = 0; p < kPhaseCount; ++p) {
      if (origin != phases[p]) continue;
      TILLSTREAM_TRY(submissions.Append(static_cast<Phase>(p), means, quantiles));
    }
    return Ok();
  };
  const Result<std::vector<ModelResult>> results =
      Evaluate(&panel, models, origins, {}, context.clock, observer);
  context.console.EndProgress();
  if (!results) return results.error();
  TILLSTREAM_TRY(submissions.End());
  return Print(context, request, *dataset.calendar, *results);
}

}  // namespace tillstream
