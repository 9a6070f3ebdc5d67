#include "registry/compatibility_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

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
    reasons.push_back(name + " " + version.schema->fault);
    return reasons;
  }
  if (LooksBack(level)) AddReasons(name, schema, *version.schema->parsed, &reasons);
  if (LooksForward(level)) {
    AddReasons(name + " as the reader", *version.schema->parsed, schema, &reasons);
  }
  return reasons;
}

bool CompatibilityTask::operator==(const CompatibilityTask& other) const {
  return level == other.level &&
         std::ranges::equal(versions, other.versions, [](const auto& a, const auto& b) {
           return a.version == b.version && a.schema == b.schema;
         });
}

CompatibilityTask CompatibilityTaskOf(const SchemaHistory& history, const std::string& subject) {
  CompatibilityTask task{history.LevelFor(subject), {}};
  const SchemaHistory::Versions* const versions = history.Find(subject);
  if (versions == nullptr || task.level == CompatibilityLevel::kNone) return task;
  for (auto entry = versions->rbegin(); entry != versions->rend(); ++entry) {
    if (entry->second.is_deleted) continue;
    task.versions.push_back(entry->second);
    if (!IsTransitive(task.level)) break;
  }
  return task;
}

std::vector<std::string> ReasonsAgainst(const CompatibilityTask& task, const Schema& schema) {
  std::vector<std::string> reasons;
  for (const SubjectVersion& version : task.versions) {
    auto more = ReasonsAgainst(version, task.level, schema);
    std::ranges::move(more, std::back_inserter(reasons));
  }
  return reasons;
}

}  // namespace tillstream
