#pragma once

#include <string_view>

#include "avro/schema.h"

namespace tillstream {

/// The texts of the files of schemas/, put into the library when it is built.
extern const std::string_view kSalesRecordAvsc;
extern const std::string_view kStoreDayAvsc;
extern const std::string_view kSalesForecastAvsc;
extern const std::string_view kForecastScoreAvsc;
extern const std::string_view kPeriodTotalAvsc;

/// The schema of such a text.
Schema ParseReleased(std::string_view avsc);

}  // namespace tillstream
