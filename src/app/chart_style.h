#pragma once

#include "app/forecast_chart.h"
#include "app/output.h"

namespace tillstream {

/// What `out` can show: columns of the terminal (or COLUMNS, or 80), Unicode where the locale is
/// UTF-8 and the terminal not a dumb one, colour on a terminal only, and not with NO_COLOR.
ChartStyle StyleOf(const Output& out);

}  // namespace tillstream
