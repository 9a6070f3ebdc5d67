#include "replay/partition_plan.h"

#include <algorithm>
#include <set>

#include "base/json.h"
#include "base/text.h"
#include "dataset/row_dealing.h"
#include "model/names.h"

namespace tillstream {
namespace {

Error BadClasses(const std::string& where, const std::string& what) {
  return MakeError(ErrorCode::kBadInput, "{}: {}", where, what);
}

/// Most partitions that a class may ask for, far more than there are stores.
constexpr int64_t kClassPartitionsMax = 10'000;

Result<SizeClassSpec> ParseClass(const Json& json, const std::string& where) {
  const bool is_class = json.is_object() && json.contains("name") && json["name"].is_string() &&
                        json.contains("partitions") && json["partitions"].is_number_integer() &&
                        json.contains("stores") && json["stores"].is_array();
  if (!is_class) {
    return BadClasses(where,
                      "a class is {\"name\": \"small\", \"partitions\": 1, \"stores\": [...]}");
  }
  SizeClassSpec size_class;
  size_class.name = json["name"].get<std::string>();
  const auto partitions = json["partitions"].get<int64_t>();
  if (partitions < 1 || partitions > kClassPartitionsMax) {
    return BadClasses(where, fmt::format("class {}: expected 1 to {} partitions, found {}",
                                         Quote(size_class.name), kClassPartitionsMax, partitions));
  }
  size_class.partition_count = static_cast<int32_t>(partitions);
  for (const Json& store : json["stores"]) {
    if (!store.is_string()) {
      return BadClasses(where, fmt::format("class {}: a store is a string, found {}",
                                           Quote(size_class.name), store.dump()));
    }
    size_class.stores.push_back(store.get<std::string>());
  }
  return size_class;
}

/// Every store once, and none that there is not.
Status CheckClasses(const std::vector<SizeClassSpec>& classes, const std::string& where,
                    const std::vector<std::string>& store_ids) {
  std::set<std::string> names;
  std::set<std::string> seen;
  for (const SizeClassSpec& size_class : classes) {
    if (size_class.name.empty() || size_class.name == kClassAdded) {
      return BadClasses(where, fmt::format("{} cannot be a class's name", Quote(size_class.name)));
    }
    if (size_class.partition_count > static_cast<int64_t>(size_class.stores.size())) {
      return BadClasses(where, fmt::format("class {} has {} partitions for {} stores; at most one "
                                           "each",
                                           Quote(size_class.name), size_class.partition_count,
                                           size_class.stores.size()));
    }
    if (!names.insert(size_class.name).second) {
      return BadClasses(where, fmt::format("class {} is there twice", Quote(size_class.name)));
    }
    for (const std::string& store : size_class.stores) {
      if (std::find(store_ids.begin(), store_ids.end(), store) == store_ids.end()) {
        const std::string nearest = Nearest(store, store_ids);
        return BadClasses(where, fmt::format("store {} is not in the data{}", Quote(store),
                                             nearest.empty() ? "" : "; did you mean " + nearest));
      }
      if (!seen.insert(store).second) {
        return BadClasses(where, fmt::format("store {} is there twice", store));
      }
    }
  }
  for (const std::string& store : store_ids) {
    if (!seen.contains(store)) {
      return BadClasses(where, fmt::format("store {} is in no class; give it one", store));
    }
  }
  return Ok();
}

/// Deals a class's stores out to partitions from `first` on.
void DealStores(const SizeClassSpec& size_class, const std::map<std::string, int64_t>& units,
                PartitionId first, RunIdentity* identity) {
  std::vector<std::string> stores = size_class.stores;
  const auto units_of = [&](const std::string& store) {
    const auto at = units.find(store);
    return at == units.end() ? int64_t{0} : at->second;
  };
  std::sort(stores.begin(), stores.end(), [&](const std::string& a, const std::string& b) {
    return units_of(a) != units_of(b) ? units_of(a) > units_of(b) : a < b;
  });
  std::vector<int64_t> filled(static_cast<size_t>(size_class.partition_count));
  for (const std::string& store : stores) {
    const auto least = std::min_element(filled.begin(), filled.end());
    *least += units_of(store) + 1;  // so that stores that sold nothing are dealt out, too
    identity->stores.at(store).partition = first + static_cast<int32_t>(least - filled.begin());
  }
}

Status ApplySizes(const PlanRequest& request, const Dataset& dataset, RunIdentity* identity) {
  const std::map<std::string, int64_t> units = UnitsByStore(dataset);
  const auto classes = request.classes.empty() ? ClassesBySize(units) : request.classes;
  PartitionId next;
  for (const SizeClassSpec& size_class : classes) {
    DealStores(size_class, units, next, identity);
    SizeClass& stored = identity->classes.emplace_back();
    stored.name = size_class.name;
    for (int32_t i = 0; i < size_class.partition_count; ++i) {
      stored.partitions.push_back(next);
      ++next;
    }
  }
  return Ok();
}

}  // namespace

std::map<std::string, int64_t> UnitsByStore(const Dataset& dataset) {
  std::map<std::string, int64_t> units;
  DaySlice slice;
  for (const auto& table : dataset.stores) {
    int64_t& sum = units[table->store_id()];
    for (Day day(1); day.value() <= std::min(kSizeDays, table->day_count()); ++day) {
      table->CopyDay(day, &slice);
      for (const int32_t sold : slice.units) sum += sold;
    }
  }
  return units;
}

std::vector<SizeClassSpec> ClassesBySize(const std::map<std::string, int64_t>& units) {
  std::vector<std::string> stores;
  for (const auto& [id, sold] : units) stores.push_back(id);
  std::stable_sort(stores.begin(), stores.end(), [&](const std::string& a, const std::string& b) {
    return units.at(a) < units.at(b);
  });
  const auto third = static_cast<std::ptrdiff_t>(stores.size() / 3);
  const auto from = [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    return std::vector<std::string>(stores.begin() + begin, stores.begin() + end);
  };
  const auto count = static_cast<std::ptrdiff_t>(stores.size());
  std::vector<SizeClassSpec> classes = {{"small", 1, from(0, third)},
                                        {"middle", 2, from(third, count - third)},
                                        {"large", 3, from(count - third, count)}};
  for (SizeClassSpec& size_class : classes) {
    size_class.partition_count =
        std::min(size_class.partition_count, static_cast<int32_t>(size_class.stores.size()));
  }
  return classes;
}

Result<std::vector<SizeClassSpec>> ParseSizeClasses(std::string_view text, const std::string& where,
                                                    const std::vector<std::string>& store_ids) {
  const Result<Json> json = ParseJson(text);
  if (!json) return BadClasses(where, json.error().message);
  if (!json->is_object() || !json->contains("classes") || !(*json)["classes"].is_array()) {
    return BadClasses(where, "expected {\"classes\": [...]}");
  }
  std::vector<SizeClassSpec> classes;
  for (const Json& entry : (*json)["classes"]) {
    TILLSTREAM_ASSIGN(SizeClassSpec size_class, ParseClass(entry, where));
    classes.push_back(std::move(size_class));
  }
  TILLSTREAM_TRY(CheckClasses(classes, where, store_ids));
  return classes;
}

Status ApplyPlan(const PlanRequest& request, const Dataset& dataset, RunIdentity* identity) {
  identity->plan = request.plan;
  if (request.plan == kPlanStore) return Ok();
  if (request.plan == kPlanTopic) {
    identity->store_partitions = request.store_partitions;
    for (const auto& table : dataset.stores) {
      std::vector<int64_t>& round = identity->stores.at(table->store_id()).round;
      for (const auto& rows : DealRows(*table, request.store_partitions)) {
        round.push_back(static_cast<int64_t>(rows.size()));
      }
    }
    return Ok();
  }
  if (request.plan == kPlanSize) return ApplySizes(request, dataset, identity);
  return MakeError(ErrorCode::kUsage, "--plan: {} is not a plan; write store, size or topic",
                   Quote(request.plan));
}

std::vector<TopicInfo> TopicsOf(const RunIdentity& identity, const std::string& topic) {
  std::vector<TopicInfo> topics;
  PartitionId count;
  for (const auto& [id, store] : identity.stores) {
    count = std::max(count, store.partition + 1);
    if (identity.plan == kPlanTopic) {
      topics.push_back({StoreTopic(topic, id), identity.store_partitions});
    }
  }
  for (const SizeClass& size_class : identity.classes) {
    for (const PartitionId partition : size_class.partitions) {
      count = std::max(count, partition + 1);
    }
  }
  if (identity.plan != kPlanTopic) topics.push_back({topic, count.value()});
  topics.push_back({TotalsTopic(topic), count.value()});
  return topics;
}

std::vector<TopicPartition> EventPartitionsOf(const RunIdentity& identity, const std::string& topic,
                                              const std::string& store_id) {
  if (identity.plan != kPlanTopic) return {{topic, identity.stores.at(store_id).partition}};
  std::vector<TopicPartition> partitions;
  for (PartitionId p; p.value() < identity.store_partitions; ++p) {
    partitions.push_back({StoreTopic(topic, store_id), p});
  }
  return partitions;
}

TopicPartition TotalsPartitionOf(const RunIdentity& identity, const std::string& topic,
                                 const std::string& store_id) {
  return {TotalsTopic(topic), identity.stores.at(store_id).partition};
}

std::vector<std::string> StoresBeside(const RunIdentity& identity, const std::string& store_id) {
  const PartitionId partition = identity.stores.at(store_id).partition;
  std::vector<std::string> stores;
  for (const auto& [id, store] : identity.stores) {
    if (store.partition == partition) stores.push_back(id);
  }
  return stores;
}

std::string ClassOf(const RunIdentity& identity, PartitionId partition) {
  for (const SizeClass& size_class : identity.classes) {
    const auto& all = size_class.partitions;
    if (std::find(all.begin(), all.end(), partition) != all.end()) return size_class.name;
  }
  return "";
}

}  // namespace tillstream
