#include "registry/compatibility_check.h"

#include <fmt/format.h>

#include "avro/compatibility.h"

namespace tillstream {
namespace {

bool LooksBack(CompatibilityLevel level) {
  return level != CompatibilityLevel::kNone && level != CompatibilityLevel::kForward &&
         level != CompatibilityLevel::kForwardTransitive;
}

bool LooksForward(CompatibilityLevel level) {
  return level != CompatibilityLevel::kNone && level != CompatibilityLevel::kBackward &&
         level != CompatibilityLevel::kBackwardTransitive;
}

void AddReasons(const std::string& where, const Schema& reader, const Schema& writer,
                std::vector<std::string>* reasons) {
  for (const CompatibilityFault& fault : CompatibilityFaults(reader, writer)) {
    reasons->push_back(where + ": " + fault.ToString());
  }
}

}  // namespace

std::vector<std::string> ReasonsAgainst(const SubjectVersion& version, CompatibilityLevel level,
                                        const Schema& schema) {
  std::vector<std::string> reasons;
  if (level == CompatibilityLevel::kNone) return reasons;
  const std::string name = fmt::format("version {}", version.version);
  if (!version.schema->parsed) {
    reasons.push_back(version.schema->type == kAvroType
                          ? name + " refers to schemas that are not here"
                          : fmt::format("{} is of type {}", name, version.schema->type));
    return reasons;
  }
  if (LooksBack(level)) AddReasons(name, schema, *version.schema->parsed, &reasons);
  if (LooksForward(level)) {
    AddReasons(name + " as the reader", *version.schema->parsed, schema, &reasons);
  }
  return reasons;
}

std::vector<std::string> ReasonsAgainstSubject(const SchemaHistory& history,
                                               const std::string& subject, CompatibilityLevel level,
                                               const Schema& schema) {
  std::vector<std::string> reasons;
  const SchemaHistory::Versions* const versions = history.Find(subject);
  if (versions == nullptr) return reasons;
  for (auto entry = versions->rbegin(); entry != versions->rend(); ++entry) {
    if (entry->second.is_deleted) continue;
    const auto more = ReasonsAgainst(entry->second, level, schema);
    reasons.insert(reasons.end(), more.begin(), more.end());
    if (!IsTransitive(level)) break;
  }
  return reasons;
}

}  // namespace tillstream
