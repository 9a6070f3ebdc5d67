#include "app/plan_options.h"

#include <algorithm>

#include "base/text.h"

namespace tillstream {
namespace {

/// Far more than a store's topic has use for.
constexpr int64_t kStorePartitionsMax = 1'000;

constexpr const char* kRemedy =
    "use the classes that the run began with, or another --log or --topic";

/// Whether every store of the run is in the class that `current` has it in.
Status CompareClasses(const RunIdentity& stored, const RunIdentity& current) {
  for (const auto& [id, store] : stored.stores) {
    const auto found = current.stores.find(id);
    if (found == current.stores.end()) continue;
    const std::string was = ClassOf(stored, store.partition);
    const std::string is = ClassOf(current, found->second.partition);
    // A file must name a store that came later, but has no say in where it went.
    if (was != is && was != kClassAdded) {
      return MakeError(ErrorCode::kRefused, "run: store {} began in size class {}, found {}; {}",
                       id, was, is, kRemedy);
    }
  }
  for (const SizeClass& size_class : current.classes) {
    const auto was =
        std::find_if(stored.classes.begin(), stored.classes.end(),
                     [&](const SizeClass& known) { return known.name == size_class.name; });
    if (was == stored.classes.end()) continue;
    if (was->partitions.size() != size_class.partitions.size()) {
      return MakeError(ErrorCode::kRefused,
                       "run: size class {} began with {} partitions, found {}; {}", size_class.name,
                       was->partitions.size(), size_class.partitions.size(), kRemedy);
    }
  }
  return Ok();
}

}  // namespace

void DeclarePlan(Arguments& arguments, PlanOptions* options) {
  arguments.Text("--plan", "PLAN", &options->plan,
                 "store: a partition a store; size: stores of a size share partitions; topic: a "
                 "topic a store, by key");
  arguments.Text("--size-classes", "FILE", &options->size_classes_file,
                 "Of plan size: which store is in which class; default by units sold in the first "
                 "year");
  arguments.Number("--store-partitions", "N", &options->store_partitions, 0, kStorePartitionsMax,
                   "Of plan topic: partitions of each store's topic; 0: 3, or the run's");
}

Status CheckPlan(const PlanOptions& options) {
  const std::string& plan = options.plan;
  if (!plan.empty() && plan != kPlanStore && plan != kPlanSize && plan != kPlanTopic) {
    return MakeError(ErrorCode::kUsage, "--plan: {} is not a plan; write store, size or topic",
                     Quote(plan));
  }
  if (!options.size_classes_file.empty() && plan != kPlanSize) {
    return MakeError(ErrorCode::kUsage, "--size-classes: needs --plan size");
  }
  if (options.store_partitions != 0 && plan != kPlanTopic) {
    return MakeError(ErrorCode::kUsage, "--store-partitions: needs --plan topic");
  }
  return Ok();
}

bool NeedsAllStores(const PlanOptions& options, const std::optional<RunIdentity>& stored) {
  return options.plan == kPlanSize && (!stored || !options.size_classes_file.empty());
}

Status PlanIdentity(Context& context, const PlanOptions& options, const Dataset& dataset,
                    const std::optional<RunIdentity>& stored, RunIdentity* identity) {
  PlanRequest request;
  if (stored) request.plan = stored->plan;
  if (!options.plan.empty()) request.plan = options.plan;
  if (stored && stored->plan == kPlanTopic) request.store_partitions = stored->store_partitions;
  if (options.store_partitions != 0) {
    request.store_partitions = static_cast<int32_t>(options.store_partitions);
  }
  if (stored && stored->plan == request.plan && options.size_classes_file.empty() &&
      request.plan == kPlanSize) {
    identity->plan = stored->plan;
    return Ok();  // The stored places win.
  }
  if (!options.size_classes_file.empty()) {
    const std::string& path = options.size_classes_file;
    const auto text = ReadFile(context.files, path);
    if (!text) return MakeError(ErrorCode::kUsage, "--size-classes: {}", text.error().message);
    TILLSTREAM_ASSIGN(request.classes, ParseSizeClasses(*text, path, dataset.store_ids));
  }
  TILLSTREAM_TRY(ApplyPlan(request, dataset, identity));
  if (stored && stored->plan == kPlanSize && request.plan == kPlanSize) {
    return CompareClasses(*stored, *identity);
  }
  return Ok();
}

std::string PlaceText(const RunIdentity& identity, const std::string& topic,
                      const std::string& store_id) {
  const auto partitions = EventPartitionsOf(identity, topic, store_id);
  const int32_t first = partitions.front().partition.value();
  if (identity.plan == kPlanTopic) {
    return fmt::format("{} {} to {}", partitions.front().topic, first,
                       partitions.back().partition.value());
  }
  const std::string size_class = ClassOf(identity, partitions.front().partition);
  return size_class.empty() ? std::to_string(first) : fmt::format("{} ({})", first, size_class);
}

std::string DescribePlan(const RunIdentity& identity) {
  if (identity.plan == kPlanTopic) {
    return fmt::format("topic ({} partitions a store)", identity.store_partitions);
  }
  std::string classes;
  for (const SizeClass& size_class : identity.classes) {
    classes += fmt::format("{}{} {}", classes.empty() ? "" : ", ", size_class.name,
                           size_class.partitions.size());
  }
  return identity.plan + (classes.empty() ? "" : fmt::format(" ({} partitions)", classes));
}

}  // namespace tillstream
