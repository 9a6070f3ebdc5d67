#include "avro/schema_default.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "avro/schema_json.h"
#include "base/text.h"

namespace tillstream {
namespace {

Error WrongType(const SchemaNode& type, const Json& json, const std::string& where) {
  return SchemaFault(where, "default {} is not of type {}", Shown(json), type.Describe());
}

/// Bytes stand in JSON as a string whose code points 0 to 255 are the bytes.
Result<std::string> BytesOf(const Json& json, const std::string& where) {
  std::string bytes;
  const auto& text = json.get_ref<const std::string&>();
  for (size_t i = 0; i < text.size(); ++i) {
    const auto lead = static_cast<uint8_t>(text[i]);
    if (lead < 0x80) {
      bytes += text[i];
    } else if (lead == 0xC2 || lead == 0xC3) {  // U+0080..U+00FF; the JSON parser checked UTF-8
      bytes += static_cast<char>((lead << 6) | (static_cast<uint8_t>(text[++i]) & 0x3F));
    } else {
      return SchemaFault(where, "default {} has a character above U+00FF, which no byte is",
                         Shown(json));
    }
  }
  return bytes;
}

/// The number that a float's shortest digits stand for.
double AsPrinted(float number) {
  if (!std::isfinite(number)) return number;
  return std::stod(JavaNumber(number));
}

bool IsOfKind(AvroType type, const Json& json) {
  switch (type) {
    case AvroType::kNull:
      return json.is_null();
    case AvroType::kBoolean:
      return json.is_boolean();
    case AvroType::kInt:
    case AvroType::kLong:
      return json.is_number_integer();
    case AvroType::kFloat:
    case AvroType::kDouble:
      return json.is_number();
    case AvroType::kArray:
      return json.is_array();
    case AvroType::kMap:
    case AvroType::kRecord:
      return json.is_object();
    default:
      return json.is_string();
  }
}

Json WithTypedNumbers(const SchemaNode& type, const Json& json) {
  const SchemaNode* held = &type;
  if (type.type == AvroType::kUnion) {
    const auto branch =
        std::find_if(type.branches.begin(), type.branches.end(),
                     [&](const SchemaNode* node) { return IsOfKind(node->type, json); });
    if (branch == type.branches.end()) return json;
    held = *branch;
  }
  if (!IsOfKind(held->type, json)) return json;
  Json typed = json;
  switch (held->type) {
    case AvroType::kFloat:
      return AsPrinted(json.get<float>());
    case AvroType::kDouble:
      return json.get<double>();
    case AvroType::kArray:
    case AvroType::kMap:
      for (Json& item : typed) item = WithTypedNumbers(*held->element, item);
      return typed;
    case AvroType::kRecord:
      for (const SchemaField& field : held->fields) {
        if (const auto found = typed.find(field.name); found != typed.end()) {
          *found = WithTypedNumbers(*field.type, *found);
        }
      }
      return typed;
    default:
      return typed;
  }
}

}  // namespace

std::string Shown(const Json& json) {
  constexpr size_t kLengthMax = 60;
  const std::string text = DumpJson(json);
  return text.size() <= kLengthMax ? text : text.substr(0, kLengthMax) + "...";
}

std::optional<int64_t> IntegerOf(const Json& json) {
  if (!json.is_number_integer()) return std::nullopt;
  if (json.is_number_unsigned() &&
      json.get<uint64_t>() > uint64_t{std::numeric_limits<int64_t>::max()}) {
    return std::nullopt;
  }
  return json.get<int64_t>();
}

bool FitsInt(const Json& json) {
  const auto number = IntegerOf(json);
  return number && *number >= std::numeric_limits<int32_t>::min() &&
         *number <= std::numeric_limits<int32_t>::max();
}

Json DefaultOf(const SchemaNode& type, Json json) {
  if ((type.type != AvroType::kFloat && type.type != AvroType::kDouble) || !json.is_string()) {
    return json;
  }
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const auto& text = json.get_ref<const std::string&>();
  if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (text == "Infinity") return kInfinity;
  if (text == "-Infinity") return -kInfinity;
  const auto number = ParseJson(text);
  return number && number->is_number() ? Json(number->get<double>()) : json;
}

std::string NormalizedDefault(const SchemaNode& type, const Json& json) {
  return JavaJson(WithTypedNumbers(type, DefaultOf(type, json)), KeyOrder::kSorted);
}

Result<Value> DefaultMaker::Make(const SchemaNode& type, const Json& json, const std::string& where,
                                 int depth) {
  if (depth > kSchemaDepthMax) return SchemaFault(where, "the default contains itself");
  cost_ += 1 + (json.is_string() ? json.get_ref<const std::string&>().size() : 0);
  if (cost_ > kSchemaDefaultsCostMax) {
    return SchemaFault(where, "the defaults have more than {} values", kSchemaDefaultsCostMax);
  }
  const auto wrong = [&] { return WrongType(type, json, where); };
  switch (type.type) {
    case AvroType::kNull:
      if (!json.is_null()) return wrong();
      return Value{Value::Null{}};
    case AvroType::kBoolean:
      if (!json.is_boolean()) return wrong();
      return Value{json.get<bool>()};
    case AvroType::kInt:
      if (!FitsInt(json)) return wrong();
      return Value{json.get<int32_t>()};
    case AvroType::kLong:
      if (!IntegerOf(json)) return wrong();
      return Value{json.get<int64_t>()};
    case AvroType::kFloat:
      if (!json.is_number()) return wrong();
      return Value{json.get<float>()};
    case AvroType::kDouble:
      if (!json.is_number()) return wrong();
      return Value{json.get<double>()};
    case AvroType::kString:
      if (!json.is_string()) return wrong();
      return Value{json.get<std::string>()};
    case AvroType::kBytes:
    case AvroType::kFixed: {
      if (!json.is_string()) return wrong();
      TILLSTREAM_ASSIGN(std::string bytes, BytesOf(json, where));
      if (type.type == AvroType::kBytes) return Value{Value::Bytes{std::move(bytes)}};
      if (static_cast<int64_t>(bytes.size()) != type.fixed_size) return wrong();
      return Value{Value::Fixed{std::move(bytes)}};
    }
    case AvroType::kEnum: {
      if (!json.is_string()) return wrong();
      const auto found =
          std::find(type.symbols.begin(), type.symbols.end(), json.get<std::string>());
      if (found == type.symbols.end()) return wrong();
      return Value{Value::Enum{static_cast<int32_t>(found - type.symbols.begin())}};
    }
    case AvroType::kUnion:
      return MakeUnion(type, json, where, depth);
    case AvroType::kRecord:
      if (!json.is_object()) return wrong();
      return MakeRecord(type, json, where, depth);
    case AvroType::kArray:
    case AvroType::kMap:
      if (type.type == AvroType::kArray ? !json.is_array() : !json.is_object()) return wrong();
      return MakeCollection(type, json, where, depth);
  }
  return wrong();
}

/// The first branch that fits. What was tried in vain counts towards the cost, so that branches in
/// branches cannot multiply.
Result<Value> DefaultMaker::MakeUnion(const SchemaNode& type, const Json& json,
                                      const std::string& where, int depth) {
  for (size_t i = 0; i < type.branches.size(); ++i) {
    auto value = Make(*type.branches[i], json, where, depth + 1);
    if (value) {
      value->branch = static_cast<int32_t>(i);
      return value;
    }
    if (type.branches.size() == 1 || cost_ > kSchemaDefaultsCostMax) return value;
  }
  return SchemaFault(where, "default {} is of none of the union's branches", Shown(json));
}

/// A field that the default does not name takes its own default.
Result<Value> DefaultMaker::MakeRecord(const SchemaNode& type, const Json& json,
                                       const std::string& where, int depth) {
  Value::Record record;
  for (const SchemaField& field : type.fields) {
    const std::string inside = where + "default of field " + Quote(field.name) + ": ";
    if (const auto given = json.find(field.name); given != json.end()) {
      TILLSTREAM_ASSIGN(Value value, Make(*field.type, *given, inside, depth + 1));
      record.fields.push_back(std::move(value));
    } else if (!field.default_json.empty()) {
      cost_ += field.default_json.size() / 8;  // what parsing it costs, beside its values
      TILLSTREAM_ASSIGN(Json own, ParseJson(field.default_json, kSchemaDepthMax));
      TILLSTREAM_ASSIGN(Value value, Make(*field.type, DefaultOf(*field.type, std::move(own)),
                                          inside, depth + 1));
      record.fields.push_back(std::move(value));
    } else {
      return SchemaFault(inside, "missing, and the field has no default of its own");
    }
  }
  return Value{std::move(record)};
}

Result<Value> DefaultMaker::MakeCollection(const SchemaNode& type, const Json& json,
                                           const std::string& where, int depth) {
  if (type.type == AvroType::kArray) {
    Value::Array array;
    for (const Json& item : json) {
      TILLSTREAM_ASSIGN(Value value, Make(*type.element, item, where, depth + 1));
      array.items.push_back(std::move(value));
    }
    return Value{std::move(array)};
  }
  Value::Map map;
  for (const auto& [key, item] : json.items()) {
    TILLSTREAM_ASSIGN(Value value, Make(*type.element, item, where, depth + 1));
    map.keys.push_back(key);
    map.values.push_back(std::move(value));
  }
  return Value{std::move(map)};
}

}  // namespace tillstream
