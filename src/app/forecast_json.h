#pragma once

#include <string>

#include "app/forecast_view.h"

namespace tillstream {

/// A forecast as one line of JSON: what it is of, past days, and per day ahead its mean, quantiles,
/// intervals and drivers.
std::string ForecastJson(const ForecastView& view);

}  // namespace tillstream
