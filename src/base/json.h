#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tillstream {

/// JSON with object keys kept in the order in which they stand. Include this header in sources
/// only: it costs four seconds of compilation.
using Json = nlohmann::ordered_json;

/// Most keys of one object: adding one costs a look at all before it.
inline constexpr size_t kJsonKeysMax = 2000;

/// Parses one JSON text (UTF-8, nothing after it). kBadInput names the byte and what was found.
/// Nesting deeper than `depth_max` and objects of more than kJsonKeysMax keys are refused, so that
/// the time is bounded by the size of the text.
Result<Json> ParseJson(std::string_view text, int depth_max = 64);

/// One line, no spaces, non-ASCII characters as they are. Invalid UTF-8 becomes U+FFFD.
std::string DumpJson(const Json& json);

}  // namespace tillstream
