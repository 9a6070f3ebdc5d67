#pragma once

#include <span>
#include <string>

#include "avro/framing.h"
#include "avro/schema.h"
#include "model/forecast_record.h"

namespace tillstream {

/// Version 1 of what forecasting writes, as released in schemas/ (docs/formats/forecasts.md).
const Schema& SalesForecastSchema();
const Schema& ForecastScoreSchema();

/// Numbers of quantiles that a SalesForecast has.
inline constexpr size_t kForecastQuantiles = 9;

/// Appends a whole framed record. `means` has a value a day of the horizon, `quantiles` is
/// [day][kForecastQuantiles].
void EncodeSalesForecast(SchemaId id, const ForecastFields& fields, std::span<const float> means,
                         std::span<const float> quantiles, std::string* out);

void EncodeForecastScore(SchemaId id, const ForecastScore& score, std::string* out);

}  // namespace tillstream
