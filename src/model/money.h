#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tillstream {

/// An amount of money in cents. A price is at most kPriceCentsMax.
using Cents = int64_t;

/// Largest price: a dollar short of what a 32-bit signed number of cents holds.
inline constexpr Cents kPriceCentsMax = 2'147'483'547;

/// What is wrong with the text of a price.
enum class PriceFault { kNone, kNotANumber, kNegative, kTooManyDecimals, kTooLarge };

/// Reads a price such as "9.58", "3" or ".5" as cents. More than two decimals are a fault even
/// when they are zeros beyond the second; exponents, signs and spaces are not numbers, and a
/// leading minus on a number is kNegative. `cents` is set only when the result is kNone.
PriceFault ParsePrice(std::string_view text, Cents* cents);

/// The float nearest to `cents` / 100, which is what a SalesRecord carries.
float PriceOf(Cents cents);

/// The cents of a SalesRecord's price, to the nearest; none for a price that is not finite or out
/// of range.
std::optional<Cents> CentsOf(float price);

}  // namespace tillstream
