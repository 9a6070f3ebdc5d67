#include "replay/rebase.h"

#include <cstdlib>

#include "base/check.h"
#include "base/text.h"

namespace tillstream {
namespace {

constexpr std::string_view kToday = "today";

}  // namespace

std::string Rebase::ToString() const {
  const int32_t count = std::abs(weeks);
  return fmt::format("{} ({} week{} {})", FormatDate(to), count, count == 1 ? "" : "s",
                     weeks < 0 ? "earlier" : "later");
}

std::chrono::weeks WeeksOf(const std::optional<Rebase>& rebase) {
  return std::chrono::weeks(rebase ? rebase->weeks : 0);
}

Rebase RebaseTo(Date to, Date last) {
  const auto weeks = std::chrono::floor<std::chrono::weeks>(to - std::chrono::days(1) - last);
  return {.weeks = static_cast<int32_t>(weeks.count()), .to = to};
}

Status CheckRebase(const std::string& text) {
  if (text.empty() || text == kToday) return Ok();
  const auto date = ParseDate(text);
  if (!date) {
    return MakeError(ErrorCode::kUsage, "--rebase-to: {} is not a date; write today or 2026-11-27",
                     Quote(text));
  }
  if (*date >= kRebaseDateMin && *date <= kRebaseDateMax) return Ok();
  return MakeError(ErrorCode::kUsage, "--rebase-to: {} is outside {} to {}", text,
                   FormatDate(kRebaseDateMin), FormatDate(kRebaseDateMax));
}

std::optional<Rebase> ResolveRebase(const std::string& text, Date last, Date today,
                                    const std::optional<Rebase>& stored) {
  if (text.empty()) return std::nullopt;
  if (text == kToday) return stored ? *stored : RebaseTo(today, last);
  const auto date = ParseDate(text);
  TILLSTREAM_CHECK(date.has_value());
  return stored && stored->to == *date ? *stored : RebaseTo(*date, last);
}

}  // namespace tillstream
