#include "app/topic_plan.h"

#include <algorithm>

#include "model/date.h"

namespace tillstream {

int32_t PartitionCount(const RunIdentity& identity) {
  int32_t count = 0;
  for (const auto& [id, store] : identity.stores) {
    count = std::max(count, store.partition.value() + 1);
  }
  return count;
}

std::string DataBegins(const RunIdentity& identity) {
  return FormatDate(identity.first_date + std::chrono::days(identity.from.value() - 1));
}

TopicPlan PlanOf(const RunIdentity& identity) {
  TopicPlan plan;
  plan.partition_count = PartitionCount(identity);
  plan.data_begins = DataBegins(identity);
  for (const auto& [id, store] : identity.stores) {
    const int64_t last = static_cast<int64_t>(store.day_hashes.size());
    plan.stores.push_back({.id = id,
                           .partition = store.partition,
                           .series_count = store.series_count,
                           .day_count = std::max<int64_t>(last - identity.from.value() + 1, 0)});
  }
  return plan;
}

TopicPlan PlanOf(const RunIdentity& data, const std::optional<RunIdentity>& stored) {
  if (!stored) return PlanOf(data);
  RunIdentity merged = data;
  merged.from = stored->from;
  merged.first_date = stored->first_date;
  PartitionId next(PartitionCount(*stored));
  for (auto& [id, store] : merged.stores) {
    const auto known = stored->stores.find(id);
    store.partition = known != stored->stores.end() ? known->second.partition : next;
    if (known == stored->stores.end()) ++next;
  }
  // Of stores that the data has no more.
  merged.stores.insert(stored->stores.begin(), stored->stores.end());
  return PlanOf(merged);
}

}  // namespace tillstream
