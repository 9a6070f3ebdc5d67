#pragma once

#include <optional>
#include <string>

#include "app/command.h"
#include "replay/partition_plan.h"

namespace tillstream {

/// Which partition plan a command was asked for.
struct PlanOptions {
  std::string plan;  ///< Empty: that of the run, or "store" for a new one.
  std::string size_classes_file;
  int64_t store_partitions = 0;  ///< 0: those of the run, or kStorePartitionsDefault.
};

void DeclarePlan(Arguments& arguments, PlanOptions* options);

/// kUsage for a plan that there is not, and for options that it has no use for.
Status CheckPlan(const PlanOptions& options);

/// Whether the plan can only be made with all stores loaded.
bool NeedsAllStores(const PlanOptions& options, const std::optional<RunIdentity>& stored);

/// Gives `identity`, of `dataset`, the places of the plan: those of the run `stored` where they are
/// not asked for anew. kRefused for size classes that are not the run's; kBadInput for a file of
/// them that is wrong.
Status PlanIdentity(Context& context, const PlanOptions& options, const Dataset& dataset,
                    const std::optional<RunIdentity>& stored, RunIdentity* identity);

/// Where a store's events are: "3", "0 (small)", or "sales-store-CA_1 0 to 2".
std::string PlaceText(const RunIdentity& identity, const std::string& topic,
                      const std::string& store_id);

/// The plan in words: "size (small 1, middle 2, large 3 partitions)".
std::string DescribePlan(const RunIdentity& identity);

}  // namespace tillstream
