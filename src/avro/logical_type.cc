#include "avro/logical_type.h"

#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <string_view>

#include "avro/schema_default.h"

namespace tillstream {
namespace {

struct KnownType {
  std::string_view name;
  AvroType type;
  int64_t fixed_size;  ///< 0 but for fixed.
};

constexpr std::array<KnownType, 13> kKnown = {{{"date", AvroType::kInt, 0},
                                               {"time-millis", AvroType::kInt, 0},
                                               {"time-micros", AvroType::kLong, 0},
                                               {"timestamp-millis", AvroType::kLong, 0},
                                               {"timestamp-micros", AvroType::kLong, 0},
                                               {"timestamp-nanos", AvroType::kLong, 0},
                                               {"local-timestamp-millis", AvroType::kLong, 0},
                                               {"local-timestamp-micros", AvroType::kLong, 0},
                                               {"local-timestamp-nanos", AvroType::kLong, 0},
                                               {"uuid", AvroType::kString, 0},
                                               {"uuid", AvroType::kFixed, 16},
                                               {"duration", AvroType::kFixed, 12},
                                               {"big-decimal", AvroType::kBytes, 0}}};

/// Digits that every number of so many bytes can hold.
int64_t DigitsIn(int64_t size_bytes) {
  if (size_bytes == 0) return 0;
  return static_cast<int64_t>(
      std::floor(std::log10(2.0) * (8 * static_cast<double>(size_bytes) - 1)));
}

void SetDecimal(const Json& json, SchemaNode* node) {
  if (node->type != AvroType::kBytes && node->type != AvroType::kFixed) return;
  const auto number = [&](const char* key) -> std::optional<int64_t> {
    const auto found = json.find(key);
    if (found == json.end()) return 0;
    return FitsInt(*found) ? IntegerOf(*found) : std::nullopt;
  };
  const auto precision = number("precision");
  const auto scale = number("scale");
  if (!precision || !scale || *precision <= 0 || *scale < 0 || *scale > *precision) return;
  if (node->type == AvroType::kFixed && *precision > DigitsIn(node->fixed_size)) return;
  node->logical_type = "decimal";
  node->decimal_precision = static_cast<int32_t>(*precision);
  node->decimal_scale = static_cast<int32_t>(*scale);
}

}  // namespace

void SetLogicalType(const Json& json, SchemaNode* node) {
  const auto found = json.find("logicalType");
  if (found == json.end() || !found->is_string()) return;
  const auto& name = found->get_ref<const std::string&>();
  if (name == "decimal") return SetDecimal(json, node);
  for (const KnownType& known : kKnown) {
    if (known.name == name && known.type == node->type && known.fixed_size == node->fixed_size) {
      node->logical_type = name;
    }
  }
}

}  // namespace tillstream
