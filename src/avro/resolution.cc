#include "avro/resolution.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string_view>

#include "base/text.h"

namespace tillstream {
namespace {

/// What a message calls a type; names can be as long as a schema.
std::string Called(const SchemaNode& node) {
  constexpr size_t kLengthMax = 100;
  const std::string name = node.Describe();
  return name.size() <= kLengthMax ? name : name.substr(0, kLengthMax) + "...";
}

/// The specification: two decimals match if precision and scale do.
bool DecimalsDiffer(const SchemaNode& reader, const SchemaNode& writer) {
  return reader.logical_type == "decimal" && writer.logical_type == "decimal" &&
         (reader.decimal_precision != writer.decimal_precision ||
          reader.decimal_scale != writer.decimal_scale);
}

size_t AliasCount(const SchemaNode& record) {
  size_t count = 0;
  for (const SchemaField& field : record.fields) count += field.aliases.size();
  return count;
}

}  // namespace

bool NamesMatch(const SchemaNode& reader, const SchemaNode& writer) {
  if (reader.name == writer.name) return true;
  return !reader.aliases.empty() && std::find(reader.aliases.begin(), reader.aliases.end(),
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
  std::unordered_map<std::string_view, size_t> by_name;
  by_name.reserve(writer.fields.size());
  for (size_t i = 0; i < writer.fields.size(); ++i) by_name.emplace(writer.fields[i].name, i);
  const auto find = [&](const std::string& name) -> std::optional<size_t> {
    const auto found = by_name.find(name);
    return found == by_name.end() ? std::nullopt : std::optional(found->second);
  };
  std::vector<std::optional<size_t>> matches(reader.fields.size());
  std::vector<bool> taken(writer.fields.size());
  for (size_t i = 0; i < matches.size(); ++i) {
    matches[i] = find(reader.fields[i].name);
    if (matches[i]) taken[*matches[i]] = true;
  }
  for (size_t i = 0; i < matches.size(); ++i) {
    for (const std::string& alias : reader.fields[i].aliases) {
      if (matches[i]) break;
      const auto found = find(alias);
      if (!found || taken[*found]) continue;
      matches[i] = found;
      taken[*found] = true;
    }
  }
  return matches;
}

std::vector<std::optional<int32_t>> MatchSymbols(const SchemaNode& reader,
                                                 const SchemaNode& writer) {
  std::unordered_map<std::string_view, int32_t> by_name;
  by_name.reserve(reader.symbols.size());
  for (const std::string& symbol : reader.symbols) {
    by_name.emplace(symbol, static_cast<int32_t>(by_name.size()));
  }
  std::vector<std::optional<int32_t>> matches;
  matches.reserve(writer.symbols.size());
  for (const std::string& symbol : writer.symbols) {
    const auto found = by_name.find(symbol);
    matches.push_back(found == by_name.end() ? std::nullopt : std::optional(found->second));
  }
  return matches;
}

bool Resolver::Spend(size_t count) {
  steps_ = std::min(steps_ + count, kResolutionStepsMax + 1);
  return steps_ <= kResolutionStepsMax;
}

bool Resolver::Fail(Faults* faults, CompatibilityRule rule, const char* detail,
                    const std::string& reason) {
  if (faults == nullptr || faults->size() >= kCompatibilityFaultsMax) return false;
  CompatibilityFault fault;
  fault.rule = rule;
  for (const PathStep& step : path_) {
    switch (step.kind) {
      case PathStep::Kind::kField:
        fault.path += fmt::format("/fields/{}/type", step.index);
        fault.text += fmt::format("field {}: ", Quote(*step.field));
        break;
      case PathStep::Kind::kItems:
        fault.path += "/items";
        fault.text += "items: ";
        break;
      case PathStep::Kind::kValues:
        fault.path += "/values";
        fault.text += "values: ";
        break;
      case PathStep::Kind::kWriterBranch:
        fault.path += fmt::format("/{}", step.index);
        fault.text += fmt::format("the writer's branch {}: ", Called(*step.branch));
    }
  }
  fault.path += detail;
  if (fault.path.empty()) fault.path = "/";
  fault.text += reason;
  faults->push_back(std::move(fault));
  return false;
}

bool Resolver::FailTooLarge(Faults* faults) {
  const bool is_said = faults != nullptr && !faults->empty() &&
                       faults->back().rule == CompatibilityRule::kComparisonTooLarge;
  if (is_said) return false;
  return Fail(faults, CompatibilityRule::kComparisonTooLarge, "",
              fmt::format("more than {} comparisons", kResolutionStepsMax));
}

bool Resolver::Visit(const SchemaNode& reader, const SchemaNode& writer, Faults* faults) {
  using Verdict = PairState::Verdict;
  if (!Spend(1)) return FailTooLarge(faults);
  const Pair pair(&reader, &writer);
  PairState& state = pairs_[pair];  // stays where it is when the map grows
  const bool is_to_explain = faults != nullptr && !state.is_explained && !state.is_in_progress;
  if (state.verdict == Verdict::kFails && !is_to_explain) return false;
  if (state.verdict == Verdict::kResolves) return true;
  if (state.is_in_progress) return true;  // recursion: assumed until disproved
  state.is_in_progress = true;
  const size_t resolving_count = resolving_log_.size();
  ++depth_;
  const bool resolves = depth_ > kResolutionDepthMax
                            ? Fail(faults, CompatibilityRule::kNestingTooDeep, "",
                                   fmt::format("nested deeper than {}", kResolutionDepthMax))
                            : Check(reader, writer, faults);
  --depth_;
  state.is_in_progress = false;
  if (resolves) {
    state.verdict = Verdict::kResolves;
    resolving_log_.push_back(pair);
    return true;
  }
  // What was found to resolve meanwhile may rest on the assumption that this pair does.
  while (resolving_log_.size() > resolving_count) {
    pairs_[resolving_log_.back()].verdict = Verdict::kNone;
    resolving_log_.pop_back();
  }
  state.verdict = Verdict::kFails;
  if (faults != nullptr) state.is_explained = true;
  return false;
}

bool Resolver::VisitBelow(const PathStep& step, const SchemaNode& reader, const SchemaNode& writer,
                          Faults* faults) {
  path_.push_back(step);
  const bool resolves = Visit(reader, writer, faults);
  path_.pop_back();
  return resolves;
}

bool Resolver::Check(const SchemaNode& reader, const SchemaNode& writer, Faults* faults) {
  using Kind = PathStep::Kind;
  if (writer.type == AvroType::kUnion) {
    bool resolves = true;
    for (size_t i = 0; i < writer.branches.size(); ++i) {
      const SchemaNode& branch = *writer.branches[i];
      resolves = VisitBelow({Kind::kWriterBranch, i, nullptr, &branch}, reader, branch, faults) &&
                 resolves;
    }
    return resolves;
  }
  if (reader.type == AvroType::kUnion) return CheckReaderUnion(reader, writer, faults);
  if (reader.is_named() && reader.type == writer.type) {
    if (!Spend(reader.aliases.size())) return FailTooLarge(faults);
    if (!NamesMatch(reader, writer)) {
      return Fail(
          faults, CompatibilityRule::kNameMismatch, "/name",
          fmt::format("{} cannot be read as {}: another name", Called(writer), Called(reader)));
    }
  }
  if (!IsReadableAs(writer.type, reader.type)) {
    return Fail(faults, CompatibilityRule::kTypeMismatch, "",
                fmt::format("{} cannot be read as {}", Called(writer), Called(reader)));
  }
  if (reader.type == AvroType::kFixed && reader.fixed_size != writer.fixed_size) {
    return Fail(faults, CompatibilityRule::kFixedSizeMismatch, "/size",
                fmt::format("{} of {} bytes cannot be read as one of {}", Called(writer),
                            writer.fixed_size, reader.fixed_size));
  }
  if (DecimalsDiffer(reader, writer)) {
    return Fail(
        faults, CompatibilityRule::kDecimalMismatch, "",
        fmt::format("decimal({}, {}) cannot be read as decimal({}, {})", writer.decimal_precision,
                    writer.decimal_scale, reader.decimal_precision, reader.decimal_scale));
  }
  switch (reader.type) {
    case AvroType::kArray:
      return VisitBelow({Kind::kItems}, *reader.element, *writer.element, faults);
    case AvroType::kMap:
      return VisitBelow({Kind::kValues}, *reader.element, *writer.element, faults);
    case AvroType::kEnum:
      return CheckEnum(reader, writer, faults);
    case AvroType::kRecord:
      return CheckRecord(reader, writer, faults);
    default:
      return true;
  }
}

bool Resolver::CheckEnum(const SchemaNode& reader, const SchemaNode& writer, Faults* faults) {
  constexpr size_t kSymbolsShown = 10;
  if (reader.enum_default) return true;
  if (!Spend(reader.symbols.size() + writer.symbols.size())) return FailTooLarge(faults);
  const auto matches = MatchSymbols(reader, writer);
  std::vector<std::string> missing;
  for (size_t i = 0; i < matches.size(); ++i) {
    if (matches[i]) continue;
    if (missing.size() == kSymbolsShown) {
      missing.emplace_back("...");
      break;
    }
    missing.push_back(Quote(writer.symbols[i]));
  }
  if (missing.empty()) return true;
  const bool is_one = missing.size() == 1;
  return Fail(faults, CompatibilityRule::kMissingEnumSymbols, "/symbols",
              fmt::format("symbol{} {} {} not in the reader's enum, which has no default",
                          is_one ? "" : "s", fmt::join(missing, ", "), is_one ? "is" : "are"));
}

bool Resolver::CheckRecord(const SchemaNode& reader, const SchemaNode& writer, Faults* faults) {
  if (!Spend(reader.fields.size() + writer.fields.size() + AliasCount(reader))) {
    return FailTooLarge(faults);
  }
  const auto matches = MatchFields(reader, writer);
  bool resolves = true;
  for (size_t i = 0; i < matches.size(); ++i) {
    const SchemaField& field = reader.fields[i];
    if (matches[i]) {
      const PathStep step{PathStep::Kind::kField, i, &field.name, nullptr};
      resolves =
          VisitBelow(step, *field.type, *writer.fields[*matches[i]].type, faults) && resolves;
    } else if (!field.default_value) {
      const std::string detail = fmt::format("/fields/{}", i);
      resolves = Fail(faults, CompatibilityRule::kReaderFieldMissingDefaultValue, detail.c_str(),
                      fmt::format("field {}: not in the writer's schema and without a default",
                                  Quote(field.name)));
    }
    // One reason is enough where none is asked for.
    if (!resolves && faults == nullptr) return false;
  }
  return resolves;
}

bool Resolver::CheckReaderUnion(const SchemaNode& reader, const SchemaNode& writer,
                                Faults* faults) {
  const auto branch = PickBranch(reader, writer);
  if (!Spend(0)) return FailTooLarge(faults);
  if (!branch) {
    return Fail(faults, CompatibilityRule::kMissingUnionBranch, "",
                fmt::format("{} is none of the reader's branches", Called(writer)));
  }
  return Visit(*reader.branches[*branch], writer, faults);
}

std::vector<size_t> Resolver::Candidates(const SchemaNode& reader_union, const SchemaNode& writer) {
  const auto [indexed, is_new] = unions_.try_emplace(&reader_union);
  UnionIndex& index = indexed->second;
  if (is_new) {
    for (size_t i = 0; i < reader_union.branches.size(); ++i) {
      const SchemaNode& branch = *reader_union.branches[i];
      if (!branch.is_named()) {
        index.unnamed.push_back(i);
        continue;
      }
      index.by_name.emplace(branch.name, i);
      for (const std::string& alias : branch.aliases) index.by_alias.emplace(alias, i);
      Spend(1 + branch.aliases.size());
    }
  }
  if (!writer.is_named()) return index.unnamed;
  std::vector<size_t> candidates;
  const auto add = [&](const auto& by_key, const std::string& key) {
    const auto [begin, end] = by_key.equal_range(key);
    for (auto it = begin; it != end; ++it) candidates.push_back(it->second);
  };
  add(index.by_name, writer.name);
  add(index.by_alias, writer.FullName());
  std::sort(candidates.begin(), candidates.end());
  candidates.erase(std::unique(candidates.begin(), candidates.end()), candidates.end());
  return candidates;
}

std::optional<size_t> Resolver::PickBranch(const SchemaNode& reader_union,
                                           const SchemaNode& writer) {
  std::optional<size_t> promoted;
  std::optional<size_t> same_kind;
  std::vector<size_t> candidates = Candidates(reader_union, writer);
  if (!Spend(candidates.size())) return std::nullopt;
  // The one of the full name before all that only share its last part.
  const auto same = std::find_if(candidates.begin(), candidates.end(), [&](size_t i) {
    const SchemaNode& branch = *reader_union.branches[i];
    return branch.name == writer.name && branch.name_space == writer.name_space;
  });
  if (writer.is_named() && same != candidates.end()) {
    std::rotate(candidates.begin(), same, same + 1);
  }
  for (const size_t i : candidates) {
    const SchemaNode& branch = *reader_union.branches[i];
    const bool is_same_kind = branch.type == writer.type;
    if (!is_same_kind && !IsReadableAs(writer.type, branch.type)) continue;
    if (Resolves(branch, writer)) {
      if (is_same_kind) return i;
      if (!promoted) promoted = i;
    } else if (is_same_kind && !same_kind) {
      same_kind = i;
    }
  }
  return promoted ? promoted : same_kind;
}

}  // namespace tillstream
