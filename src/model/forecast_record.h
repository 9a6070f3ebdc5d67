#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "model/date.h"
#include "model/ids.h"

namespace tillstream {

/// What a forecast of a node says beside its numbers (schemas/sales_forecast.avsc). An empty id is
/// null: the node is a sum over all of them.
struct ForecastFields {
  int32_t level = 0;
  std::string_view node = {};
  std::string_view item_id = {};
  std::string_view dept_id = {};
  std::string_view cat_id = {};
  std::string_view store_id = {};
  std::string_view state_id = {};
  Day origin{};
  Date origin_date{};
  std::string_view model = {};
  int32_t model_version = 0;
  int32_t incomplete_days = 0;
};

/// How the forecasts of one origin did at one level (schemas/forecast_score.avsc).
struct ForecastScore {
  Day origin{};
  Date origin_date{};
  int32_t level = 0;
  std::string_view model = {};
  int32_t model_version = 0;
  int32_t incomplete_days = 0;
  /// None where it is not defined.
  std::optional<double> wrmsse = {};
  std::optional<double> wape = {};
  std::optional<double> bias = {};
  std::optional<double> wspl = {};
  std::array<std::optional<double>, 3> coverage = {};  ///< Of the 50, 67 and 95 % intervals.
};

}  // namespace tillstream
