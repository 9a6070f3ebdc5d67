#include "registry/registered_schema.h"

#include <algorithm>
#include <array>
#include <utility>

namespace tillstream {
namespace {

constexpr std::array<std::pair<CompatibilityLevel, std::string_view>, 7> kLevels = {{
    {CompatibilityLevel::kNone, "NONE"},
    {CompatibilityLevel::kBackward, "BACKWARD"},
    {CompatibilityLevel::kBackwardTransitive, "BACKWARD_TRANSITIVE"},
    {CompatibilityLevel::kForward, "FORWARD"},
    {CompatibilityLevel::kForwardTransitive, "FORWARD_TRANSITIVE"},
    {CompatibilityLevel::kFull, "FULL"},
    {CompatibilityLevel::kFullTransitive, "FULL_TRANSITIVE"},
}};

constexpr std::array<std::pair<SubjectMode, std::string_view>, 4> kModes = {{
    {SubjectMode::kReadWrite, "READWRITE"},
    {SubjectMode::kReadOnly, "READONLY"},
    {SubjectMode::kReadOnlyOverride, "READONLY_OVERRIDE"},
    {SubjectMode::kImport, "IMPORT"},
}};

char UpperCase(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

template <typename Names>
auto FromName(const Names& names, std::string_view name)
    -> std::optional<decltype(names.front().first)> {
  std::string upper(name);
  std::transform(upper.begin(), upper.end(), upper.begin(), UpperCase);
  for (const auto& [value, text] : names) {
    if (text == upper) return value;
  }
  return std::nullopt;
}

}  // namespace

std::string_view CompatibilityLevelName(CompatibilityLevel level) {
  return kLevels[static_cast<size_t>(level)].second;
}

std::optional<CompatibilityLevel> CompatibilityLevelFromName(std::string_view name) {
  return FromName(kLevels, name);
}

bool IsTransitive(CompatibilityLevel level) {
  return level == CompatibilityLevel::kBackwardTransitive ||
         level == CompatibilityLevel::kForwardTransitive ||
         level == CompatibilityLevel::kFullTransitive;
}

std::string_view SubjectModeName(SubjectMode mode) {
  return kModes[static_cast<size_t>(mode)].second;
}

std::optional<SubjectMode> SubjectModeFromName(std::string_view name) {
  return FromName(kModes, name);
}

}  // namespace tillstream
