#pragma once

#include <string>

#include "app/forecast_view.h"

namespace tillstream {

/// A forecast as an SVG document: past days, the fan of the next 28, events and SNAP days, what
/// drives them, a legend, and notes. Self-contained (no script, no font, no link), and readable on
/// light and dark grounds: it follows the reader's preference where that is known.
std::string ForecastSvg(const ForecastView& view);

}  // namespace tillstream
