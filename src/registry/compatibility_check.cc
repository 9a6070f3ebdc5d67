#include "registry/compatibility_check.h"

#include <fmt/format.h>

#include <algorithm>

#include "avro/compatibility.h"

namespace tillstream {
namespace {

/// Most steps of the comparisons with all versions that a level looks at, half a second or so. What
/// people write takes a hundredth of it with a hundred versions.
constexpr size_t kTaskStepsMax = 2'000'000;

bool LooksBack(CompatibilityLevel level) {
  return level != CompatibilityLevel::kNone && level != CompatibilityLevel::kForward &&
         level != CompatibilityLevel::kForwardTransitive;
}

bool LooksForward(CompatibilityLevel level) {
  return level != CompatibilityLevel::kNone && level != CompatibilityLevel::kBackward &&
         level != CompatibilityLevel::kBackwardTransitive;
}

void AddReasons(const std::string& where, const Schema& reader, const Schema& writer, size_t* steps,
                std::vector<std::string>* reasons) {
  for (const CompatibilityFault& fault : CompatibilityFaults(reader, writer, steps)) {
    reasons->push_back(where + ": " + fault.ToString());
  }
}

void AddReasonsAgainst(const SubjectVersion& version, CompatibilityLevel level,
                       const Schema& schema, size_t* steps, std::vector<std::string>* reasons) {
  const std::string name = fmt::format("version {}", version.version);
  if (!version.schema->parsed) {
    reasons->push_back(name + " " + version.schema->fault);
    return;
  }
  if (LooksBack(level)) AddReasons(name, schema, *version.schema->parsed, steps, reasons);
  if (LooksForward(level)) {
    AddReasons(name + " as the reader", *version.schema->parsed, schema, steps, reasons);
  }
}

}  // namespace

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
  size_t steps = 0;
  for (const SubjectVersion& version : task.versions) {
    if (task.level == CompatibilityLevel::kNone || reasons.size() >= kCompatibilityFaultsMax) break;
    if (steps > kTaskStepsMax) {
      reasons.push_back(fmt::format(
          "version {} and those before it: not compared, since those behind it took {} steps ({})",
          version.version, steps, CompatibilityRuleName(CompatibilityRule::kComparisonTooLarge)));
      break;
    }
    AddReasonsAgainst(version, task.level, schema, &steps, &reasons);
  }
  return reasons;
}

}  // namespace tillstream
