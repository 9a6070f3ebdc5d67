#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "avro/value.h"
#include "base/result.h"

namespace tillstream {

/// Longest schema text that is read: far more than any real one, and a bound on all work done with
/// a schema that comes from elsewhere.
inline constexpr size_t kSchemaBytesMax = size_t{1} << 20;

/// Deepest nesting of a schema's JSON. A record in a record takes three levels.
inline constexpr int kSchemaDepthMax = 128;

/// Deepest nesting of a schema together with those that it refers to, each taken at its deepest.
inline constexpr int kSchemaReferencesDepthMax = 512;

/// Most types in a schema with its references, plain primitive ones not counted: bounds the pairs
/// of types that schema resolution compares.
inline constexpr size_t kSchemaTypesMax = 2000;

/// Longest full name of a type, and of an alias of one. Kafka allows a topic 249 bytes and a file
/// system a class 255; packages come on top.
inline constexpr size_t kSchemaFullNameBytesMax = 1024;

/// Most bytes of full names in a schema with its references, counted once a definition, alias and
/// use. A text may name types of its namespace by their last part, so this, and not the text's
/// length, bounds what is held and printed of names. Four times the longest text: room for one
/// that consists of short uses of types with names of a hundred bytes.
inline constexpr size_t kSchemaNamesBytesMax = 4 * kSchemaBytesMax;

/// Most aliases in a schema, of types and of fields: each union that is resolved looks its
/// branches' up. Far more than any real one has.
inline constexpr size_t kSchemaAliasesMax = 10'000;

/// Most bytes of the texts of a schema and of those that it refers to, each counted once. Bounds,
/// with kSchemaNamesBytesMax, what CanonicalForm() prints, which holds them all.
inline constexpr size_t kSchemaReferencesBytesMax = 8 * kSchemaBytesMax;

/// Largest Value::Cost() of all default values of a schema together: a short text can describe
/// defaults of any size, since a record's default is filled up with its fields' defaults.
inline constexpr size_t kSchemaDefaultsCostMax = size_t{1} << 20;

enum class AvroType : uint8_t {
  kNull,
  kBoolean,
  kInt,
  kLong,
  kFloat,
  kDouble,
  kBytes,
  kString,
  kRecord,
  kEnum,
  kArray,
  kMap,
  kUnion,
  kFixed,
};

/// "int", "record", ...
std::string_view AvroTypeName(AvroType type);

struct SchemaNode;

/// A field of a record.
struct SchemaField {
  std::string name;
  const SchemaNode* type = nullptr;
  std::optional<std::string> doc;
  std::optional<Value> default_value;
  std::string default_json;  ///< The default as it stands in the schema; empty without one.
  std::string order;         ///< Empty for ascending.
  std::vector<std::string> aliases;
  std::vector<std::pair<std::string, std::string>> properties;  ///< As SchemaNode's.
};

/// A type in a schema. Which members mean something follows from `type`. A named type that is used
/// again is the same node, so the graph has cycles where the schema is recursive.
struct SchemaNode {
  AvroType type = AvroType::kNull;

  std::string name;                  ///< Record, enum, fixed: without the namespace.
  std::string name_space;            ///< Of the same; may be empty.
  std::vector<std::string> aliases;  ///< Of the same: full names.
  std::optional<std::string> doc;

  std::vector<SchemaField> fields;          ///< Record.
  std::vector<std::string> symbols;         ///< Enum.
  std::optional<int32_t> enum_default;      ///< Enum: index of the default symbol.
  int64_t fixed_size = 0;                   ///< Fixed: bytes.
  const SchemaNode* element = nullptr;      ///< Array: its items; map: its values.
  std::vector<const SchemaNode*> branches;  ///< Union.

  /// "date", "decimal", ...; empty where there is none, or one that does not fit the type, which
  /// Avro says to ignore.
  std::string logical_type;
  int32_t decimal_precision = 0;
  int32_t decimal_scale = 0;

  /// Every other key of the JSON object with its value as JSON text, in order, `logicalType` among
  /// them.
  std::vector<std::pair<std::string, std::string>> properties;

  bool is_named() const {
    return type == AvroType::kRecord || type == AvroType::kEnum || type == AvroType::kFixed;
  }
  /// Name with namespace. Only for named types.
  std::string FullName() const { return name_space.empty() ? name : name_space + "." + name; }
  /// What messages call it: the full name of a named type, otherwise "int", "array", ...
  std::string Describe() const { return is_named() ? FullName() : std::string(AvroTypeName(type)); }
};

/// An Avro schema (specification 1.12). Immutable and cheap to copy; copies share the tree, which
/// lives as long as one of them. Thread safe.
class Schema {
 public:
  /// Reads the JSON text of a schema and checks all that the specification asks for. The text may
  /// name the types of `references`, which are all types that those schemas define or refer to
  /// themselves; a type that two of them bring must be the same in both.
  ///
  /// Errors: kBadInput, `schema: ` and the path to the fault, e.g.
  /// `schema: field "day": unknown type "itn"`. docs/formats/avro.md has the rules where
  /// implementations differ; the default of a union must be of one of its branches (specification
  /// 1.12), the first that it fits.
  static Result<Schema> Parse(std::string_view json, std::span<const Schema> references = {});

  /// Parsing Canonical Form: equal for schemas that read the same bytes in the same way. Types of
  /// references are defined in it where they stand first, so that it can be read alone. At most
  /// kSchemaReferencesBytesMax + kSchemaNamesBytesMax bytes, without references kSchemaBytesMax +
  /// kSchemaNamesBytesMax: but for full names it has nothing that the texts have not.
  std::string CanonicalForm() const;

  /// CRC-64-AVRO of the canonical form.
  uint64_t Fingerprint() const;

  /// The whole schema on one line, keys in the order in which Avro for Java prints them. This text
  /// is a schema's identity in a registry: white space and the order of keys do not matter, `doc`
  /// does. Types of references are printed by name only, so the references are needed to read it.
  /// At most 3 * kSchemaBytesMax + kSchemaNamesBytesMax bytes: a number (`1e6`, `1000000.0`) can
  /// become three times as long as it stands in the text.
  std::string ToJson() const;

  /// ToJson() of the schema as Confluent's registry stores it when it is asked to normalise: other
  /// properties and aliases sorted, empty docs of types dropped, numbers of defaults written as
  /// their type is.
  std::string ToNormalizedJson() const;

  const SchemaNode& root() const { return *root_; }

 private:
  friend class SchemaParser;
  struct Tree;
  Schema(std::shared_ptr<const Tree> tree, const SchemaNode* root)
      : tree_(std::move(tree)), root_(root) {}

  std::shared_ptr<const Tree> tree_;  ///< Owns the nodes.
  const SchemaNode* root_;
};

/// CRC-64-AVRO (the Rabin fingerprint of the specification) of any text.
uint64_t AvroFingerprint(std::string_view text);

}  // namespace tillstream
