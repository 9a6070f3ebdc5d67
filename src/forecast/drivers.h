#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "forecast/hierarchy.h"
#include "forecast/horizon.h"
#include "model/ids.h"

namespace tillstream {

class CalendarDesign;
class FilterBank;
class ItemLevels;

/// What a day's forecast is made of, in the order in which a person would add it.
enum class Driver : size_t {
  kLevel,    ///< Units on a day like any other: of an average week and year, without SNAP or event.
  kSeason,   ///< Day of the year and of the month, December's dates; a year's average is 1.
  kWeekday,  ///< The average of a week is 1.
  kSnap,     ///< 1 on a day without.
  kEvent,    ///< Events of the day and of those around it, 1 far from all; 0 when closed.
};
inline constexpr size_t kDriverCount = 5;

/// [driver]: the level in units, the others as factors. Their product is the mean.
using DriverFactors = std::array<double, kDriverCount>;

/// "season".
const char* DriverName(Driver driver);

/// Takes the 28 days from `first`, the first day not seen, apart: the sum over `series` (panel
/// order) of `means`, which are [kHorizon][all series] as the model forecast them.
///
/// A series' season, weekday, SNAP and event are its group's calendar factor times the item's own
/// ratios; whatever else moves its mean (recent days, last year, what the nodes were made to agree
/// on) is in the level. Of several series a driver is what it changes in their sum when those
/// before it are there: sum(level x season x weekday) / sum(level x season), and so on, so that the
/// product is the sum of the means, to rounding. Where nothing is expected the level is 0 and the
/// rest 1.
std::vector<DriverFactors> DriversOf(const Hierarchy& hierarchy, const CalendarDesign& design,
                                     const FilterBank& filters, const ItemLevels& items, Day first,
                                     std::span<const float> means, std::span<const int32_t> series);

}  // namespace tillstream
