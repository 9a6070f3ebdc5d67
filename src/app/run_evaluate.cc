#include "app/run_evaluate.h"

#include <algorithm>
#include <charconv>

#include "app/evaluation.h"
#include "app/evaluation_report.h"
#include "app/model_list.h"
#include "app/run_replay.h"
#include "app/sales_panel.h"
#include "base/text.h"

namespace tillstream {
namespace {

/// The protocol's: a year of windows that do not overlap.
constexpr int32_t kOriginCount = 13;
/// Days of errors that quantiles are learnt from before the first origin: the horizon and a year.
constexpr int32_t kLearnDays = 28 + 52 * 7;
constexpr int64_t kHolidaysBytesMax = int64_t{1} << 20;

Result<HolidayTable> LoadHolidays(Context& context, const std::string& path) {
  if (path.empty()) return ParseHolidayTable(kHolidaysJson);
  TILLSTREAM_ASSIGN(const std::string text, ReadFile(context.files, path, kHolidaysBytesMax));
  Result<HolidayTable> table = ParseHolidayTable(text);
  if (!table) return table.error().At(path);
  return table;
}

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

}  // namespace

Result<int> RunEvaluate(Context& context, const EvaluateRequest& request) {
  TILLSTREAM_TRY(CheckOrigins(request.origins));
  TILLSTREAM_ASSIGN(const std::vector<std::string> names, ResolveModels(request.models));
  TILLSTREAM_ASSIGN(HolidayTable holidays, LoadHolidays(context, request.holidays));
  TILLSTREAM_ASSIGN(const Dataset dataset, LoadDatasetFor(context, request.data, {}));
  SalesPanel panel(dataset, std::move(holidays));
  TILLSTREAM_ASSIGN(const std::vector<Day> origins,
                    ResolveOrigins(request.origins, panel.last_day()));
  const Day learn_from(std::max(1, origins.front().value() - kLearnDays));
  std::vector<std::unique_ptr<OnlineModel>> models;
  for (const std::string& name : names) {
    models.push_back(
        MakeModel(name, panel.hierarchy(), panel.known(), ThreadCount(context), learn_from));
  }
  EvaluationObserver observer;
  observer.is_stopped = [&] { return context.stop.stop_requested(); };
  observer.progress = [&](Day day) {
    context.console.Progress(fmt::format("d_{} of d_{}", day.value(), origins.back().value()));
  };
  observer.forecast = [](const OnlineModel&, Day, std::span<const float>, std::span<const float>) {
  };
  const Result<std::vector<ModelResult>> results =
      Evaluate(&panel, models, origins, context.clock, observer);
  context.console.EndProgress();
  if (!results) return results.error();
  TILLSTREAM_TRY(context.out.Write(
      context.common.json ? EvaluationJson(*results, *dataset.calendar)
                          : EvaluationText(*results, *dataset.calendar, request.detail)));
  TILLSTREAM_TRY(context.out.Flush());
  for (const ModelResult& model : *results) {
    context.console.Debug(fmt::format(
        "{}: {:.3f} s following {} days, {:.3f} s for {} forecasts", model.name,
        std::chrono::duration<double>(model.follow_time).count(), origins.back().value(),
        std::chrono::duration<double>(model.forecast_time).count(), origins.size()));
  }
  return static_cast<int>(kExitDone);
}

}  // namespace tillstream
