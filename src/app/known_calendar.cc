#include "app/known_calendar.h"

#include <utility>

namespace tillstream {
namespace {

constexpr int64_t kHolidaysBytesMax = int64_t{1} << 20;

}  // namespace

Result<HolidayTable> LoadHolidays(Context& context, const std::string& path) {
  if (path.empty()) return ParseHolidayTable(kHolidaysJson);
  TILLSTREAM_ASSIGN(const std::string text, ReadFile(context.files, path, kHolidaysBytesMax));
  Result<HolidayTable> table = ParseHolidayTable(text);
  if (!table) return table.error().At(path);
  return table;
}

KnownDays KnownDaysOf(const Calendar& calendar, HolidayTable holidays) {
  KnownDays known;
  known.first_date = calendar.first_date();
  known.snap_states = calendar.snap_states();
  known.holidays = std::move(holidays);
  for (Day day(1); day.value() <= calendar.day_count(); ++day) {
    const CalendarDay& from = calendar.at(day);
    KnownDay& to = known.days.emplace_back();
    to.snap = from.snap;
    for (size_t k = 0; k < to.events.size(); ++k) {
      to.events[k] = {from.events[k].name, from.events[k].type};
    }
  }
  return known;
}

Result<KnownDays> LoadKnownDays(Context& context, const std::string& directory,
                                const std::string& holidays) {
  TILLSTREAM_ASSIGN(HolidayTable table, LoadHolidays(context, holidays));
  FaultList faults;
  const auto calendar = LoadCalendar(context.files, directory, &faults);
  if (!calendar) return calendar.error();
  return KnownDaysOf(**calendar, std::move(table));
}

}  // namespace tillstream
