#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "dataset/dataset.h"
#include "log/event_log.h"
#include "replay/run_identity.h"

namespace tillstream {

/// The partition plans: which topic and partition an event goes to.
inline constexpr std::string_view kPlanStore = "store";  ///< A partition a store.
inline constexpr std::string_view kPlanSize = "size";    ///< Stores of a size share partitions.
inline constexpr std::string_view kPlanTopic = "topic";  ///< A topic a store, by the records' keys.

/// The size class of stores that were not there when the run began: the others' partitions have an
/// order already.
inline constexpr std::string_view kClassAdded = "added";

/// Default of --store-partitions.
inline constexpr int32_t kStorePartitionsDefault = 3;

/// The days from d_1 whose units say how large a store is.
inline constexpr int32_t kSizeDays = 365;

/// A class of stores, and over how many partitions they are dealt out.
struct SizeClassSpec {
  std::string name;
  int32_t partition_count = 0;
  std::vector<std::string> stores;
};

/// What a command asks for.
struct PlanRequest {
  std::string plan{kPlanStore};
  std::vector<SizeClassSpec> classes;                  ///< Of plan "size"; empty: ClassesBySize().
  int32_t store_partitions = kStorePartitionsDefault;  ///< Of plan "topic".
};

/// Units that each store of `dataset.stores` sold in its first kSizeDays days.
std::map<std::string, int64_t> UnitsByStore(const Dataset& dataset);

/// A third of the stores each, by what they sold: "small" with one partition, "middle" with two and
/// what the thirds leave over, "large" with three; never more partitions than stores.
std::vector<SizeClassSpec> ClassesBySize(const std::map<std::string, int64_t>& units);

/// Reads {"classes": [{"name": "small", "partitions": 1, "stores": ["CA_4", "WI_1"]}, ...]}, in
/// which every one of `store_ids` must be once. `where` is the file's name for messages. kBadInput.
Result<std::vector<SizeClassSpec>> ParseSizeClasses(std::string_view text, const std::string& where,
                                                    const std::vector<std::string>& store_ids);

/// Gives the stores of `identity` their places under the plan. Plan "size" needs all stores of
/// `dataset`: within a class the largest store goes first, each to the partition that has least.
/// kUsage for a plan that there is not.
Status ApplyPlan(const PlanRequest& request, const Dataset& dataset, RunIdentity* identity);

/// The topics of events and of end-of-day totals, the totals last.
std::vector<TopicInfo> TopicsOf(const RunIdentity& identity, const std::string& topic);

/// The partitions that have events of the store.
std::vector<TopicPartition> EventPartitionsOf(const RunIdentity& identity, const std::string& topic,
                                              const std::string& store_id);

/// The partition that has the store's totals.
TopicPartition TotalsPartitionOf(const RunIdentity& identity, const std::string& topic,
                                 const std::string& store_id);

/// The stores that share the store's partition, by id, itself included.
std::vector<std::string> StoresBeside(const RunIdentity& identity, const std::string& store_id);

/// The class that has the partition; empty when there are no classes.
std::string ClassOf(const RunIdentity& identity, PartitionId partition);

}  // namespace tillstream
