#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "avro/schema.h"
#include "avro/schema_tree.h"
#include "base/json.h"
#include "base/text.h"

namespace tillstream {
namespace {

constexpr std::array<std::string_view, 8> kPrimitives = {"null",  "boolean", "int",   "long",
                                                         "float", "double",  "bytes", "string"};

/// Keys with a meaning of their own; every other key of a type is a property. Primitive types and
/// collections ignore those that they have no use for.
constexpr std::array<std::string_view, 10> kTypeKeys = {
    "type", "name", "namespace", "doc", "fields", "symbols", "items", "values", "size", "aliases"};
constexpr std::array<std::string_view, 6> kFieldKeys = {"name",    "type",  "doc",
                                                        "default", "order", "aliases"};

std::optional<AvroType> PrimitiveOf(std::string_view name) {
  const auto* const found = std::find(kPrimitives.begin(), kPrimitives.end(), name);
  if (found == kPrimitives.end()) return std::nullopt;
  return static_cast<AvroType>(found - kPrimitives.begin());
}

bool IsName(std::string_view name) {
  const auto is_letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  return !name.empty() && is_letter(name[0]) && std::all_of(name.begin(), name.end(), [&](char c) {
    return is_letter(c) || (c >= '0' && c <= '9');
  });
}

/// Names joined by dots.
bool IsFullName(std::string_view name) {
  for (size_t begin = 0;;) {
    const size_t dot = name.find('.', begin);
    if (!IsName(name.substr(begin, dot - begin))) return false;
    if (dot == std::string_view::npos) return true;
    begin = dot + 1;
  }
}

std::string Qualify(const std::string& name, const std::string& name_space) {
  if (name_space.empty() || name.find('.') != std::string::npos) return name;
  return name_space + "." + name;
}

std::string KindOf(const Json& json) {
  return json.is_null() ? "null" : "a JSON " + std::string(json.type_name());
}

/// The user's JSON for a message, cut where Quote() cuts.
std::string Shown(const Json& json) {
  constexpr size_t kLengthMax = 60;
  const std::string text = DumpJson(json);
  return text.size() <= kLengthMax ? text : text.substr(0, kLengthMax) + "...";
}

/// None for what is no whole number or does not fit.
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

template <size_t kCount>
std::vector<std::pair<std::string, std::string>> PropertiesOf(
    const Json& json, const std::array<std::string_view, kCount>& keys) {
  std::vector<std::pair<std::string, std::string>> properties;
  for (const auto& [key, value] : json.items()) {
    if (std::find(keys.begin(), keys.end(), key) == keys.end()) {
      properties.emplace_back(key, DumpJson(value));
    }
  }
  return properties;
}

}  // namespace

/// Builds the tree in one walk, then the default values, which need types that stand further back.
class SchemaParser {
 public:
  Result<Schema> Parse(const Json& json) {
    TILLSTREAM_ASSIGN(const SchemaNode* root, ParseType(json, "", "schema: "));
    for (const PendingDefault& pending : pending_) {
      SchemaField& field = pending.record->fields[pending.field_index];
      TILLSTREAM_ASSIGN(field.default_value,
                        MakeDefault(*field.type, pending.json, pending.where, 0));
    }
    return Schema(std::move(tree_), root);
  }

 private:
  struct PendingDefault {
    SchemaNode* record;
    size_t field_index;
    Json json;
    std::string where;
  };

  template <typename... Args>
  static Error Fault(const std::string& where, fmt::format_string<Args...> format, Args&&... args) {
    return Error{ErrorCode::kBadInput, where + fmt::format(format, std::forward<Args>(args)...)};
  }

  SchemaNode* NewNode(AvroType type) {
    tree_->nodes.push_back(std::make_unique<SchemaNode>());
    tree_->nodes.back()->type = type;
    return tree_->nodes.back().get();
  }

  Result<const SchemaNode*> ParseType(const Json& json, const std::string& name_space,
                                      const std::string& where) {
    if (json.is_string()) return ParseName(json.get<std::string>(), name_space, where);
    if (tree_->nodes.size() >= kSchemaTypesMax) {
      return Fault(where, "more than {} types", kSchemaTypesMax);
    }
    if (json.is_array()) return ParseUnion(json, name_space, where);
    if (!json.is_object()) {
      return Fault(where, "found {}, needed a type's name, an object or a union", KindOf(json));
    }
    TILLSTREAM_ASSIGN(const std::string type, Text(json, "type", where));
    if (type == "record" || type == "enum" || type == "fixed") {
      return ParseNamed(json, type, name_space, where);
    }
    SchemaNode* node = nullptr;
    if (type == "array" || type == "map") {
      node = NewNode(type == "array" ? AvroType::kArray : AvroType::kMap);
      const char* const key = type == "array" ? "items" : "values";
      if (!json.contains(key)) return Fault(where, "{} without \"{}\"", type, key);
      TILLSTREAM_ASSIGN(node->element, ParseType(json[key], name_space, where + key + ": "));
    } else if (const auto primitive = PrimitiveOf(type)) {
      node = NewNode(*primitive);
    } else {
      return ParseName(type, name_space, where);
    }
    node->properties = PropertiesOf(json, kTypeKeys);
    SetLogicalType(json, node);
    return node;
  }

  /// A primitive type, or a named type that stands before this place.
  Result<const SchemaNode*> ParseName(const std::string& name, const std::string& name_space,
                                      const std::string& where) {
    if (const auto primitive = PrimitiveOf(name)) {
      const SchemaNode*& shared = primitives_[static_cast<size_t>(*primitive)];
      if (shared == nullptr) shared = NewNode(*primitive);
      return shared;
    }
    auto found = named_.find(Qualify(name, name_space));
    if (found == named_.end()) found = named_.find(name);
    if (found == named_.end()) return Fault(where, "unknown type {}", Quote(name));
    return found->second;
  }

  Result<const SchemaNode*> ParseUnion(const Json& json, const std::string& name_space,
                                       const std::string& where) {
    if (json.empty()) return Fault(where, "a union without branches");
    SchemaNode* const node = NewNode(AvroType::kUnion);
    std::set<std::string> seen;
    for (const Json& branch : json) {
      TILLSTREAM_ASSIGN(const SchemaNode* type, ParseType(branch, name_space, where));
      if (type->type == AvroType::kUnion) return Fault(where, "a union directly in a union");
      if (!seen.insert(type->Describe()).second) {
        return Fault(where, "a union with {} twice", Quote(type->Describe()));
      }
      node->branches.push_back(type);
    }
    return node;
  }

  Result<const SchemaNode*> ParseNamed(const Json& json, const std::string& type,
                                       const std::string& enclosing, const std::string& where) {
    SchemaNode* const node = NewNode(type == "record" ? AvroType::kRecord
                                     : type == "enum" ? AvroType::kEnum
                                                      : AvroType::kFixed);
    TILLSTREAM_TRY(SetNames(json, type, enclosing, where, node));
    TILLSTREAM_ASSIGN(node->doc, OptionalText(json, "doc", where));
    node->properties = PropertiesOf(json, kTypeKeys);
    if (type == "record") {
      TILLSTREAM_TRY(ParseFields(json, where, node));
    } else if (type == "enum") {
      TILLSTREAM_TRY(ParseSymbols(json, where, node));
    } else {
      const auto size = json.find("size");
      if (size == json.end() || !FitsInt(*size) || size->get<int64_t>() < 0) {
        return Fault(where, "fixed {} without a size of 0 to 2147483647", Quote(node->FullName()));
      }
      node->fixed_size = size->get<int64_t>();
      SetLogicalType(json, node);
    }
    return node;
  }

  Status SetNames(const Json& json, const std::string& type, const std::string& enclosing,
                  const std::string& where, SchemaNode* node) {
    TILLSTREAM_ASSIGN(const std::string name, Text(json, "name", where));
    TILLSTREAM_ASSIGN(const auto name_space, OptionalText(json, "namespace", where));
    if (!IsFullName(name)) return Fault(where, "{} is not a name of a {}", Quote(name), type);
    const size_t dot = name.rfind('.');
    if (dot != std::string::npos) {
      node->name_space = name.substr(0, dot);
      node->name = name.substr(dot + 1);
    } else {
      node->name_space = name_space.value_or(enclosing);
      node->name = name;
    }
    if (!node->name_space.empty() && !IsFullName(node->name_space)) {
      return Fault(where, "{} is not a namespace", Quote(node->name_space));
    }
    if (PrimitiveOf(node->name)) {
      return Fault(where, "a {} may not be called {}", type, Quote(node->name));
    }
    if (!named_.emplace(node->FullName(), node).second) {
      return Fault(where, "a second definition of {}", Quote(node->FullName()));
    }
    TILLSTREAM_ASSIGN(node->aliases, ParseAliases(json, where));
    for (std::string& alias : node->aliases) {
      if (!IsFullName(alias)) return Fault(where, "alias {} is not a name", Quote(alias));
      alias = Qualify(alias, node->name_space);
    }
    return Ok();
  }

  Status ParseFields(const Json& json, const std::string& where, SchemaNode* node) {
    const auto fields = json.find("fields");
    if (fields == json.end() || !fields->is_array()) {
      return Fault(where, "record {} without a list of fields", Quote(node->FullName()));
    }
    std::set<std::string> seen;
    for (const Json& field_json : *fields) {
      if (!field_json.is_object()) {
        return Fault(where, "found {}, needed a field", KindOf(field_json));
      }
      SchemaField field;
      TILLSTREAM_ASSIGN(field.name, Text(field_json, "name", where + "a field: "));
      if (!IsName(field.name)) return Fault(where, "{} is not a field's name", Quote(field.name));
      const std::string inside = where + "field " + Quote(field.name) + ": ";
      if (!seen.insert(field.name).second) return Fault(inside, "defined twice");
      if (!field_json.contains("type")) return Fault(inside, "without \"type\"");
      TILLSTREAM_ASSIGN(field.type, ParseType(field_json["type"], node->name_space, inside));
      TILLSTREAM_TRY(ParseFieldDetails(field_json, inside, &field));
      if (field_json.contains("default")) {
        field.default_json = DumpJson(field_json["default"]);
        pending_.push_back({node, node->fields.size(), field_json["default"], inside});
      }
      node->fields.push_back(std::move(field));
    }
    return Ok();
  }

  static Status ParseFieldDetails(const Json& json, const std::string& where, SchemaField* field) {
    TILLSTREAM_ASSIGN(field->doc, OptionalText(json, "doc", where));
    TILLSTREAM_ASSIGN(const auto order, OptionalText(json, "order", where));
    if (order && *order != "ascending" && *order != "descending" && *order != "ignore") {
      return Fault(where, "order {} is not ascending, descending or ignore", Quote(*order));
    }
    if (order && *order != "ascending") field->order = *order;
    TILLSTREAM_ASSIGN(field->aliases, ParseAliases(json, where));
    for (const std::string& alias : field->aliases) {
      if (!IsName(alias)) return Fault(where, "alias {} is not a name", Quote(alias));
    }
    field->properties = PropertiesOf(json, kFieldKeys);
    return Ok();
  }

  static Status ParseSymbols(const Json& json, const std::string& where, SchemaNode* node) {
    const auto symbols = json.find("symbols");
    if (symbols == json.end() || !symbols->is_array()) {
      return Fault(where, "enum {} without a list of symbols", Quote(node->FullName()));
    }
    for (const Json& symbol : *symbols) {
      if (!symbol.is_string() || !IsName(symbol.get<std::string>())) {
        return Fault(where, "enum {}: {} is not a symbol", Quote(node->FullName()), Shown(symbol));
      }
      node->symbols.push_back(symbol.get<std::string>());
    }
    if (std::set<std::string>(node->symbols.begin(), node->symbols.end()).size() !=
        node->symbols.size()) {
      return Fault(where, "enum {} with a symbol twice", Quote(node->FullName()));
    }
    std::erase_if(node->properties,
                  [](const auto& property) { return property.first == "default"; });
    TILLSTREAM_ASSIGN(const auto symbol, OptionalText(json, "default", where));
    if (!symbol) return Ok();
    const auto found = std::find(node->symbols.begin(), node->symbols.end(), *symbol);
    if (found == node->symbols.end()) {
      return Fault(where, "enum {}: default {} is not one of the symbols", Quote(node->FullName()),
                   Quote(*symbol));
    }
    node->enum_default = static_cast<int32_t>(found - node->symbols.begin());
    return Ok();
  }

  static Result<std::string> Text(const Json& json, const char* key, const std::string& where) {
    const auto found = json.find(key);
    if (found == json.end()) return Fault(where, "without \"{}\"", key);
    if (!found->is_string()) {
      return Fault(where, "\"{}\" is {}, needed a string", key, KindOf(*found));
    }
    return found->get<std::string>();
  }

  static Result<std::optional<std::string>> OptionalText(const Json& json, const char* key,
                                                         const std::string& where) {
    if (!json.contains(key)) return std::optional<std::string>();
    TILLSTREAM_ASSIGN(std::string text, Text(json, key, where));
    return std::optional<std::string>(std::move(text));
  }

  static Result<std::vector<std::string>> ParseAliases(const Json& json, const std::string& where) {
    std::vector<std::string> aliases;
    const auto found = json.find("aliases");
    if (found == json.end()) return aliases;
    if (!found->is_array()) return Fault(where, "aliases are {}, needed a list", KindOf(*found));
    for (const Json& alias : *found) {
      if (!alias.is_string()) return Fault(where, "an alias is {}, needed a string", KindOf(alias));
      aliases.push_back(alias.get<std::string>());
    }
    return aliases;
  }

  /// Unknown logical types, and known ones on a type that they do not fit, are ignored, as the
  /// specification asks.
  static void SetLogicalType(const Json& json, SchemaNode* node) {
    const auto found = json.find("logicalType");
    if (found == json.end() || !found->is_string()) return;
    const std::string name = found->get<std::string>();
    static const std::map<std::string, AvroType> kKnown = {
        {"date", AvroType::kInt},
        {"time-millis", AvroType::kInt},
        {"time-micros", AvroType::kLong},
        {"timestamp-millis", AvroType::kLong},
        {"timestamp-micros", AvroType::kLong},
        {"local-timestamp-millis", AvroType::kLong},
        {"local-timestamp-micros", AvroType::kLong},
        {"uuid", AvroType::kString}};
    const auto known = kKnown.find(name);
    if (known != kKnown.end() && known->second == node->type) node->logical_type = name;
    if (name == "duration" && node->type == AvroType::kFixed && node->fixed_size == 12) {
      node->logical_type = name;
    }
    if (name != "decimal" || (node->type != AvroType::kBytes && node->type != AvroType::kFixed)) {
      return;
    }
    const auto number = [&](const char* key) -> int64_t {
      const auto it = json.find(key);
      if (it == json.end()) return 0;
      return IntegerOf(*it).value_or(-1);
    };
    const int64_t precision = number("precision");
    const int64_t scale = number("scale");
    if (precision <= 0 || precision > std::numeric_limits<int32_t>::max() || scale < 0 ||
        scale > precision) {
      return;
    }
    node->logical_type = name;
    node->decimal_precision = static_cast<int32_t>(precision);
    node->decimal_scale = static_cast<int32_t>(scale);
  }

  Result<Value> MakeDefault(const SchemaNode& type, const Json& json, const std::string& where,
                            int depth);
  Result<Value> MakeRecordDefault(const SchemaNode& type, const Json& json,
                                  const std::string& where, int depth);
  Result<Value> MakeCollectionDefault(const SchemaNode& type, const Json& json,
                                      const std::string& where, int depth);
  static Result<std::string> BytesOf(const Json& json, const std::string& where);
  static Error DefaultFault(const SchemaNode& type, const Json& json, const std::string& where) {
    return Fault(where, "default {} is not of type {}", Shown(json), type.Describe());
  }

  std::shared_ptr<Schema::Tree> tree_ = std::make_shared<Schema::Tree>();
  std::map<std::string, const SchemaNode*> named_;
  std::array<const SchemaNode*, kPrimitives.size()> primitives_{};  ///< Those without properties.
  std::vector<PendingDefault> pending_;
  size_t defaults_cost_ = 0;
};

/// Bytes stand in JSON as a string whose code points 0 to 255 are the bytes.
Result<std::string> SchemaParser::BytesOf(const Json& json, const std::string& where) {
  std::string bytes;
  const auto& text = json.get_ref<const std::string&>();
  for (size_t i = 0; i < text.size(); ++i) {
    const auto lead = static_cast<uint8_t>(text[i]);
    if (lead < 0x80) {
      bytes += text[i];
    } else if (lead == 0xC2 || lead == 0xC3) {  // U+0080..U+00FF; the JSON parser checked UTF-8
      bytes += static_cast<char>((lead << 6) | (static_cast<uint8_t>(text[++i]) & 0x3F));
    } else {
      return Fault(where, "default {} has a character above U+00FF, which no byte is", Shown(json));
    }
  }
  return bytes;
}

Result<Value> SchemaParser::MakeDefault(const SchemaNode& type, const Json& json,
                                        const std::string& where, int depth) {
  if (depth > kSchemaDepthMax) return Fault(where, "the default contains itself");
  defaults_cost_ += 1 + (json.is_string() ? json.get_ref<const std::string&>().size() : 0);
  if (defaults_cost_ > kSchemaDefaultsCostMax) {
    return Fault(where, "the defaults have more than {} values", kSchemaDefaultsCostMax);
  }
  const auto wrong = [&] { return DefaultFault(type, json, where); };
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
    case AvroType::kUnion: {
      TILLSTREAM_ASSIGN(Value value, MakeDefault(*type.branches[0], json, where, depth + 1));
      value.branch = 0;
      return value;
    }
    case AvroType::kRecord:
      if (!json.is_object()) return wrong();
      return MakeRecordDefault(type, json, where, depth);
    case AvroType::kArray:
    case AvroType::kMap:
      if (type.type == AvroType::kArray ? !json.is_array() : !json.is_object()) return wrong();
      return MakeCollectionDefault(type, json, where, depth);
  }
  return wrong();
}

/// A field that the default does not name takes its own default.
Result<Value> SchemaParser::MakeRecordDefault(const SchemaNode& type, const Json& json,
                                              const std::string& where, int depth) {
  Value::Record record;
  for (const SchemaField& field : type.fields) {
    const std::string inside = where + "default of field " + Quote(field.name) + ": ";
    if (const auto given = json.find(field.name); given != json.end()) {
      TILLSTREAM_ASSIGN(Value value, MakeDefault(*field.type, *given, inside, depth + 1));
      record.fields.push_back(std::move(value));
    } else if (!field.default_json.empty()) {
      TILLSTREAM_ASSIGN(const Json own, ParseJson(field.default_json, kSchemaDepthMax));
      TILLSTREAM_ASSIGN(Value value, MakeDefault(*field.type, own, inside, depth + 1));
      record.fields.push_back(std::move(value));
    } else {
      return Fault(inside, "missing, and the field has no default of its own");
    }
  }
  return Value{std::move(record)};
}

Result<Value> SchemaParser::MakeCollectionDefault(const SchemaNode& type, const Json& json,
                                                  const std::string& where, int depth) {
  if (type.type == AvroType::kArray) {
    Value::Array array;
    for (const Json& item : json) {
      TILLSTREAM_ASSIGN(Value value, MakeDefault(*type.element, item, where, depth + 1));
      array.items.push_back(std::move(value));
    }
    return Value{std::move(array)};
  }
  Value::Map map;
  for (const auto& [key, item] : json.items()) {
    TILLSTREAM_ASSIGN(Value value, MakeDefault(*type.element, item, where, depth + 1));
    map.keys.push_back(key);
    map.values.push_back(std::move(value));
  }
  return Value{std::move(map)};
}

Result<Schema> Schema::Parse(std::string_view json) {
  if (json.size() > kSchemaBytesMax) {
    return MakeError(ErrorCode::kBadInput, "schema: found {} bytes, needed at most {}", json.size(),
                     kSchemaBytesMax);
  }
  auto parsed = ParseJson(json, kSchemaDepthMax);
  if (!parsed) return parsed.error().At("schema");
  return SchemaParser().Parse(*parsed);
}

}  // namespace tillstream
