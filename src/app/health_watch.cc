#include "app/health_watch.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/clock.h"

namespace tillstream {

const char* HealthStateName(HealthState state) {
  switch (state) {
    case HealthState::kStarting:
      return "starting";
    case HealthState::kOk:
      return "ok";
    case HealthState::kSlow:
      return "slow";
    case HealthState::kStalled:
      return "stalled";
  }
  return "";
}

Health HealthWatch::Judge(std::chrono::nanoseconds now, const std::vector<PartState>& parts) {
  std::map<std::string, Mark> marks;
  std::vector<std::string> slow;
  std::vector<std::string> stalled;
  for (const PartState& part : parts) {
    const auto known = marks_.find(part.name);
    Mark mark = known == marks_.end() ? Mark{part.progress, now} : known->second;
    if (part.work.empty() || part.progress > mark.progress) mark.since = now;
    mark.progress = std::max(mark.progress, part.progress);
    marks[part.name] = mark;
    if (!part.failure.empty()) {
      stalled.push_back(fmt::format("{}: {}", part.name, part.failure));
    } else if (now - mark.since > stalled_after_) {
      stalled.push_back(fmt::format("{}: no progress for {:.0f} s; {}", part.name,
                                    ToSeconds(now - mark.since), part.work));
    } else if (part.behind > kSlowAfter) {
      slow.push_back(fmt::format("{}: {:.0f} s behind", part.name, ToSeconds(part.behind)));
    }
  }
  marks_ = std::move(marks);
  if (!stalled.empty()) return {HealthState::kStalled, std::move(stalled)};
  if (!slow.empty()) return {HealthState::kSlow, std::move(slow)};
  return {HealthState::kOk, {}};
}

}  // namespace tillstream
