#pragma once

#include <string>
#include <vector>

#include "app/command.h"

namespace tillstream {

struct EvaluateRequest {
  std::string data;
  std::vector<std::string> origins;  ///< Day numbers; empty for the last 13, 28 days apart.
  std::vector<std::string> models;
  std::string holidays;    ///< A file like tables/holidays.json; empty for that one.
  std::string submission;  ///< Files to write; empty for none.
  std::string uncertainty;
  std::string score;  ///< A submission file to score against `actuals`.
  std::string actuals;
  bool detail = false;  ///< A row for each model, origin and level.
};

/// Forecasts from past days and scores against the days that followed; or writes, or scores,
/// submission files. Prints tables, or JSON with --json.
Result<int> RunEvaluate(Context& context, const EvaluateRequest& request);

}  // namespace tillstream
