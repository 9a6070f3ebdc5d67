#include "app/run_forecast_show.h"

#include "app/chart_style.h"
#include "app/forecast_chart.h"
#include "app/forecast_json.h"
#include "app/forecast_svg.h"
#include "base/text.h"
#include "live/live_forecast.h"

namespace tillstream {
namespace {

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

Result<int> RunForecastShow(Context& context, ForecastShowRequest request) {
  TILLSTREAM_TRY(CheckChoice(request.choice));
  ForecastRequest& follow = request.follow;
  TILLSTREAM_TRY(CheckTopic(follow.log));
  TILLSTREAM_TRY(CompleteLog(&follow.log));
  TILLSTREAM_TRY(CompleteRegistry(&follow.registry, follow.log));
  follow.stop_at_end = true;
  TILLSTREAM_ASSIGN(FollowedRun run, OpenFollowedRun(context, follow));
  TILLSTREAM_ASSIGN(run.options.snapshot_path, SnapshotPath(context, follow));
  run.options.saves_snapshot = false;
  LiveForecast live(*run.opened.log, *run.registry.registry, context.files, context.clock,
                    run.known, run.options, ObserverOf(context));
  const Status result = live.Run(context.stop);
  context.console.EndProgress();
  if (!result) return result.error();
  if (context.stop.stop_requested()) return static_cast<int>(kExitDone);
  ForecastState* const state = live.state();
  if (state == nullptr) {
    return MakeError(ErrorCode::kNotFound, "topic {}: no day is over yet, so there is no forecast",
                     Quote(follow.log.topic));
  }
  const std::vector<std::vector<float>> recent = state->Recent();
  return ShowForecast(context, request,
                      {state->hierarchy(), run.known, state->forecaster(), recent});
}

}  // namespace tillstream
