#include "app/model_list.h"

#include <algorithm>

#include "base/text.h"
#include "forecast/baselines.h"
#include "forecast/calendar_model.h"
#include "forecast/forecaster.h"

namespace tillstream {
namespace {

constexpr const char* kAll = "all";
constexpr std::pair<const char*, Rung> kRungs[] = {
    {"calendar", Rung::kCalendar}, {"reconciled", Rung::kReconciled}, {"pooled", Rung::kPooled}};

}  // namespace

std::vector<std::string> AllModelNames() {
  std::vector<std::string> names = BaselineNames();
  for (const auto& [name, rung] : kRungs) names.emplace_back(name);
  return names;
}

Result<std::vector<std::string>> ResolveModels(const std::vector<std::string>& asked) {
  const std::vector<std::string> all = AllModelNames();
  std::vector<std::string> chosen;
  for (const std::string& name : asked) {
    if (name == kAll) return all;
    if (std::find(all.begin(), all.end(), name) == all.end()) {
      std::string list = kAll;
      for (const std::string& known : all) list += ", " + known;
      const std::string nearest = Nearest(name, all);
      return MakeError(ErrorCode::kUsage, "--models: {} is no model{}; there are {}", Quote(name),
                       nearest.empty() ? "" : fmt::format("; did you mean {}?", nearest), list);
    }
  }
  for (const std::string& name : all) {
    if (std::find(asked.begin(), asked.end(), name) != asked.end()) chosen.push_back(name);
  }
  return chosen;
}

std::unique_ptr<OnlineModel> MakeModel(const std::string& name, const Hierarchy& hierarchy,
                                       const KnownDays& known, int32_t threads, Day learn_from) {
  for (const auto& [of_rung, rung] : kRungs) {
    if (name != of_rung) continue;
    if (rung == Rung::kPooled)
      return std::make_unique<Forecaster>(hierarchy, known, threads, learn_from);
    return std::make_unique<CalendarModel>(rung, hierarchy, known, threads);
  }
  return MakeBaseline(name, hierarchy);
}

}  // namespace tillstream
