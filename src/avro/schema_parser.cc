#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "avro/logical_type.h"
#include "avro/schema.h"
#include "avro/schema_default.h"
#include "avro/schema_json.h"
#include "avro/schema_printer.h"
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

template <size_t kCount>
std::vector<std::pair<std::string, std::string>> PropertiesOf(
    const Json& json, const std::array<std::string_view, kCount>& keys) {
  std::vector<std::pair<std::string, std::string>> properties;
  for (const auto& [key, value] : json.items()) {
    if (std::find(keys.begin(), keys.end(), key) == keys.end()) {
      properties.emplace_back(key, JavaJson(value));
    }
  }
  return properties;
}

int DepthOf(const Json& json) {
  int depth = 0;
  if (json.is_structured()) {
    for (const Json& item : json) depth = std::max(depth, DepthOf(item));
  }
  return depth + 1;
}

/// Whether two types of one name are the same. Types inside are compared by name alone, since each
/// is compared under its own.
bool AreSame(const SchemaNode& a, const SchemaNode& b) {
  const auto print = [](const SchemaNode& node) {
    return PrintSchema(node, {{node.FullName(), &node}}, PrintedForm::kAsParsed);
  };
  return print(a) == print(b);
}

}  // namespace

/// Builds the tree in one walk, then the default values, which need types that stand further back.
class SchemaParser {
 public:
  explicit SchemaParser(size_t text_bytes) { tree_->text_bytes = text_bytes; }

  /// The types of `references` are known from here on.
  Status Refer(std::span<const Schema> references) {
    texts_bytes_ = tree_->text_bytes;
    for (const Schema& reference : references) {
      const Schema::Tree& tree = *reference.tree_;
      TILLSTREAM_TRY(CountOnce(tree));
      tree_->references.push_back(reference.tree_);
      tree_->depth = std::max(tree_->depth, tree.depth);
      for (const auto* types : {&tree.own, &tree.referenced}) {
        for (const auto& [name, node] : *types) {
          const auto [known, is_new] = tree_->referenced.emplace(name, node);
          if (!is_new && known->second != node && !AreSame(*known->second, *node)) {
            return SchemaFault("schema: references: ", "two different definitions of {}",
                               Quote(name));
          }
        }
      }
    }
    return Ok();
  }

  Result<Schema> Parse(const Json& json) {
    if (!tree_->references.empty()) tree_->depth += DepthOf(json);
    if (tree_->depth > kSchemaReferencesDepthMax) {
      return SchemaFault("schema: ", "nested deeper than {} with its references",
                         kSchemaReferencesDepthMax);
    }
    const size_t referenced_names_bytes = names_bytes_;
    TILLSTREAM_ASSIGN(const SchemaNode* root, ParseType(json, "", "schema: "));
    tree_->names_bytes = names_bytes_ - referenced_names_bytes;
    for (const PendingDefault& pending : pending_) {
      SchemaField& field = pending.record->fields[pending.field_index];
      TILLSTREAM_ASSIGN(field.default_value,
                        defaults_.Make(*field.type, pending.json, InField(*pending.where, field)));
    }
    return Schema(std::move(tree_), root);
  }

 private:
  struct PendingDefault {
    SchemaNode* record;
    size_t field_index;
    Json json;
    std::shared_ptr<const std::string> where;  ///< Of the record; its fields share it.
  };

  static std::string InField(const std::string& where, const SchemaField& field) {
    return where + "field " + Quote(field.name) + ": ";
  }

  /// Takes the texts and names of a reference, and of its own, from what a schema may have of them.
  Status CountOnce(const Schema::Tree& tree) {
    if (!counted_.insert(&tree).second) return Ok();
    texts_bytes_ += tree.text_bytes;
    if (texts_bytes_ > kSchemaReferencesBytesMax) {
      return SchemaFault("schema: ", "more than {} bytes with its references",
                         kSchemaReferencesBytesMax);
    }
    TILLSTREAM_TRY(CountName(tree.names_bytes, "schema: references: "));
    for (const auto& reference : tree.references) TILLSTREAM_TRY(CountOnce(*reference));
    return Ok();
  }

  /// To be called for each full name before it is kept.
  Status CountName(size_t size_bytes, const std::string& where) {
    names_bytes_ += size_bytes;
    if (names_bytes_ <= kSchemaNamesBytesMax) return Ok();
    return SchemaFault(where, "more than {} bytes of full names", kSchemaNamesBytesMax);
  }

  /// The same for a name that this schema defines or gives as an alias.
  Status CountNewName(const std::string& name, const std::string& name_space,
                      const std::string& where) {
    const size_t size_bytes = name.size() + (name_space.empty() ? 0 : name_space.size() + 1);
    if (size_bytes > kSchemaFullNameBytesMax) {
      return SchemaFault(where, "the full name of {} has {} bytes, needed at most {}", Quote(name),
                         size_bytes, kSchemaFullNameBytesMax);
    }
    return CountName(size_bytes, where);
  }

  SchemaNode* NewNode(AvroType type) {
    tree_->nodes.push_back(std::make_unique<SchemaNode>());
    tree_->nodes.back()->type = type;
    return tree_->nodes.back().get();
  }

  Result<const SchemaNode*> ParseType(const Json& json, const std::string& name_space,
                                      const std::string& where) {
    if (json.is_string()) return ParseName(json.get<std::string>(), name_space, where);
    if (tree_->referenced.size() + tree_->nodes.size() >= kSchemaTypesMax) {
      return SchemaFault(where, "more than {} types", kSchemaTypesMax);
    }
    if (json.is_array()) return ParseUnion(json, name_space, where);
    if (!json.is_object()) {
      return SchemaFault(where, "found {}, needed a type's name, an object or a union",
                         KindOf(json));
    }
    TILLSTREAM_ASSIGN(const std::string type, Text(json, "type", where));
    if (type == "record" || type == "enum" || type == "fixed") {
      return ParseNamed(json, type, name_space, where);
    }
    SchemaNode* node = nullptr;
    if (type == "array" || type == "map") {
      node = NewNode(type == "array" ? AvroType::kArray : AvroType::kMap);
      const char* const key = type == "array" ? "items" : "values";
      if (!json.contains(key)) return SchemaFault(where, "{} without \"{}\"", type, key);
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
    for (const std::string& full_name : {Qualify(name, name_space), name}) {
      for (const auto* types : {&tree_->own, &tree_->referenced}) {
        const auto found = types->find(full_name);
        if (found == types->end()) continue;
        TILLSTREAM_TRY(CountName(full_name.size(), where));
        return found->second;
      }
    }
    return SchemaFault(where, "unknown type {}", Quote(name));
  }

  Result<const SchemaNode*> ParseUnion(const Json& json, const std::string& name_space,
                                       const std::string& where) {
    if (json.empty()) return SchemaFault(where, "a union without branches");
    SchemaNode* const node = NewNode(AvroType::kUnion);
    std::set<std::string> seen;
    for (const Json& branch : json) {
      TILLSTREAM_ASSIGN(const SchemaNode* type, ParseType(branch, name_space, where));
      if (type->type == AvroType::kUnion) return SchemaFault(where, "a union directly in a union");
      if (!seen.insert(type->Describe()).second) {
        return SchemaFault(where, "a union with {} twice", Quote(type->Describe()));
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
        return SchemaFault(where, "fixed {} without a size of 0 to 2147483647",
                           Quote(node->FullName()));
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
    if (!IsFullName(name)) return SchemaFault(where, "{} is not a name of a {}", Quote(name), type);
    const size_t dot = name.rfind('.');
    if (dot != std::string::npos) {
      node->name_space = name.substr(0, dot);
      node->name = name.substr(dot + 1);
    } else {
      node->name_space = name_space.value_or(enclosing);
      node->name = name;
    }
    if (!node->name_space.empty() && !IsFullName(node->name_space)) {
      return SchemaFault(where, "{} is not a namespace", Quote(node->name_space));
    }
    if (PrimitiveOf(node->name)) {
      return SchemaFault(where, "a {} may not be called {}", type, Quote(node->name));
    }
    TILLSTREAM_TRY(CountNewName(node->name, node->name_space, where));
    if (tree_->referenced.contains(node->FullName()) ||
        !tree_->own.emplace(node->FullName(), node).second) {
      return SchemaFault(where, "a second definition of {}", Quote(node->FullName()));
    }
    TILLSTREAM_ASSIGN(node->aliases, ParseAliases(json, where));
    for (std::string& alias : node->aliases) {
      if (!IsFullName(alias)) return SchemaFault(where, "alias {} is not a name", Quote(alias));
      TILLSTREAM_TRY(
          CountNewName(alias, alias.find('.') == std::string::npos ? node->name_space : "", where));
      alias = Qualify(alias, node->name_space);
    }
    return Ok();
  }

  Status ParseFields(const Json& json, const std::string& where, SchemaNode* node) {
    const auto fields = json.find("fields");
    if (fields == json.end() || !fields->is_array()) {
      return SchemaFault(where, "record {} without a list of fields", Quote(node->FullName()));
    }
    const auto shared_where = std::make_shared<const std::string>(where);
    std::set<std::string> seen;
    for (const Json& field_json : *fields) {
      if (!field_json.is_object()) {
        return SchemaFault(where, "found {}, needed a field", KindOf(field_json));
      }
      SchemaField field;
      TILLSTREAM_ASSIGN(field.name, Text(field_json, "name", where + "a field: "));
      if (!IsName(field.name))
        return SchemaFault(where, "{} is not a field's name", Quote(field.name));
      const std::string inside = InField(where, field);
      if (!seen.insert(field.name).second) return SchemaFault(inside, "defined twice");
      if (!field_json.contains("type")) return SchemaFault(inside, "without \"type\"");
      TILLSTREAM_ASSIGN(field.type, ParseType(field_json["type"], node->name_space, inside));
      TILLSTREAM_TRY(ParseFieldDetails(field_json, inside, &field));
      if (field_json.contains("default")) {
        Json value = DefaultOf(*field.type, field_json["default"]);
        field.default_json = JavaJson(value);
        pending_.push_back({node, node->fields.size(), std::move(value), shared_where});
      }
      node->fields.push_back(std::move(field));
    }
    return Ok();
  }

  Status ParseFieldDetails(const Json& json, const std::string& where, SchemaField* field) {
    TILLSTREAM_ASSIGN(field->doc, OptionalText(json, "doc", where));
    TILLSTREAM_ASSIGN(const auto order, OptionalText(json, "order", where));
    if (order && *order != "ascending" && *order != "descending" && *order != "ignore") {
      return SchemaFault(where, "order {} is not ascending, descending or ignore", Quote(*order));
    }
    if (order && *order != "ascending") field->order = *order;
    TILLSTREAM_ASSIGN(field->aliases, ParseAliases(json, where));
    for (const std::string& alias : field->aliases) {
      if (!IsName(alias)) return SchemaFault(where, "alias {} is not a name", Quote(alias));
    }
    field->properties = PropertiesOf(json, kFieldKeys);
    return Ok();
  }

  static Status ParseSymbols(const Json& json, const std::string& where, SchemaNode* node) {
    const auto symbols = json.find("symbols");
    if (symbols == json.end() || !symbols->is_array()) {
      return SchemaFault(where, "enum {} without a list of symbols", Quote(node->FullName()));
    }
    for (const Json& symbol : *symbols) {
      if (!symbol.is_string() || !IsName(symbol.get<std::string>())) {
        return SchemaFault(where, "enum {}: {} is not a symbol", Quote(node->FullName()),
                           Shown(symbol));
      }
      node->symbols.push_back(symbol.get<std::string>());
    }
    if (std::set<std::string>(node->symbols.begin(), node->symbols.end()).size() !=
        node->symbols.size()) {
      return SchemaFault(where, "enum {} with a symbol twice", Quote(node->FullName()));
    }
    std::erase_if(node->properties,
                  [](const auto& property) { return property.first == "default"; });
    TILLSTREAM_ASSIGN(const auto symbol, OptionalText(json, "default", where));
    if (!symbol) return Ok();
    const auto found = std::find(node->symbols.begin(), node->symbols.end(), *symbol);
    if (found == node->symbols.end()) {
      return SchemaFault(where, "enum {}: default {} is not one of the symbols",
                         Quote(node->FullName()), Quote(*symbol));
    }
    node->enum_default = static_cast<int32_t>(found - node->symbols.begin());
    return Ok();
  }

  static Result<std::string> Text(const Json& json, const char* key, const std::string& where) {
    const auto found = json.find(key);
    if (found == json.end()) return SchemaFault(where, "without \"{}\"", key);
    if (!found->is_string()) {
      return SchemaFault(where, "\"{}\" is {}, needed a string", key, KindOf(*found));
    }
    return found->get<std::string>();
  }

  /// A null counts as absent, as it does for Avro for Java: generated schemas have such.
  static Result<std::optional<std::string>> OptionalText(const Json& json, const char* key,
                                                         const std::string& where) {
    const auto found = json.find(key);
    if (found == json.end() || found->is_null()) return std::optional<std::string>();
    TILLSTREAM_ASSIGN(std::string text, Text(json, key, where));
    return std::optional<std::string>(std::move(text));
  }

  Result<std::vector<std::string>> ParseAliases(const Json& json, const std::string& where) {
    std::vector<std::string> aliases;
    std::set<std::string> seen;
    const auto found = json.find("aliases");
    if (found == json.end()) return aliases;
    if (!found->is_array())
      return SchemaFault(where, "aliases are {}, needed a list", KindOf(*found));
    alias_count_ += found->size();
    if (alias_count_ > kSchemaAliasesMax) {
      return SchemaFault(where, "more than {} aliases in all", kSchemaAliasesMax);
    }
    for (const Json& alias : *found) {
      if (!alias.is_string())
        return SchemaFault(where, "an alias is {}, needed a string", KindOf(alias));
      std::string name = alias.get<std::string>();
      if (seen.insert(name).second) aliases.push_back(std::move(name));
    }
    return aliases;
  }

  std::shared_ptr<Schema::Tree> tree_ = std::make_shared<Schema::Tree>();
  std::array<const SchemaNode*, kPrimitives.size()> primitives_{};  ///< Those without properties.
  std::vector<PendingDefault> pending_;
  DefaultMaker defaults_;
  std::set<const Schema::Tree*> counted_;  ///< References, theirs among them.
  size_t texts_bytes_ = 0;                 ///< Of this schema and of those.
  size_t names_bytes_ = 0;                 ///< The same.
  size_t alias_count_ = 0;
};

Result<Schema> Schema::Parse(std::string_view json, std::span<const Schema> references) {
  if (json.size() > kSchemaBytesMax) {
    return MakeError(ErrorCode::kBadInput, "schema: found {} bytes, needed at most {}", json.size(),
                     kSchemaBytesMax);
  }
  auto parsed = ParseJson(json, kSchemaDepthMax);
  if (!parsed) return parsed.error().At("schema");
  SchemaParser parser(json.size());
  TILLSTREAM_TRY(parser.Refer(references));
  return parser.Parse(*parsed);
}

}  // namespace tillstream
