#pragma once

#include <string>
#include <string_view>

#include "avro/schema.h"
#include "avro/value.h"

namespace tillstream {

/// Appends `text` as a JSON string with quotes. Bytes that are not UTF-8 become U+FFFD.
void AppendJsonString(std::string_view text, std::string* out);

/// Appends the shortest decimal number that reads back as `value`; null for what JSON has no number
/// for (infinities and NaN).
void AppendJsonFloat(float value, std::string* out);
void AppendJsonDouble(double value, std::string* out);

/// Appends `value`, a datum of `schema`, as JSON: unions plain (the value, not {"float": 1.5}),
/// bytes and fixed as strings of code points 0-255 as Avro's JSON encoding has them, dates and
/// times as their numbers.
void AppendJson(const SchemaNode& schema, const Value& value, std::string* out);

}  // namespace tillstream
