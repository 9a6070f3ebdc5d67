#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "app/command.h"
#include "app/forecast_view.h"
#include "app/node_choice.h"
#include "app/run_forecast.h"

namespace tillstream {

struct ForecastShowRequest {
  ForecastRequest follow;  ///< What is followed.
  NodeChoice choice;
  std::string svg;         ///< A file to write; empty for none.
  int64_t past_days = 56;  ///< At most; as many as fit into the terminal.
  bool has_table = false;  ///< The 28 days as a table, too.
  bool is_ascii = false;   ///< No block characters whatever the locale.
};

/// Prints the forecast of what `request` chooses from `state`, as a chart or JSON, and writes the
/// SVG file. Where the state comes from is the caller's.
Result<int> ShowForecast(Context& context, const ForecastShowRequest& request,
                         const FollowedModel& state);

/// The same, from the sales of the stream to their last day; from the snapshot of `forecast` on,
/// where there is one. Writes none.
Result<int> RunForecastShow(Context& context, ForecastShowRequest request);

/// `tillstream forecast show`.
std::unique_ptr<Command> MakeForecastShowCommand();

}  // namespace tillstream
