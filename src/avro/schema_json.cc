#include "avro/schema_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <vector>

namespace tillstream {
namespace {

template <typename Float>
std::string FormatNumber(Float number) {
  if (std::isnan(number)) return "NaN";
  if (std::isinf(number)) return number > 0 ? "Infinity" : "-Infinity";
  if (number == 0) return std::signbit(number) ? "-0.0" : "0.0";
  char buffer[64];
  const auto end =
      std::to_chars(buffer, buffer + sizeof(buffer), number, std::chars_format::scientific).ptr;
  // [-]d[.ddd]e(+|-)dd
  const std::string text(buffer, end);
  const size_t e = text.find('e');
  const std::string sign = text[0] == '-' ? "-" : "";
  std::string digits;
  std::copy_if(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(e),
               std::back_inserter(digits), [](char c) { return c >= '0' && c <= '9'; });
  const int exponent = std::stoi(text.substr(e + 1));
  const auto padded = [](const std::string& part) { return part.empty() ? "0" : part; };
  if (exponent < -3 || exponent > 6) {
    return fmt::format("{}{}.{}E{}", sign, digits[0], padded(digits.substr(1)), exponent);
  }
  if (exponent < 0) {
    return sign + "0." + std::string(static_cast<size_t>(-exponent - 1), '0') + digits;
  }
  const auto whole = static_cast<size_t>(exponent) + 1;
  if (digits.size() < whole) digits.append(whole - digits.size(), '0');
  return sign + digits.substr(0, whole) + "." + padded(digits.substr(whole));
}

void AppendString(const std::string& text, std::string* out) {
  *out += '"';
  for (const char c : text) {
    switch (c) {
      case '"':
        *out += "\\\"";
        break;
      case '\\':
        *out += "\\\\";
        break;
      case '\b':
        *out += "\\b";
        break;
      case '\t':
        *out += "\\t";
        break;
      case '\n':
        *out += "\\n";
        break;
      case '\f':
        *out += "\\f";
        break;
      case '\r':
        *out += "\\r";
        break;
      default:
        if (static_cast<uint8_t>(c) < 0x20) {
          *out += fmt::format("\\u{:04X}", static_cast<uint8_t>(c));
        } else {
          *out += c;
        }
    }
  }
  *out += '"';
}

void AppendJson(const Json& json, KeyOrder order, std::string* out) {
  if (json.is_string()) return AppendString(json.get_ref<const std::string&>(), out);
  if (json.is_number_float()) {
    const auto number = json.get<double>();
    *out += std::isfinite(number) ? JavaNumber(number) : '"' + JavaNumber(number) + '"';
  } else if (json.is_array()) {
    *out += '[';
    for (size_t i = 0; i < json.size(); ++i) {
      if (i > 0) *out += ',';
      AppendJson(json[i], order, out);
    }
    *out += ']';
  } else if (json.is_object()) {
    std::vector<Json::const_iterator> items;
    for (auto it = json.begin(); it != json.end(); ++it) items.push_back(it);
    if (order == KeyOrder::kSorted) {
      std::sort(items.begin(), items.end(),
                [](const auto& a, const auto& b) { return a.key() < b.key(); });
    }
    *out += '{';
    for (size_t i = 0; i < items.size(); ++i) {
      if (i > 0) *out += ',';
      AppendString(items[i].key(), out);
      *out += ':';
      AppendJson(*items[i], order, out);
    }
    *out += '}';
  } else {
    *out += DumpJson(json);
  }
}

}  // namespace

std::string JavaNumber(double number) { return FormatNumber(number); }
std::string JavaNumber(float number) { return FormatNumber(number); }

std::string JavaJson(const Json& json, KeyOrder order) {
  std::string text;
  AppendJson(json, order, &text);
  return text;
}

}  // namespace tillstream
