#pragma once

#include <array>
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tillstream {

/// Which names and dates of a calendar mean something to the filters: everything that one retailer
/// has and another has not. A file, tables/holidays.json for M5; docs/formats/holidays.md.
struct HolidayTable {
  /// Both ends belong to it. An end before its start is a window over New Year.
  struct DateWindow {
    std::chrono::month_day from;
    std::chrono::month_day to;
  };
  /// Days around an event, the day itself aside.
  struct EventWindow {
    std::string event;
    int32_t from = 0;  ///< Days; both ends belong to it.
    int32_t to = 0;
  };

  std::vector<std::chrono::month_day> closed_dates;  ///< All stores are closed: nothing is learnt.
  std::vector<std::string> minor_events;             ///< Not worth a coefficient.
  std::vector<DateWindow> date_windows;              ///< Each date in them has its own coefficient.
  std::vector<EventWindow> event_windows;            ///< So has each day around an event.
  /// Weekend days inside one of them share a coefficient, one for each element.
  std::vector<std::vector<DateWindow>> weekend_windows;
  /// Weekend days with a first event of one of these types share one.
  std::vector<std::string> weekend_event_types;
};

/// Reads the text of a table. kBadInput says what is wrong; members may be left out.
Result<HolidayTable> ParseHolidayTable(std::string_view text);

/// tables/holidays.json, built into the binary.
extern const std::string_view kHolidaysJson;

}  // namespace tillstream
