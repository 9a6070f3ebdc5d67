#include "avro/schema.h"

#include <array>
#include <set>

#include "base/check.h"
#include "base/json.h"

namespace tillstream {
namespace {

using NodeSet = std::set<const SchemaNode*>;

std::string JsonText(const std::string& text) { return DumpJson(Json(text)); }

/// Parsing Canonical Form: only what decides how bytes are read, full names, a fixed order.
void PrintCanonical(const SchemaNode& node, NodeSet* seen, std::string* out) {
  const auto join = [&](const auto& list, const auto& print) {
    *out += '[';
    for (size_t i = 0; i < list.size(); ++i) {
      if (i > 0) *out += ',';
      print(list[i]);
    }
    *out += ']';
  };
  if (node.is_named()) {
    if (!seen->insert(&node).second) {
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

/// Prints a schema as Avro for Java's Schema.toString() does.
class JsonPrinter {
 public:
  std::string Print(const SchemaNode& root) {
    PrintType(root, "");
    return std::move(out_);
  }

 private:
  void PrintType(const SchemaNode& node, const std::string& enclosing) {
    if (node.is_named()) {
      if (seen_.insert(&node).second) {
        PrintNamed(node, enclosing);
      } else {
        out_ += JsonText(node.name_space == enclosing ? node.name : node.FullName());
      }
    } else if (node.type == AvroType::kUnion) {
      out_ += '[';
      for (size_t i = 0; i < node.branches.size(); ++i) {
        if (i > 0) out_ += ',';
        PrintType(*node.branches[i], enclosing);
      }
      out_ += ']';
    } else if (node.element == nullptr && node.properties.empty()) {
      out_ += JsonText(std::string(AvroTypeName(node.type)));
    } else {
      out_ += R"({"type":)" + JsonText(std::string(AvroTypeName(node.type)));
      if (node.element != nullptr) {
        out_ += node.type == AvroType::kArray ? R"(,"items":)" : R"(,"values":)";
        PrintType(*node.element, enclosing);
      }
      PrintProperties(node.properties);
      out_ += '}';
    }
  }

  void PrintNamed(const SchemaNode& node, const std::string& enclosing) {
    out_ += R"({"type":)" + JsonText(std::string(AvroTypeName(node.type)));
    out_ += R"(,"name":)" + JsonText(node.name);
    if (node.name_space != enclosing) out_ += R"(,"namespace":)" + JsonText(node.name_space);
    if (node.doc) out_ += R"(,"doc":)" + JsonText(*node.doc);
    if (node.type == AvroType::kRecord) {
      out_ += R"(,"fields":[)";
      for (size_t i = 0; i < node.fields.size(); ++i) {
        if (i > 0) out_ += ',';
        PrintField(node.fields[i], node.name_space);
      }
      out_ += ']';
    } else if (node.type == AvroType::kEnum) {
      out_ += R"(,"symbols":)" + DumpJson(Json(node.symbols));
      if (node.enum_default) {
        out_ += R"(,"default":)" + JsonText(node.symbols[static_cast<size_t>(*node.enum_default)]);
      }
    } else {
      out_ += R"(,"size":)" + std::to_string(node.fixed_size);
    }
    PrintProperties(node.properties);
    PrintAliases(node.aliases, node.name_space);
    out_ += '}';
  }

  void PrintField(const SchemaField& field, const std::string& enclosing) {
    out_ += R"({"name":)" + JsonText(field.name) + R"(,"type":)";
    PrintType(*field.type, enclosing);
    if (field.doc) out_ += R"(,"doc":)" + JsonText(*field.doc);
    if (!field.default_json.empty()) out_ += R"(,"default":)" + field.default_json;
    if (!field.order.empty()) out_ += R"(,"order":)" + JsonText(field.order);
    if (!field.aliases.empty()) out_ += R"(,"aliases":)" + DumpJson(Json(field.aliases));
    PrintProperties(field.properties);
    out_ += '}';
  }

  void PrintProperties(const std::vector<std::pair<std::string, std::string>>& properties) {
    for (const auto& [key, json] : properties) out_ += "," + JsonText(key) + ":" + json;
  }

  /// An alias in the type's own namespace is printed without it.
  void PrintAliases(const std::vector<std::string>& aliases, const std::string& name_space) {
    if (aliases.empty()) return;
    Json list = Json::array();
    for (const std::string& alias : aliases) {
      const size_t dot = alias.rfind('.');
      const bool is_near = dot != std::string::npos && alias.substr(0, dot) == name_space;
      list.push_back(is_near ? alias.substr(dot + 1) : alias);
    }
    out_ += R"(,"aliases":)" + DumpJson(list);
  }

  NodeSet seen_;
  std::string out_;
};

}  // namespace

std::string_view AvroTypeName(AvroType type) {
  static constexpr std::array<std::string_view, 14> kNames = {
      "null",   "boolean", "int",  "long",  "float", "double", "bytes",
      "string", "record",  "enum", "array", "map",   "union",  "fixed"};
  return kNames[static_cast<size_t>(type)];
}

std::string Schema::CanonicalForm() const {
  std::string text;
  NodeSet seen;
  PrintCanonical(root(), &seen, &text);
  return text;
}

uint64_t Schema::Fingerprint() const { return AvroFingerprint(CanonicalForm()); }

std::string Schema::ToJson() const { return JsonPrinter().Print(root()); }

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
