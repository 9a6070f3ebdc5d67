#pragma once

#include <cstdint>
#include <string>

#include "app/forecast_view.h"

namespace tillstream {

/// What the terminal can show.
struct ChartStyle {
  int32_t columns = 80;     ///< Of the terminal; below kChartColumnsMin is taken as that.
  int32_t rows = 14;        ///< Of the plot.
  bool is_unicode = false;  ///< Block characters; else ASCII.
  bool has_color = false;   ///< The 16 colours, which follow the terminal's theme.
};

/// No chart fits into less.
inline constexpr int32_t kChartColumnsMin = 48;

/// A forecast as text: as many past days as fit, as bars, the fan of the next 28, what drives them
/// aligned below, and notes. Each line ends with a line feed and fits into the columns.
std::string ForecastChart(const ForecastView& view, const ChartStyle& style);

/// The 28 days as a table: mean, intervals, drivers.
std::string ForecastTable(const ForecastView& view);

}  // namespace tillstream
