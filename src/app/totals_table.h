#pragma once

#include <string>
#include <string_view>

#include "consume/period_totals.h"

namespace tillstream {

/// Groups in a table at most, so that it fits a terminal of 24 lines with what stands around it.
inline constexpr size_t kTableGroupsMax = 18;

/// A closed period as a table for people: where there are more groups than kTableGroupsMax, those
/// whose units changed most. `running` adds a column with the period in progress; may be null.
/// Every line ends with a line feed.
std::string TotalsTable(const TotalsShape& shape, const PeriodTotals& closed,
                        const PeriodTotals* running);

/// "week 2016-05-14 to 2016-05-20".
std::string NameOfPeriod(const PeriodTotals& totals);

/// "week 2016-05-21 to 2016-05-27: 2 of 7 days closed, waits for store CA_3".
std::string DescribeRunning(const PeriodTotals& running, std::string_view slowest_store);

}  // namespace tillstream
