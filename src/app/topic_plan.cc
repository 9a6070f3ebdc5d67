#include "app/topic_plan.h"

#include <algorithm>

#include "model/date.h"
#include "replay/partition_plan.h"

namespace tillstream {

std::string DataBegins(const RunIdentity& identity) {
  return FormatDate(EventDateOf(identity, identity.from));
}

TopicPlan PlanOf(const RunIdentity& identity, const std::string& topic) {
  TopicPlan plan;
  plan.topics = TopicsOf(identity, topic);
  plan.places_keys = identity.plan == kPlanTopic;
  plan.data_begins = DataBegins(identity);
  for (const auto& [id, store] : identity.stores) {
    plan.stream_count = std::max(plan.stream_count, store.number + 1);
    const int64_t last = static_cast<int64_t>(store.day_hashes.size());
    plan.stores.push_back({.id = id,
                           .partition = store.partition,
                           .series_count = store.series_count,
                           .day_count = std::max<int64_t>(last - identity.from.value() + 1, 0)});
  }
  return plan;
}

}  // namespace tillstream
