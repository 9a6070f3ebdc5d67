#include "avro/value.h"

#include <fmt/format.h>

#include <type_traits>

#include "base/text.h"

namespace tillstream {
namespace {

std::string List(const std::vector<Value>& values) {
  std::string text;
  for (const Value& value : values) {
    if (!text.empty()) text += ", ";
    text += value.ToString();
  }
  return text;
}

}  // namespace

size_t Value::Cost() const {
  size_t cost = 1;
  const auto add = [&](const std::vector<Value>& values) {
    for (const Value& value : values) cost += value.Cost();
  };
  if (const auto* text = std::get_if<std::string>(&data)) cost += text->size();
  if (const auto* bytes = std::get_if<Bytes>(&data)) cost += bytes->bytes.size();
  if (const auto* fixed = std::get_if<Fixed>(&data)) cost += fixed->bytes.size();
  if (const auto* array = std::get_if<Array>(&data)) add(array->items);
  if (const auto* record = std::get_if<Record>(&data)) add(record->fields);
  if (const auto* map = std::get_if<Map>(&data)) {
    for (const std::string& key : map->keys) cost += key.size();
    add(map->values);
  }
  return cost;
}

std::string Value::ToString() const {
  return std::visit(
      [](const auto& held) -> std::string {
        using T = std::decay_t<decltype(held)>;
        if constexpr (std::is_same_v<T, Null>) {
          return "null";
        } else if constexpr (std::is_same_v<T, std::string>) {
          return Quote(held);
        } else if constexpr (std::is_same_v<T, Bytes> || std::is_same_v<T, Fixed>) {
          return Quote(held.bytes);
        } else if constexpr (std::is_same_v<T, Enum>) {
          return fmt::format("symbol {}", held.index);
        } else if constexpr (std::is_same_v<T, Array>) {
          return "[" + List(held.items) + "]";
        } else if constexpr (std::is_same_v<T, Record>) {
          return "{" + List(held.fields) + "}";
        } else if constexpr (std::is_same_v<T, Map>) {
          std::string text;
          for (size_t i = 0; i < held.keys.size(); ++i) {
            if (i > 0) text += ", ";
            text += Quote(held.keys[i]) + ": " + held.values[i].ToString();
          }
          return "{" + text + "}";
        } else {
          return fmt::format("{}", held);
        }
      },
      data);
}

bool operator==(const Value& a, const Value& b) {
  if (a.branch != b.branch || a.data.index() != b.data.index()) return false;
  return std::visit(
      [&](const auto& held) {
        using T = std::decay_t<decltype(held)>;
        const T& other = std::get<T>(b.data);
        if constexpr (std::is_same_v<T, Value::Array>) {
          return held.items == other.items;
        } else if constexpr (std::is_same_v<T, Value::Record>) {
          return held.fields == other.fields;
        } else if constexpr (std::is_same_v<T, Value::Map>) {
          return held.keys == other.keys && held.values == other.values;
        } else {
          return held == other;
        }
      },
      a.data);
}

}  // namespace tillstream
