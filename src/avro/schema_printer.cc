#include "avro/schema_printer.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "avro/schema_default.h"
#include "avro/schema_json.h"
#include "base/check.h"

namespace tillstream {
namespace {

using Properties = std::vector<std::pair<std::string, std::string>>;

/// The JSON of a text that was printed from JSON.
Json Reparsed(const std::string& text) {
  auto json = ParseJson(text, kSchemaDepthMax);
  TILLSTREAM_CHECK(json.has_value());
  return std::move(*json);
}

bool IsTypeName(std::string_view name) {
  for (int type = 0; type <= static_cast<int>(AvroType::kFixed); ++type) {
    if (AvroTypeName(static_cast<AvroType>(type)) == name) return true;
  }
  return false;
}

/// `full_name` as it stands inside a namespace: short if it is of that one, unless a type of Avro's
/// own is called so.
std::string ShortName(const std::string& full_name, const std::string& name_space) {
  const size_t dot = full_name.rfind('.');
  if (dot == std::string::npos || full_name.compare(0, dot, name_space) != 0) return full_name;
  std::string name = full_name.substr(dot + 1);
  return IsTypeName(name) ? full_name : name;
}

/// Keys in the order of their bytes, in the values too. The logical type stands first, with its
/// numbers, where Avro for Java knows it.
Properties Normalized(const Properties& properties, const SchemaNode* node) {
  Properties sorted;
  for (const auto& [key, json] : properties) {
    sorted.emplace_back(key, JavaJson(Reparsed(json), KeyOrder::kSorted));
  }
  const bool is_logical =
      node != nullptr && !node->logical_type.empty() && node->logical_type != "duration";
  const auto rank = [&](const std::string& key) {
    if (is_logical && key == "logicalType") return 0;
    if (!is_logical || node->logical_type != "decimal") return 3;
    if (key == "precision") return 1;
    return key == "scale" && node->decimal_scale != 0 ? 2 : 3;
  };
  std::sort(sorted.begin(), sorted.end(), [&](const auto& a, const auto& b) {
    return std::pair(rank(a.first), std::string_view(a.first)) <
           std::pair(rank(b.first), std::string_view(b.first));
  });
  return sorted;
}

class JsonPrinter {
 public:
  JsonPrinter(const std::map<std::string, const SchemaNode*, std::less<>>& own, PrintedForm form)
      : own_(own), is_normalized_(form == PrintedForm::kNormalized) {}

  std::string Print(const SchemaNode& root) {
    PrintType(root, "");
    return std::move(out_);
  }

 private:
  void PrintType(const SchemaNode& node, const std::string& enclosing) {
    if (node.is_named()) {
      const std::string full_name = node.FullName();
      if (own_.contains(full_name) && seen_.insert(full_name).second) {
        PrintNamed(node, enclosing);
      } else {
        out_ += JavaJson(ShortName(full_name, enclosing));
      }
    } else if (node.type == AvroType::kUnion) {
      out_ += '[';
      for (size_t i = 0; i < node.branches.size(); ++i) {
        if (i > 0) out_ += ',';
        PrintType(*node.branches[i], enclosing);
      }
      out_ += ']';
    } else if (node.element == nullptr && node.properties.empty()) {
      out_ += JavaJson(AvroTypeName(node.type));
    } else {
      out_ += R"({"type":)" + JavaJson(AvroTypeName(node.type));
      if (node.element != nullptr) {
        out_ += node.type == AvroType::kArray ? R"(,"items":)" : R"(,"values":)";
        PrintType(*node.element, enclosing);
      }
      PrintProperties(node.properties, node.element == nullptr ? &node : nullptr);
      out_ += '}';
    }
  }

  void PrintNamed(const SchemaNode& node, const std::string& enclosing) {
    out_ += R"({"type":)" + JavaJson(AvroTypeName(node.type));
    out_ += R"(,"name":)" + JavaJson(node.name);
    if (node.name_space != enclosing) out_ += R"(,"namespace":)" + JavaJson(node.name_space);
    if (node.doc && !(is_normalized_ && node.doc->empty())) {
      out_ += R"(,"doc":)" + JavaJson(*node.doc);
    }
    if (node.type == AvroType::kRecord) {
      out_ += R"(,"fields":[)";
      for (size_t i = 0; i < node.fields.size(); ++i) {
        if (i > 0) out_ += ',';
        PrintField(node.fields[i], node.name_space);
      }
      out_ += ']';
    } else if (node.type == AvroType::kEnum) {
      out_ += R"(,"symbols":)" + JavaJson(node.symbols);
      if (node.enum_default) {
        out_ += R"(,"default":)" + JavaJson(node.symbols[static_cast<size_t>(*node.enum_default)]);
      }
    } else {
      out_ += R"(,"size":)" + std::to_string(node.fixed_size);
    }
    PrintProperties(node.properties, node.type == AvroType::kFixed ? &node : nullptr);
    std::vector<std::string> aliases = Sorted(node.aliases);
    for (std::string& alias : aliases) alias = ShortName(alias, node.name_space);
    PrintAliases(aliases);
    out_ += '}';
  }

  void PrintField(const SchemaField& field, const std::string& enclosing) {
    out_ += R"({"name":)" + JavaJson(field.name) + R"(,"type":)";
    PrintType(*field.type, enclosing);
    if (field.doc) out_ += R"(,"doc":)" + JavaJson(*field.doc);
    if (!field.default_json.empty()) {
      out_ += R"(,"default":)";
      out_ += is_normalized_ ? NormalizedDefault(*field.type, Reparsed(field.default_json))
                             : field.default_json;
    }
    if (!field.order.empty()) out_ += R"(,"order":)" + JavaJson(field.order);
    PrintAliases(Sorted(field.aliases));
    PrintProperties(field.properties, nullptr);
    out_ += '}';
  }

  void PrintProperties(const Properties& properties, const SchemaNode* node) {
    for (const auto& [key, json] : is_normalized_ ? Normalized(properties, node) : properties) {
      out_ += "," + JavaJson(key) + ":" + json;
    }
  }

  void PrintAliases(const std::vector<std::string>& aliases) {
    if (!aliases.empty()) out_ += R"(,"aliases":)" + JavaJson(aliases);
  }

  std::vector<std::string> Sorted(std::vector<std::string> aliases) const {
    if (is_normalized_) std::sort(aliases.begin(), aliases.end());
    return aliases;
  }

  const std::map<std::string, const SchemaNode*, std::less<>>& own_;
  const bool is_normalized_;
  std::set<std::string> seen_;
  std::string out_;
};

}  // namespace

std::string PrintSchema(const SchemaNode& root,
                        const std::map<std::string, const SchemaNode*, std::less<>>& own,
                        PrintedForm form) {
  return JsonPrinter(own, form).Print(root);
}

}  // namespace tillstream
