#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "dataset/dataset.h"
#include "dataset/line_reader.h"

namespace tillstream {

/// Reads calendar.csv to its end. Faults go to `faults`; then there is no calendar. The result is
/// an Error only when reading failed.
Result<std::shared_ptr<const Calendar>> ReadCalendar(LineReader* lines, FileFaults* faults,
                                                     std::vector<std::string>* notes);

}  // namespace tillstream
