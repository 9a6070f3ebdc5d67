#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/ids.h"

namespace tillstream {

/// A calendar date as days since 1970-01-01.
using Date = std::chrono::sys_days;

/// "2011-01-29", exactly; kBadInput otherwise, also for days that no month has.
Result<Date> ParseDate(std::string_view text);

/// "2011-01-29".
std::string FormatDate(Date date);

/// Midnight at the start of `date`, in event time.
Timestamp StartOf(Date date);

/// The date that `timestamp` falls on.
Date DateOf(Timestamp timestamp);

}  // namespace tillstream
