#pragma once

#include "dataset/dataset.h"
#include "model/sales_record.h"

namespace tillstream {

/// The end-of-day total of `day` as the dataset has it. `slice` is the table's slice of that day.
StoreDay TotalOf(const StoreTable& table, const Calendar& calendar, Day day, const DaySlice& slice);

}  // namespace tillstream
