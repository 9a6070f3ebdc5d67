#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "forecast/hierarchy.h"
#include "forecast/known_days.h"
#include "forecast/online_model.h"

namespace tillstream {

/// Names of all models, from the plainest to the highest rung.
std::vector<std::string> AllModelNames();

/// The names that `--models` asks for, in the order of the ladder: "all", or some. kUsage for a
/// name that does not exist.
Result<std::vector<std::string>> ResolveModels(const std::vector<std::string>& asked);

/// The model of that name. One with quantiles learns them from `learn_from` on.
std::unique_ptr<OnlineModel> MakeModel(const std::string& name, const Hierarchy& hierarchy,
                                       const KnownDays& known, int32_t threads, Day learn_from);

}  // namespace tillstream
