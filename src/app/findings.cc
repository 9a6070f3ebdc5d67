#include "app/findings.h"

#include <algorithm>

#include "app/table.h"
#include "base/json.h"

namespace tillstream {
namespace {

const char* LevelName(FindingLevel level) {
  switch (level) {
    case FindingLevel::kOk:
      return "ok";
    case FindingLevel::kWarning:
      return "warning";
    case FindingLevel::kError:
      return "error";
  }
  return "";
}

}  // namespace

void Findings::Ok(std::string what, std::string found) {
  all_.push_back({FindingLevel::kOk, std::move(what), std::move(found), ""});
}

void Findings::Warning(std::string what, std::string_view message) {
  Add(FindingLevel::kWarning, std::move(what), message);
}

void Findings::Error(std::string what, std::string_view message) {
  Add(FindingLevel::kError, std::move(what), message);
}

void Findings::Add(FindingLevel level, std::string what, std::string_view message) {
  constexpr std::string_view kBetween = "; ";
  const size_t at = message.find(kBetween);
  const bool has_remedy = at != message.npos;
  all_.push_back({level, std::move(what), std::string(message.substr(0, at)),
                  std::string(has_remedy ? message.substr(at + kBetween.size()) : "")});
}

int Findings::Count(FindingLevel level) const {
  return static_cast<int>(std::count_if(
      all_.begin(), all_.end(), [&](const Finding& finding) { return finding.level == level; }));
}

std::string Findings::ToText() const {
  Table table({"level", "what", "found"});
  for (const Finding& finding : all_) {
    table.Add({LevelName(finding.level), finding.what,
               finding.remedy.empty() ? finding.found : finding.found + "; " + finding.remedy});
  }
  return table.ToString();
}

std::string Findings::ToJson() const {
  Json list = Json::array();
  for (const Finding& finding : all_) {
    list.push_back({{"level", LevelName(finding.level)},
                    {"what", finding.what},
                    {"found", finding.found},
                    {"remedy", finding.remedy}});
  }
  return DumpJson(list) + "\n";
}

}  // namespace tillstream
