#pragma once

#include <memory>
#include <string>
#include <vector>

#include "forecast/hierarchy.h"
#include "forecast/online_model.h"

namespace tillstream {

/// The models that others have to beat, each of them following every series by itself:
///
///   naive       the last day's units
///   snaive      those of the same weekday, a week before
///   mean4       the mean of the last four same weekdays
///   ma28        the mean of the last 28 days
///   ses         simple exponential smoothing, alpha in [.1, .3] by least squared error in the
///   sample croston     Croston's method for intermittent demand, alpha .1 ana         exponential
///   smoothing with an additive week, alpha .05, gamma .01
///
/// ses, croston and ana begin at a series' first sale. A day that is not known counts as the one a
/// week before. Null for another name.
std::unique_ptr<OnlineModel> MakeBaseline(const std::string& name, const Hierarchy& hierarchy);

/// The names above, from the plainest on.
std::vector<std::string> BaselineNames();

}  // namespace tillstream
