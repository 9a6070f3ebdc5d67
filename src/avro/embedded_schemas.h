#pragma once

#include <string_view>

namespace tillstream {

/// The texts of schemas/sales_record.avsc and schemas/store_day.avsc, put into the library when it
/// is built.
extern const std::string_view kSalesRecordAvsc;
extern const std::string_view kStoreDayAvsc;

}  // namespace tillstream
