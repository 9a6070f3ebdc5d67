#pragma once

#include <functional>

#include "base/result.h"
#include "log/event_log.h"

namespace tillstream {

/// Calls `take` with the last record that is there, after some that are before it; not at all when
/// there is none. Ends with the first error of `take`. Reads from near the end, where there may be
/// marks of transactions alone; from further before it until there is a record.
Status TakeLastRecord(LogReader& reader, const std::function<Status(const RecordView&)>& take);

}  // namespace tillstream
