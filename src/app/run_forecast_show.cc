#include "app/run_forecast_show.h"

#include <algorithm>
#include <utility>

#include "app/chart_style.h"
#include "app/forecast_chart.h"
#include "app/forecast_json.h"
#include "app/forecast_svg.h"
#include "app/known_calendar.h"
#include "app/log_options.h"
#include "app/run_replay.h"
#include "app/sales_panel.h"

namespace tillstream {
namespace {

/// Days that are handed on together: few enough to stay small, many enough to spread over threads.
constexpr int32_t kBlockDays = 56;
/// Days of errors that quantiles are learnt from: the horizon and a year.
constexpr int32_t kLearnDays = kHorizon + 52 * 7;

/// A model that follows the days of a panel, and the last of them.
class PanelFollower {
 public:
  PanelFollower(SalesPanel* panel, int32_t threads)
      : panel_(panel),
        model_(panel->hierarchy(), panel->known(), threads,
               Day(std::max(1, panel->last_day().value() - kLearnDays))) {}

  Status FollowToEnd(Context& context) {
    const auto series = static_cast<size_t>(panel_->hierarchy().series_count());
    std::vector<float> units(series * kBlockDays);
    const Day last = panel_->last_day();
    for (Day next(1); next <= last;) {
      if (context.stop.stop_requested()) return Error{ErrorCode::kStopped, ""};
      context.console.Progress(fmt::format("d_{} of d_{}", next.value(), last.value()));
      std::vector<DaySales> days;
      const int32_t count = std::min(kBlockDays, last - next + 1);
      for (int32_t t = 0; t < count; ++t, ++next) {
        const auto day = std::span<float>(units).subspan(static_cast<size_t>(t) * series, series);
        panel_->CopyDay(next, day, {});
        days.push_back({next, day});
        if (last - next < kRecentDays) recent_.emplace_back(day.begin(), day.end());
      }
      model_.Advance(days);
    }
    context.console.EndProgress();
    return Ok();
  }

  FollowedModel state() const { return {panel_->hierarchy(), panel_->known(), model_, recent_}; }

 private:
  SalesPanel* const panel_;
  Forecaster model_;
  std::vector<std::vector<float>> recent_;
};

Status WriteSvg(Context& context, const std::string& path, const ForecastView& view) {
  context.console.Info(fmt::format("target: file {}", path));
  const Status written = WriteFileAtomically(context.files, path, ForecastSvg(view));
  // Its folder: nothing that the command was asked to read.
  if (!written && written.error().code == ErrorCode::kNotFound) {
    return MakeError(ErrorCode::kIoError, "--svg: {}", written.error().message);
  }
  return written;
}

}  // namespace

Result<int> ShowForecast(Context& context, const ForecastShowRequest& request,
                         const FollowedModel& state) {
  TILLSTREAM_ASSIGN(const ChosenNode chosen, ChooseNode(state.hierarchy, request.choice));
  const ForecastView view =
      MakeForecastView(state, chosen, static_cast<int32_t>(request.past_days));
  if (!request.svg.empty()) TILLSTREAM_TRY(WriteSvg(context, request.svg, view));
  if (context.common.json) {
    TILLSTREAM_TRY(context.out.Write(ForecastJson(view)));
  } else {
    ChartStyle style = StyleOf(context.out);
    if (request.is_ascii) style.is_unicode = false;
    TILLSTREAM_TRY(context.out.Write(ForecastChart(view, style)));
    if (request.has_table) TILLSTREAM_TRY(context.out.Write("\n" + ForecastTable(view)));
  }
  TILLSTREAM_TRY(context.out.Flush());
  return static_cast<int>(kExitDone);
}

Result<int> RunForecastShow(Context& context, const ForecastShowRequest& request) {
  TILLSTREAM_TRY(CheckChoice(request.choice));
  TILLSTREAM_ASSIGN(HolidayTable holidays, LoadHolidays(context, request.holidays));
  TILLSTREAM_ASSIGN(const Dataset dataset, LoadDatasetFor(context, request.data, {}));
  SalesPanel panel(dataset, std::move(holidays));
  // Before the days are followed: an id that is not there needs none.
  TILLSTREAM_TRY(ChooseNode(panel.hierarchy(), request.choice));
  PanelFollower follower(&panel, ThreadCount(context));
  TILLSTREAM_TRY(follower.FollowToEnd(context));
  return ShowForecast(context, request, follower.state());
}

}  // namespace tillstream
