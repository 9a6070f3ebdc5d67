#include "replay/speed.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/text.h"

namespace tillstream {
namespace {

constexpr double kSecondsADay = 86'400;

/// Faster than this a day takes less than the clock's resolution; slower, more than a lifetime.
constexpr double kRateMax = 1e12;
constexpr double kRateMin = 1e-6;

}  // namespace

Result<Speed> Speed::Parse(std::string_view text) {
  const auto bad = [&] {
    return MakeError(ErrorCode::kUsage, "--speed: {} is not a speed; write 2d/s, 3600x or max",
                     Quote(text));
  };
  if (text == "max") return Max();
  double unit = 1;
  std::string_view number = text;
  if (number.ends_with("d/s")) {
    number.remove_suffix(3);
    unit = kSecondsADay;
  } else if (number.ends_with("x")) {
    number.remove_suffix(1);
  } else {
    return bad();
  }
  double value = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value,
                                            std::chars_format::fixed);
  if (error != std::errc() || end != number.data() + number.size()) return bad();
  const double rate = value * unit;
  if (!(rate >= kRateMin && rate <= kRateMax)) return bad();
  return Speed(rate, std::string(text));
}

std::chrono::nanoseconds Speed::RealTime(std::chrono::milliseconds simulated) const {
  // long double: 64 bits of mantissa keep nanoseconds exact over centuries.
  const long double nanoseconds =
      static_cast<long double>(simulated.count()) * 1'000'000.0L / static_cast<long double>(rate_);
  constexpr long double kSpan = std::chrono::nanoseconds(kScheduleSpan).count();
  return std::chrono::nanoseconds(
      static_cast<int64_t>(std::llroundl(std::clamp(nanoseconds, -kSpan, kSpan))));
}

std::string Speed::TextOf(double days_a_second) const {
  const bool is_days = text_.ends_with("d/s");
  const double value = is_days ? days_a_second : days_a_second * kSecondsADay;
  return fmt::format("{:.{}f}{}", value, value < 10 ? 2 : 0, is_days ? "d/s" : "x");
}

}  // namespace tillstream
