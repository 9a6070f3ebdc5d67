#include "model/date.h"

#include <charconv>

#include "base/text.h"

namespace tillstream {

Result<Date> ParseDate(std::string_view text) {
  const auto bad = [&] {
    return MakeError(ErrorCode::kBadInput, "expected a date like 2011-01-29, found {}",
                     Quote(text));
  };
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return bad();
  const auto number = [&](size_t first, size_t count, unsigned* value) {
    const char* begin = text.data() + first;
    const auto [end, error] = std::from_chars(begin, begin + count, *value);
    return error == std::errc() && end == begin + count;
  };
  unsigned year = 0;
  unsigned month = 0;
  unsigned day = 0;
  if (!number(0, 4, &year) || !number(5, 2, &month) || !number(8, 2, &day)) return bad();
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(year)),
                                         std::chrono::month(month), std::chrono::day(day)};
  if (!date.ok()) return bad();
  return Date(date);
}

std::string FormatDate(Date date) {
  const std::chrono::year_month_day fields{date};
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(fields.year()),
                     static_cast<unsigned>(fields.month()), static_cast<unsigned>(fields.day()));
}

Timestamp StartOf(Date date) {
  return Timestamp(int64_t{date.time_since_epoch().count()} * 86'400'000);
}

Date DateOf(Timestamp timestamp) {
  return std::chrono::floor<std::chrono::days>(std::chrono::sys_time<std::chrono::milliseconds>(
      std::chrono::milliseconds(timestamp.value())));
}

}  // namespace tillstream
