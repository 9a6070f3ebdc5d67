#include "forecast/holiday_table.h"

#include "base/json.h"
#include "base/text.h"

namespace tillstream {
namespace {

/// Longest window, in days: what a table can ask of the filters is bounded.
constexpr int32_t kWindowDaysMax = 60;

Error Fault(std::string_view key, std::string_view needed, const Json& found) {
  return MakeError(ErrorCode::kBadInput, "{}: needed {}, found {}", key, needed,
                   PlainOrQuoted(DumpJson(found), 60));
}

Result<std::chrono::month_day> ParseMonthDay(std::string_view key, const Json& json) {
  const std::string text = json.is_string() ? json.get<std::string>() : std::string();
  const auto digit = [&](size_t at) { return text[at] >= '0' && text[at] <= '9'; };
  if (text.size() == 5 && text[2] == '-' && digit(0) && digit(1) && digit(3) && digit(4)) {
    const auto number = [&](size_t at) {
      return static_cast<unsigned>(text[at] - '0') * 10 + static_cast<unsigned>(text[at + 1] - '0');
    };
    const std::chrono::month_day date{std::chrono::month(number(0)), std::chrono::day(number(3))};
    if (date.ok()) return date;
  }
  return Fault(key, "a date as \"12-25\"", json);
}

Result<std::vector<std::string>> ParseNames(std::string_view key, const Json& json) {
  std::vector<std::string> names;
  if (!json.is_array()) return Fault(key, "a list of names", json);
  for (const Json& name : json) {
    if (!name.is_string()) return Fault(key, "a name", name);
    names.push_back(name.get<std::string>());
  }
  return names;
}

Result<std::vector<HolidayTable::DateWindow>> ParseDateWindows(std::string_view key,
                                                               const Json& json) {
  std::vector<HolidayTable::DateWindow> windows;
  if (!json.is_array()) return Fault(key, "a list of {\"from\", \"to\"}", json);
  for (const Json& window : json) {
    if (!window.is_object() || !window.contains("from") || !window.contains("to")) {
      return Fault(key, "{\"from\", \"to\"}", window);
    }
    TILLSTREAM_ASSIGN(const std::chrono::month_day from, ParseMonthDay(key, window["from"]));
    TILLSTREAM_ASSIGN(const std::chrono::month_day to, ParseMonthDay(key, window["to"]));
    windows.push_back({from, to});
  }
  return windows;
}

Result<std::vector<HolidayTable::EventWindow>> ParseEventWindows(std::string_view key,
                                                                 const Json& json) {
  std::vector<HolidayTable::EventWindow> windows;
  const auto is_offset = [](const Json& number) {
    return number.is_number_integer() && number.get<int64_t>() >= -kWindowDaysMax &&
           number.get<int64_t>() <= kWindowDaysMax;
  };
  if (!json.is_array()) return Fault(key, "a list of {\"event\", \"from\", \"to\"}", json);
  for (const Json& window : json) {
    if (!window.is_object() || !window.contains("event") || !window["event"].is_string() ||
        !window.contains("from") || !is_offset(window["from"]) || !window.contains("to") ||
        !is_offset(window["to"])) {
      return Fault(key, "{\"event\", \"from\", \"to\"} with days from -60 to 60", window);
    }
    windows.push_back({window["event"].get<std::string>(), window["from"].get<int32_t>(),
                       window["to"].get<int32_t>()});
  }
  return windows;
}

}  // namespace

Result<HolidayTable> ParseHolidayTable(std::string_view text) {
  TILLSTREAM_ASSIGN(const Json json, ParseJson(text));
  if (!json.is_object()) return Fault("table", "an object", json);
  HolidayTable table;
  for (const auto& [key, value] : json.items()) {
    if (key == "closed_dates") {
      if (!value.is_array()) return Fault(key, "a list of dates", value);
      for (const Json& date : value) {
        TILLSTREAM_ASSIGN(const std::chrono::month_day day, ParseMonthDay(key, date));
        table.closed_dates.push_back(day);
      }
    } else if (key == "minor_events") {
      TILLSTREAM_ASSIGN(table.minor_events, ParseNames(key, value));
    } else if (key == "date_windows") {
      TILLSTREAM_ASSIGN(table.date_windows, ParseDateWindows(key, value));
    } else if (key == "event_windows") {
      TILLSTREAM_ASSIGN(table.event_windows, ParseEventWindows(key, value));
    } else if (key == "weekend_windows") {
      if (!value.is_array()) return Fault(key, "a list of lists", value);
      for (const Json& windows : value) {
        TILLSTREAM_ASSIGN(auto parsed, ParseDateWindows(key, windows));
        table.weekend_windows.push_back(std::move(parsed));
      }
    } else if (key == "weekend_event_types") {
      TILLSTREAM_ASSIGN(table.weekend_event_types, ParseNames(key, value));
    } else {
      return MakeError(ErrorCode::kBadInput, "{}: no member of a table of holidays", Quote(key));
    }
  }
  return table;
}

}  // namespace tillstream
