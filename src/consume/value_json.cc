#include "consume/value_json.h"

#include <fmt/format.h>

#include <cmath>
#include <iterator>

#include "base/text.h"

namespace tillstream {
namespace {

/// The shortest text of a number's own type: a float must not be widened first.
template <typename Number>
void AppendNumber(Number value, std::string* out) {
  if (std::isfinite(value)) {
    fmt::format_to(std::back_inserter(*out), "{}", value);
  } else {
    *out += "null";
  }
}

void AppendBytes(std::string_view bytes, std::string* out) {
  *out += '"';
  for (const char c : bytes)
    fmt::format_to(std::back_inserter(*out), "\\u{:04x}", static_cast<uint8_t>(c));
  *out += '"';
}

void AppendRecord(const SchemaNode& schema, const Value::Record& record, std::string* out) {
  *out += '{';
  for (size_t i = 0; i < record.fields.size(); ++i) {
    if (i > 0) *out += ',';
    AppendJsonString(schema.fields[i].name, out);
    *out += ':';
    AppendJson(*schema.fields[i].type, record.fields[i], out);
  }
  *out += '}';
}

void AppendArray(const SchemaNode& schema, const Value::Array& array, std::string* out) {
  *out += '[';
  for (size_t i = 0; i < array.items.size(); ++i) {
    if (i > 0) *out += ',';
    AppendJson(*schema.element, array.items[i], out);
  }
  *out += ']';
}

void AppendMap(const SchemaNode& schema, const Value::Map& map, std::string* out) {
  *out += '{';
  for (size_t i = 0; i < map.values.size(); ++i) {
    if (i > 0) *out += ',';
    AppendJsonString(map.keys[i], out);
    *out += ':';
    AppendJson(*schema.element, map.values[i], out);
  }
  *out += '}';
}

}  // namespace

void AppendJsonString(std::string_view text, std::string* out) {
  *out += '"';
  while (!text.empty()) {
    const char c = text[0];
    const size_t length = Utf8SequenceLength(text);
    if (length == 0) {
      *out += "\xEF\xBF\xBD";
    } else if (c == '"' || c == '\\') {
      *out += '\\';
      *out += c;
    } else if (static_cast<uint8_t>(c) < 0x20) {
      fmt::format_to(std::back_inserter(*out), "\\u{:04x}", static_cast<uint8_t>(c));
    } else {
      *out += text.substr(0, length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  *out += '"';
}

void AppendJsonFloat(float value, std::string* out) { AppendNumber(value, out); }

void AppendJsonDouble(double value, std::string* out) { AppendNumber(value, out); }

void AppendJson(const SchemaNode& schema, const Value& value, std::string* out) {
  switch (schema.type) {
    case AvroType::kNull:
      *out += "null";
      return;
    case AvroType::kBoolean:
      *out += value.as<bool>() ? "true" : "false";
      return;
    case AvroType::kInt:
      *out += std::to_string(value.as<int32_t>());
      return;
    case AvroType::kLong:
      *out += std::to_string(value.as<int64_t>());
      return;
    case AvroType::kFloat:
      return AppendJsonFloat(value.as<float>(), out);
    case AvroType::kDouble:
      return AppendJsonDouble(value.as<double>(), out);
    case AvroType::kBytes:
      return AppendBytes(value.as<Value::Bytes>().bytes, out);
    case AvroType::kFixed:
      return AppendBytes(value.as<Value::Fixed>().bytes, out);
    case AvroType::kString:
      return AppendJsonString(value.as<std::string>(), out);
    case AvroType::kEnum:
      return AppendJsonString(schema.symbols[static_cast<size_t>(value.as<Value::Enum>().index)],
                              out);
    case AvroType::kRecord:
      return AppendRecord(schema, value.as<Value::Record>(), out);
    case AvroType::kArray:
      return AppendArray(schema, value.as<Value::Array>(), out);
    case AvroType::kMap:
      return AppendMap(schema, value.as<Value::Map>(), out);
    case AvroType::kUnion:
      return AppendJson(*schema.branches[static_cast<size_t>(value.branch)], value, out);
  }
}

}  // namespace tillstream
