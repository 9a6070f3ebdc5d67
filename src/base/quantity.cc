#include "base/quantity.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

namespace tillstream {
namespace {

struct Unit {
  std::string_view name;
  int64_t factor;
};

constexpr Unit kByteUnits[] = {
    {"", 1},          {"B", 1},          {"KiB", 1 << 10}, {"kB", 1'000},
    {"MiB", 1 << 20}, {"MB", 1'000'000}, {"GiB", 1 << 30}, {"GB", 1'000'000'000}};

constexpr Unit kTimeUnits[] = {{"ms", 1}, {"s", 1'000}, {"min", 60'000}};

/// A whole number and one of `units`, together at most `maximum`.
template <size_t N>
std::optional<int64_t> ParseQuantity(std::string_view text, const Unit (&units)[N],
                                     int64_t maximum) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || value < 0) return std::nullopt;
  const std::string_view name(end, static_cast<size_t>(text.data() + text.size() - end));
  for (const Unit& unit : units) {
    if (unit.name != name) continue;
    if (value > maximum / unit.factor) return std::nullopt;
    return value * unit.factor;
  }
  return std::nullopt;
}

}  // namespace

std::optional<int64_t> ParseByteCount(std::string_view text, int64_t maximum) {
  return ParseQuantity(text, kByteUnits, maximum);
}

std::optional<std::chrono::milliseconds> ParseDuration(std::string_view text,
                                                       std::chrono::milliseconds maximum) {
  const auto milliseconds = ParseQuantity(text, kTimeUnits, maximum.count());
  if (!milliseconds) return std::nullopt;
  return std::chrono::milliseconds(*milliseconds);
}

std::string DurationText(std::chrono::milliseconds time) {
  if (time < std::chrono::seconds(1)) return fmt::format("{} ms", time.count());
  const double tenths = std::round(static_cast<double>(time.count()) / 100);
  return fmt::format("{} s", tenths / 10);
}

}  // namespace tillstream
