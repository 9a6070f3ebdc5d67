#include "avro/schema.h"

#include <array>
#include <set>

#include "avro/schema_printer.h"
#include "avro/schema_tree.h"

namespace tillstream {
namespace {

/// Parsing Canonical Form: only what decides how bytes are read, full names, a fixed order. `seen`
/// has full names and not nodes, since two references may each have brought the same type.
void PrintCanonical(const SchemaNode& node, std::set<std::string>* seen, std::string* out) {
  const auto join = [&](const auto& list, const auto& print) {
    *out += '[';
    for (size_t i = 0; i < list.size(); ++i) {
      if (i > 0) *out += ',';
      print(list[i]);
    }
    *out += ']';
  };
  if (node.is_named()) {
    if (!seen->insert(node.FullName()).second) {
      *out += '"' + node.FullName() + '"';
      return;
    }
    *out += R"({"name":")" + node.FullName() + R"(","type":")";
    *out += AvroTypeName(node.type);
    *out += '"';
    if (node.type == AvroType::kRecord) {
      *out += R"(,"fields":)";
      join(node.fields, [&](const SchemaField& field) {
        *out += R"({"name":")" + field.name + R"(","type":)";
        PrintCanonical(*field.type, seen, out);
        *out += '}';
      });
    } else if (node.type == AvroType::kEnum) {
      *out += R"(,"symbols":)";
      join(node.symbols, [&](const std::string& symbol) { *out += '"' + symbol + '"'; });
    } else {
      *out += R"(,"size":)" + std::to_string(node.fixed_size);
    }
    *out += '}';
  } else if (node.type == AvroType::kUnion) {
    join(node.branches, [&](const SchemaNode* branch) { PrintCanonical(*branch, seen, out); });
  } else if (node.element != nullptr) {
    *out += node.type == AvroType::kArray ? R"({"type":"array","items":)"
                                          : R"({"type":"map","values":)";
    PrintCanonical(*node.element, seen, out);
    *out += '}';
  } else {
    *out += '"';
    *out += AvroTypeName(node.type);
    *out += '"';
  }
}

}  // namespace

std::string_view AvroTypeName(AvroType type) {
  static constexpr std::array<std::string_view, 14> kNames = {
      "null",   "boolean", "int",  "long",  "float", "double", "bytes",
      "string", "record",  "enum", "array", "map",   "union",  "fixed"};
  return kNames[static_cast<size_t>(type)];
}

std::string Schema::CanonicalForm() const {
  std::string text;
  std::set<std::string> seen;
  PrintCanonical(root(), &seen, &text);
  return text;
}

uint64_t Schema::Fingerprint() const { return AvroFingerprint(CanonicalForm()); }

std::string Schema::ToJson() const {
  return PrintSchema(root(), tree_->own, PrintedForm::kAsParsed);
}

std::string Schema::ToNormalizedJson() const {
  return PrintSchema(root(), tree_->own, PrintedForm::kNormalized);
}

uint64_t AvroFingerprint(std::string_view text) {
  constexpr uint64_t kEmpty = 0xc15d213aa4d7a795;  // the specification's constant
  static const std::array<uint64_t, 256> kTable = [] {
    std::array<uint64_t, 256> table{};
    for (uint64_t i = 0; i < table.size(); ++i) {
      uint64_t fingerprint = i;
      for (int bit = 0; bit < 8; ++bit) {
        fingerprint = (fingerprint >> 1) ^ (kEmpty & -(fingerprint & 1));
      }
      table[i] = fingerprint;
    }
    return table;
  }();
  uint64_t fingerprint = kEmpty;
  for (const char c : text) {
    fingerprint = (fingerprint >> 8) ^ kTable[(fingerprint ^ static_cast<uint8_t>(c)) & 0xFF];
  }
  return fingerprint;
}

}  // namespace tillstream
