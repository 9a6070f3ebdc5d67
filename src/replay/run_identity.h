#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "dataset/dataset.h"
#include "log/run_store.h"
#include "model/ids.h"
#include "replay/rebase.h"
#include "replay/speed.h"

namespace tillstream {

/// Whose schema ids a run's events carry: those of the log's own topic `_schemas`, or of a registry
/// elsewhere.
inline constexpr std::string_view kSchemasOfLog = "log";
inline constexpr std::string_view kSchemasOfRegistry = "registry";

/// What one store's stream is made from, and its place.
struct StoreIdentity {
  /// Of its end-of-day totals, and of its events where the plan has one topic.
  PartitionId partition;
  /// Its own among the run's stores: in sorted order at first, the next free one for a store that
  /// is added later. On Kafka it says where the stream's position is.
  int32_t number = 0;
  /// Hash over the series, and one hash for each day of sales (d_1 first). Empty until a command
  /// has loaded the store.
  std::optional<uint64_t> series_hash;
  int64_t series_count = 0;
  /// Of plan "topic": how many of the series each partition of the store's topic has.
  std::vector<int64_t> round = {};
  std::vector<uint64_t> day_hashes;
};

/// Stores of a size, of plan "size": over which partitions they are dealt out.
struct SizeClass {
  std::string name;
  std::vector<PartitionId> partitions;
  friend bool operator==(const SizeClass&, const SizeClass&) = default;
};

/// What must not change from one start of a run to the next, since the bytes of the log follow from
/// it. `--to`, `--speed`, `--store`, `--threads` and `--sync` are not part of it.
struct RunIdentity {
  Day from{1};                         ///< First day of the stream.
  Date first_date{};                   ///< Date of d_1 in the dataset.
  std::optional<Rebase> rebase;        ///< How the events' dates are moved; none: not at all.
  std::string plan = "store";          ///< Partition plan: partition_plan.h.
  int32_t store_partitions = 0;        ///< Of plan "topic": of each store's topic.
  std::vector<SizeClass> classes;      ///< Of plan "size".
  std::string codec;                   ///< "none", "lz4" or "zstd"; empty on Kafka.
  int64_t segment_bytes_max = 0;       ///< Where segments roll; 0 on Kafka.
  std::string schemas{kSchemasOfLog};  ///< Whose the schema ids are.
  std::string subjects = "topic";      ///< How --subject names the schemas' subjects.
  SchemaId sales_schema;               ///< Writer schema ids in the registry.
  SchemaId totals_schema;
  std::map<std::string, StoreIdentity> stores;  ///< All stores of the dataset, by id.
  std::string started_at;                       ///< Wall time of the first start; for people only.
};

/// The identity that a command over `dataset` would have under plan "store", with partitions in
/// sorted store order. Schema ids are left 0.
RunIdentity IdentityOf(const Dataset& dataset, Day from, std::string codec,
                       int64_t segment_bytes_max);

/// The date that the events of `day` have: the dataset's, moved as the run is.
Date EventDateOf(const RunIdentity& identity, Day day);

/// What a store's stream is made from, in one line: "d_1 of 3049 series 1f3c0a9b5d7e2468", and by
/// how many weeks it is moved. Does not change when days are added to the data.
std::string StreamIdentity(const RunIdentity& identity, const std::string& store_id);

/// `stored` with what `current` has of its stores: stored places win, and stores that are new take
/// the next free one (of plan "size": in class "added"). Compares nothing.
RunIdentity WithStoresOf(const RunIdentity& stored, const RunIdentity& current);

/// Merges what a command brings with what the run began with: WithStoresOf(), of the same run.
/// kRefused, with the difference and the remedy, when the streams would not be the same. Schema ids
/// are compared only when `current` has them.
Result<RunIdentity> Reconcile(const RunIdentity& stored, const RunIdentity& current);

/// Identity and clock of a run as JSON in a RunStore: docs/formats/run_manifest.md.
class RunManifest {
 public:
  /// `topic` is the topic of events. `store` and `clock` must outlive the manifest.
  RunManifest(RunStore& store, Clock& clock, std::string topic);

  /// The stored identity; none when the run has not begun. kCorrupt when it is damaged.
  Result<std::optional<RunIdentity>> Load() const;

  /// Compares `current` with what is stored, writes the merged identity if it is new or has grown,
  /// and returns it. Several processes may do so at once.
  Result<RunIdentity> Update(const RunIdentity& current, const std::string& holder);

  Result<std::optional<RunClock>> LoadClock() const;
  Status StoreClock(const RunClock& clock);
  /// Stores what `merge` makes of the stored clock, if any, as one step among all processes that
  /// call this, and returns it. `merge` may be called more than once. Errors also as those of
  /// RunStore::Update().
  Result<RunClock> UpdateClock(
      const std::string& holder,
      const std::function<RunClock(const std::optional<RunClock>& stored)>& merge);

 private:
  RunStore& store_;
  Clock& clock_;
  const std::string topic_;
};

/// A run, and the topic that names it.
struct NamedRun {
  std::string topic;
  RunIdentity identity;
};

/// The run that writes `topic`: which names it, or holds its totals or a store's events. None when
/// there is no such run. Errors as RunManifest::Load().
Result<std::optional<NamedRun>> LoadRunOfTopic(RunStore& store, Clock& clock,
                                               const std::string& topic);

}  // namespace tillstream
