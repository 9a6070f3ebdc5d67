#include "avro/schema_default.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <unordered_map>

#include "avro/schema_json.h"
#include "base/text.h"

namespace tillstream {
namespace {

constexpr size_t kShownMax = 60;

/// Bytes of JSON text whose parsing costs about as much as making a value.
constexpr size_t kJsonBytesPerValue = 8;

/// Symbols that can be looked through at the cost of a value.
constexpr size_t kSymbolsPerValue = 16;

/// Bytes stand in JSON as a string whose code points 0 to 255 are the bytes; none for others.
std::optional<std::string> BytesOf(const std::string& text) {
  std::string bytes;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto lead = static_cast<uint8_t>(text[i]);
    if (lead < 0x80) {
      bytes += text[i];
    } else if (lead == 0xC2 || lead == 0xC3) {  // U+0080..U+00FF; the JSON parser checked UTF-8
      bytes += static_cast<char>((lead << 6) | (static_cast<uint8_t>(text[++i]) & 0x3F));
    } else {
      return std::nullopt;
    }
  }
  return bytes;
}

/// The values of a JSON object by key: a plain look-up goes through all keys.
class KeyIndex {
 public:
  explicit KeyIndex(const Json& object) {
    for (const auto& [key, value] : object.items()) by_key_.emplace(key, &value);
  }
  const Json* Find(const std::string& key) const {
    const auto found = by_key_.find(key);
    return found == by_key_.end() ? nullptr : found->second;
  }

 private:
  std::unordered_map<std::string, const Json*> by_key_;
};

/// Appends until `out` is too long to be shown whole.
void AppendShown(const Json& json, std::string* out) {
  if (json.is_string()) {
    *out += DumpJson(json.get_ref<const std::string&>().substr(0, kShownMax));
  } else if (json.is_structured()) {
    *out += json.is_array() ? '[' : '{';
    bool is_first = true;
    for (auto item = json.begin(); item != json.end() && out->size() <= kShownMax; ++item) {
      if (!is_first) *out += ',';
      is_first = false;
      if (json.is_object()) {
        AppendShown(item.key(), out);
        *out += ':';
      }
      AppendShown(*item, out);
    }
    *out += json.is_array() ? ']' : '}';
  } else {
    *out += DumpJson(json);
  }
}

/// The number that a float's shortest digits stand for.
double AsPrinted(float number) {
  return std::isfinite(number) ? std::stod(JavaNumber(number)) : number;
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

/// Gives the numbers inside of a default the form of their type. Where a union leaves a choice the
/// first branch of the kind stands for all.
class NumberTyper {
 public:
  void Apply(const SchemaNode& type, Json* json) {
    const SchemaNode* held = &type;
    if (type.type == AvroType::kUnion) {
      const auto branch =
          std::find_if(type.branches.begin(), type.branches.end(),
                       [&](const SchemaNode* node) { return IsOfKind(node->type, *json); });
      if (branch == type.branches.end()) return;
      held = *branch;
    }
    if (!IsOfKind(held->type, *json)) return;
    switch (held->type) {
      case AvroType::kFloat:
        *json = AsPrinted(json->get<float>());
        return;
      case AvroType::kDouble:
        *json = json->get<double>();
        return;
      case AvroType::kArray:
      case AvroType::kMap:
        for (Json& item : *json) Apply(*held->element, &item);
        return;
      case AvroType::kRecord:
        for (auto item = json->begin(); item != json->end(); ++item) {
          const auto& types = FieldsOf(*held);
          const auto found = types.find(item.key());
          if (found != types.end()) Apply(*found->second, &*item);
        }
        return;
      default:
        return;
    }
  }

 private:
  using FieldTypes = std::unordered_map<std::string_view, const SchemaNode*>;

  const FieldTypes& FieldsOf(const SchemaNode& record) {
    const auto [found, is_new] = fields_.try_emplace(&record);
    if (is_new) {
      for (const SchemaField& field : record.fields) found->second.emplace(field.name, field.type);
    }
    return found->second;
  }

  std::unordered_map<const SchemaNode*, FieldTypes> fields_;
};

}  // namespace

std::string Shown(const Json& json) {
  std::string text;
  AppendShown(json, &text);
  return text.size() <= kShownMax ? text : text.substr(0, kShownMax) + "...";
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
  Json typed = DefaultOf(type, json);
  NumberTyper().Apply(type, &typed);
  return JavaJson(typed, KeyOrder::kSorted);
}

template <typename... Args>
bool DefaultMaker::Fail(fmt::format_string<Args...> format, Args&&... args) {
  if (tries_ > 0) return false;
  for (const std::string* field : path_) {
    fault_ += fmt::format("default of field {}: ", Quote(*field));
  }
  fault_ += fmt::format(format, std::forward<Args>(args)...);
  return false;
}

bool DefaultMaker::WrongType(const SchemaNode& type, const Json& json) {
  return tries_ == 0 && Fail("default {} is not of type {}", Shown(json), type.Describe());
}

Result<Value> DefaultMaker::Make(const SchemaNode& type, const Json& json,
                                 const std::string& where) {
  fault_.clear();
  path_.clear();
  Value value;
  if (Make(type, json, 0, &value)) return value;
  if (IsTooCostly()) {
    return SchemaFault(where, "the defaults have more than {} values", kSchemaDefaultsCostMax);
  }
  return SchemaFault(where, "{}", fault_);
}

bool DefaultMaker::Make(const SchemaNode& type, const Json& json, int depth, Value* value) {
  if (depth > kSchemaDepthMax) return Fail("the default contains itself");
  cost_ += 1 + (json.is_string() ? json.get_ref<const std::string&>().size() : 0);
  if (IsTooCostly()) return false;
  if (type.type == AvroType::kUnion) return MakeUnion(type, json, depth, value);
  if (!IsOfKind(type.type, json)) return WrongType(type, json);
  switch (type.type) {
    case AvroType::kNull:
      value->data = Value::Null{};
      return true;
    case AvroType::kBoolean:
      value->data = json.get<bool>();
      return true;
    case AvroType::kInt:
      if (!FitsInt(json)) return WrongType(type, json);
      value->data = json.get<int32_t>();
      return true;
    case AvroType::kLong:
      if (!IntegerOf(json)) return WrongType(type, json);
      value->data = json.get<int64_t>();
      return true;
    case AvroType::kFloat:
      value->data = json.get<float>();
      return true;
    case AvroType::kDouble:
      value->data = json.get<double>();
      return true;
    case AvroType::kRecord:
      return MakeRecord(type, json, depth, value);
    case AvroType::kArray:
    case AvroType::kMap:
      return MakeCollection(type, json, depth, value);
    default:
      return MakeText(type, json, value);
  }
}

/// What stands as a string in JSON.
bool DefaultMaker::MakeText(const SchemaNode& type, const Json& json, Value* value) {
  const auto& text = json.get_ref<const std::string&>();
  if (type.type == AvroType::kString) {
    value->data = text;
    return true;
  }
  if (type.type == AvroType::kEnum) {
    cost_ += type.symbols.size() / kSymbolsPerValue;
    const auto found = std::find(type.symbols.begin(), type.symbols.end(), text);
    if (found == type.symbols.end()) return WrongType(type, json);
    value->data = Value::Enum{static_cast<int32_t>(found - type.symbols.begin())};
    return true;
  }
  auto bytes = BytesOf(text);
  if (!bytes) {
    return tries_ == 0 &&
           Fail("default {} has a character above U+00FF, which no byte is", Shown(json));
  }
  if (type.type == AvroType::kBytes) {
    value->data = Value::Bytes{*std::move(bytes)};
    return true;
  }
  if (static_cast<int64_t>(bytes->size()) != type.fixed_size) return WrongType(type, json);
  value->data = Value::Fixed{*std::move(bytes)};
  return true;
}

/// The first branch that fits. What was tried in vain counts towards the cost, so that branches in
/// branches cannot multiply.
bool DefaultMaker::MakeUnion(const SchemaNode& type, const Json& json, int depth, Value* value) {
  const size_t path_size = path_.size();
  ++tries_;
  for (size_t i = 0; i < type.branches.size() && !IsTooCostly(); ++i) {
    if (Make(*type.branches[i], json, depth + 1, value)) {
      --tries_;
      value->branch = static_cast<int32_t>(i);
      return true;
    }
    path_.resize(path_size);
  }
  --tries_;
  return tries_ == 0 && Fail("default {} is of none of the union's branches", Shown(json));
}

/// A field that the default does not name takes its own default.
bool DefaultMaker::MakeRecord(const SchemaNode& type, const Json& json, int depth, Value* value) {
  const KeyIndex given(json);
  cost_ += json.size();
  Value::Record record;
  for (const SchemaField& field : type.fields) {
    path_.push_back(&field.name);
    record.fields.emplace_back();
    if (const Json* item = given.Find(field.name)) {
      if (!Make(*field.type, *item, depth + 1, &record.fields.back())) return false;
    } else if (!field.default_json.empty()) {
      cost_ += field.default_json.size() / kJsonBytesPerValue;
      const auto own = ParseJson(field.default_json, kSchemaDepthMax);
      if (!own) return Fail("{}", own.error().message);
      const Json meant = DefaultOf(*field.type, *own);
      if (!Make(*field.type, meant, depth + 1, &record.fields.back())) return false;
    } else {
      return Fail("missing, and the field has no default of its own");
    }
    path_.pop_back();
  }
  value->data = std::move(record);
  return true;
}

bool DefaultMaker::MakeCollection(const SchemaNode& type, const Json& json, int depth,
                                  Value* value) {
  std::vector<Value> values;
  for (const Json& item : json) {
    values.emplace_back();
    if (!Make(*type.element, item, depth + 1, &values.back())) return false;
  }
  if (type.type == AvroType::kArray) {
    value->data = Value::Array{std::move(values)};
    return true;
  }
  Value::Map map;
  for (const auto& [key, item] : json.items()) map.keys.push_back(key);
  map.values = std::move(values);
  value->data = std::move(map);
  return true;
}

}  // namespace tillstream
