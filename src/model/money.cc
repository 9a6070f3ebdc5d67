#include "model/money.h"

#include <cmath>

namespace tillstream {
namespace {

constexpr bool IsDigit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

PriceFault ParsePrice(std::string_view text, Cents* cents) {
  const bool negative = !text.empty() && text[0] == '-';
  if (negative) text.remove_prefix(1);
  size_t i = 0;
  Cents value = 0;
  bool too_large = false;
  while (i < text.size() && IsDigit(text[i])) {
    value = value * 10 + (text[i++] - '0');
    if (value > kPriceCentsMax / 100) {
      too_large = true;
      value = 0;
    }
  }
  const size_t whole_digits = i;
  value *= 100;
  size_t decimals = 0;
  if (i < text.size() && text[i] == '.') {
    ++i;
    for (; i < text.size() && IsDigit(text[i]); ++i, ++decimals) {
      if (decimals < 2) value += (text[i] - '0') * (decimals == 0 ? 10 : 1);
    }
  }
  if (i != text.size() || whole_digits + decimals == 0) return PriceFault::kNotANumber;
  if (negative) return PriceFault::kNegative;
  if (decimals > 2) return PriceFault::kTooManyDecimals;
  if (too_large || value > kPriceCentsMax) return PriceFault::kTooLarge;
  *cents = value;
  return PriceFault::kNone;
}

float PriceOf(Cents cents) { return static_cast<float>(static_cast<double>(cents) / 100.0); }

std::optional<Cents> CentsOf(float price) {
  const double cents = std::round(static_cast<double>(price) * 100.0);
  if (!std::isfinite(cents) || cents < 0 || cents > static_cast<double>(kPriceCentsMax)) {
    return std::nullopt;
  }
  return static_cast<Cents>(cents);
}

}  // namespace tillstream
