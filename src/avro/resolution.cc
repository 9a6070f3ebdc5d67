#include "avro/resolution.h"

#include <fmt/format.h>

#include <algorithm>

#include "avro/compatibility.h"
#include "base/text.h"

namespace tillstream {
namespace {

template <typename... Args>
bool Fail(std::vector<std::string>* faults, const std::string& where,
          fmt::format_string<Args...> format, Args&&... args) {
  if (faults != nullptr) {
    faults->push_back(where + fmt::format(format, std::forward<Args>(args)...));
  }
  return false;
}

/// The same type, and the same name if it has one.
bool IsSameKind(const SchemaNode& reader, const SchemaNode& writer) {
  return reader.type == writer.type && (!reader.is_named() || NamesMatch(reader, writer));
}

/// The specification: two decimals match if precision and scale do.
bool DecimalsDiffer(const SchemaNode& reader, const SchemaNode& writer) {
  return reader.logical_type == "decimal" && writer.logical_type == "decimal" &&
         (reader.decimal_precision != writer.decimal_precision ||
          reader.decimal_scale != writer.decimal_scale);
}

}  // namespace

bool NamesMatch(const SchemaNode& reader, const SchemaNode& writer) {
  return reader.name == writer.name || std::find(reader.aliases.begin(), reader.aliases.end(),
                                                 writer.FullName()) != reader.aliases.end();
}

bool IsReadableAs(AvroType writer, AvroType reader) {
  if (writer == reader) return true;
  switch (writer) {
    case AvroType::kInt:
      return reader == AvroType::kLong || reader == AvroType::kFloat || reader == AvroType::kDouble;
    case AvroType::kLong:
      return reader == AvroType::kFloat || reader == AvroType::kDouble;
    case AvroType::kFloat:
      return reader == AvroType::kDouble;
    case AvroType::kString:
      return reader == AvroType::kBytes;
    case AvroType::kBytes:
      return reader == AvroType::kString;
    default:
      return false;
  }
}

std::vector<std::optional<size_t>> MatchFields(const SchemaNode& reader, const SchemaNode& writer) {
  const auto find = [&](const std::string& name) -> std::optional<size_t> {
    for (size_t i = 0; i < writer.fields.size(); ++i) {
      if (writer.fields[i].name == name) return i;
    }
    return std::nullopt;
  };
  std::vector<std::optional<size_t>> matches(reader.fields.size());
  std::vector<bool> taken(writer.fields.size());
  for (size_t i = 0; i < matches.size(); ++i) {
    matches[i] = find(reader.fields[i].name);
    if (matches[i]) taken[*matches[i]] = true;
  }
  for (size_t i = 0; i < matches.size(); ++i) {
    for (const std::string& alias : reader.fields[i].aliases) {
      const auto found = find(alias);
      if (matches[i] || !found || taken[*found]) continue;
      matches[i] = found;
      taken[*found] = true;
    }
  }
  return matches;
}

bool Resolver::Visit(const SchemaNode& reader, const SchemaNode& writer, const std::string& where,
                     std::vector<std::string>* faults) {
  const Pair pair(&reader, &writer);
  if (failing_.contains(pair) &&
      (faults == nullptr || in_progress_.contains(pair) || !explained_.insert(pair).second)) {
    return false;
  }
  if (resolving_.contains(pair)) return true;
  if (!in_progress_.insert(pair).second) return true;  // recursion: assumed until disproved
  const size_t resolving_count = resolving_log_.size();
  ++depth_;
  const bool resolves = depth_ > kResolutionDepthMax
                            ? Fail(faults, where, "nested deeper than {}", kResolutionDepthMax)
                            : Check(reader, writer, where, faults);
  --depth_;
  in_progress_.erase(pair);
  if (resolves) {
    resolving_.insert(pair);
    resolving_log_.push_back(pair);
    return true;
  }
  // What was found to resolve meanwhile may rest on the assumption that this pair does.
  while (resolving_log_.size() > resolving_count) {
    resolving_.erase(resolving_log_.back());
    resolving_log_.pop_back();
  }
  failing_.insert(pair);
  if (faults != nullptr) explained_.insert(pair);
  return false;
}

bool Resolver::Check(const SchemaNode& reader, const SchemaNode& writer, const std::string& where,
                     std::vector<std::string>* faults) {
  if (writer.type == AvroType::kUnion) {
    bool resolves = true;
    for (const SchemaNode* branch : writer.branches) {
      const std::string inside =
          where + fmt::format("the writer's branch {}: ", branch->Describe());
      resolves = Visit(reader, *branch, inside, faults) && resolves;
    }
    return resolves;
  }
  if (reader.type == AvroType::kUnion) return CheckReaderUnion(reader, writer, where, faults);
  if (reader.is_named() && reader.type == writer.type && !NamesMatch(reader, writer)) {
    return Fail(faults, where, "{} cannot be read as {}: another name", writer.Describe(),
                reader.Describe());
  }
  if (!IsReadableAs(writer.type, reader.type)) {
    return Fail(faults, where, "{} cannot be read as {}", writer.Describe(), reader.Describe());
  }
  if (DecimalsDiffer(reader, writer)) {
    return Fail(faults, where, "decimal({}, {}) cannot be read as decimal({}, {})",
                writer.decimal_precision, writer.decimal_scale, reader.decimal_precision,
                reader.decimal_scale);
  }
  switch (reader.type) {
    case AvroType::kArray:
      return Visit(*reader.element, *writer.element, where + "items: ", faults);
    case AvroType::kMap:
      return Visit(*reader.element, *writer.element, where + "values: ", faults);
    case AvroType::kFixed:
      if (reader.fixed_size == writer.fixed_size) return true;
      return Fail(faults, where, "{} of {} bytes cannot be read as one of {}", writer.Describe(),
                  writer.fixed_size, reader.fixed_size);
    case AvroType::kEnum:
      if (reader.enum_default) return true;
      for (const std::string& symbol : writer.symbols) {
        if (std::find(reader.symbols.begin(), reader.symbols.end(), symbol) ==
            reader.symbols.end()) {
          return Fail(faults, where, "symbol {} is not in the reader's enum, which has no default",
                      Quote(symbol));
        }
      }
      return true;
    case AvroType::kRecord:
      return CheckRecord(reader, writer, where, faults);
    default:
      return true;
  }
}

bool Resolver::CheckRecord(const SchemaNode& reader, const SchemaNode& writer,
                           const std::string& where, std::vector<std::string>* faults) {
  const auto matches = MatchFields(reader, writer);
  bool resolves = true;
  for (size_t i = 0; i < matches.size(); ++i) {
    const SchemaField& field = reader.fields[i];
    const std::string inside = where + "field " + Quote(field.name) + ": ";
    if (matches[i]) {
      resolves = Visit(*field.type, *writer.fields[*matches[i]].type, inside, faults) && resolves;
    } else if (!field.default_value) {
      resolves = Fail(faults, inside, "not in the writer's schema and without a default");
    }
  }
  return resolves;
}

bool Resolver::CheckReaderUnion(const SchemaNode& reader, const SchemaNode& writer,
                                const std::string& where, std::vector<std::string>* faults) {
  const auto branch = PickBranch(reader, writer);
  if (!branch) {
    return Fail(faults, where, "{} is none of the reader's branches", writer.Describe());
  }
  return Visit(*reader.branches[*branch], writer, where, faults);
}

std::optional<size_t> Resolver::PickBranch(const SchemaNode& reader_union,
                                           const SchemaNode& writer) {
  std::optional<size_t> promoted;
  std::optional<size_t> same_kind;
  for (size_t i = 0; i < reader_union.branches.size(); ++i) {
    const SchemaNode& branch = *reader_union.branches[i];
    const bool is_same_kind = IsSameKind(branch, writer);
    const bool is_promoted = branch.type != writer.type && IsReadableAs(writer.type, branch.type);
    if (!is_same_kind && !is_promoted) continue;
    if (Resolves(branch, writer)) {
      if (is_same_kind) return i;
      if (!promoted) promoted = i;
    } else if (is_same_kind && !same_kind) {
      same_kind = i;
    }
  }
  return promoted ? promoted : same_kind;
}

std::vector<std::string> CompatibilityFaults(const Schema& reader, const Schema& writer) {
  std::vector<std::string> faults;
  Resolver().Explain(reader.root(), writer.root(), "", &faults);
  return faults;
}

}  // namespace tillstream
