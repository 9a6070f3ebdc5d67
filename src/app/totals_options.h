#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "app/command.h"
#include "consume/consumer.h"
#include "consume/period_totals.h"

namespace tillstream {

/// The options of `consume` that ask for live totals.
struct TotalsOptions {
  std::vector<std::string> dimensions;  ///< Empty: no totals.
  std::string by;
  int64_t top = TotalsShape().top;
  std::string topic;  ///< Where they are published; empty: nowhere.
};

void DeclareTotals(Arguments& arguments, TotalsOptions* options);

/// The shape that is asked for, with no dimensions where no totals are; kUsage for what is none,
/// and for options without --totals. `source` is the topic of the events.
Result<TotalsShape> ShapeOf(const TotalsOptions& options, const std::string& source);

/// kUsage for what cannot be together with totals: they begin at a date and read everything from
/// there on.
Status CheckRangeOfTotals(const OffsetRange& range, bool is_published);

}  // namespace tillstream
