#pragma once

#include <string>

#include "app/command.h"
#include "dataset/dataset.h"
#include "forecast/known_days.h"

namespace tillstream {

/// The holidays of the file `path`, like tables/holidays.json; that one for an empty path.
Result<HolidayTable> LoadHolidays(Context& context, const std::string& path);

/// A calendar as the models of forecast/ see it.
KnownDays KnownDaysOf(const Calendar& calendar, HolidayTable holidays);

/// That of the dataset in `directory`, of which nothing else has to be there. Errors as
/// LoadDataset().
Result<KnownDays> LoadKnownDays(Context& context, const std::string& directory,
                                const std::string& holidays);

}  // namespace tillstream
