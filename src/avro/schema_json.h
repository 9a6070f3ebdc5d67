#pragma once

#include <string>

#include "base/json.h"

namespace tillstream {

/// Whether the keys of JSON objects stay in their order or are sorted by their bytes.
enum class KeyOrder { kKept, kSorted };

/// JSON text as Avro for Java prints it, which identities of schemas are made of: no spaces,
/// non-ASCII characters as they are, a double as the shortest digits that stand for it in Java's
/// form (1.0, 1.5E10, "NaN"). Private to the sources of this folder, since it needs base/json.h.
std::string JavaJson(const Json& json, KeyOrder order = KeyOrder::kKept);

/// A number as Java's Double.toString() and Float.toString() print it.
std::string JavaNumber(double number);
std::string JavaNumber(float number);

}  // namespace tillstream
