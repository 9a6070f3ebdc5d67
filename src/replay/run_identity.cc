#include "replay/run_identity.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "replay/partition_plan.h"

namespace tillstream {
namespace {

constexpr const char* kRemedy =
    "use the options and data that the run began with, or another --log or --topic";

/// Where a run begins is part of it; where it goes on is not, and on Kafka can be moved.
Status SameFrom(const RunIdentity& stored, const RunIdentity& current) {
  if (stored.from == current.from) return Ok();
  const bool is_on_kafka = stored.codec.empty();
  return MakeError(ErrorCode::kRefused, "run: began with --from d_{}, found d_{}; {}",
                   stored.from.value(), current.from.value(),
                   is_on_kafka
                       ? "leave it out and let tillstream position set move the run, or use "
                         "another --topic"
                       : kRemedy);
}

/// Compares the shifts alone: several dates lead to the same one.
Status SameRebase(const std::optional<Rebase>& stored, const std::optional<Rebase>& current) {
  if (WeeksOf(stored) == WeeksOf(current)) return Ok();
  if (!stored) {
    return MakeError(ErrorCode::kRefused,
                     "run: began without --rebase-to, found {}; leave it out, or use another --log "
                     "or --topic",
                     current->ToString());
  }
  if (!current) {
    return MakeError(ErrorCode::kRefused,
                     "run: began with --rebase-to {}, found none; --rebase-to today keeps the "
                     "run's dates, or use another --log or --topic",
                     stored->ToString());
  }
  return MakeError(ErrorCode::kRefused,
                   "run: began with --rebase-to {}, found {}; --rebase-to today keeps the run's "
                   "dates, or use another --log or --topic",
                   stored->ToString(), current->ToString());
}

template <typename T>
Status Same(const char* what, const T& stored, const T& current) {
  if (stored == current) return Ok();
  return MakeError(ErrorCode::kRefused, "run: began with {} {}, found {}; {}", what, stored,
                   current, kRemedy);
}

Status SameDays(const std::string& id, Date first_date, const StoreIdentity& stored,
                const StoreIdentity& current) {
  if (*stored.series_hash != *current.series_hash) {
    return MakeError(ErrorCode::kRefused,
                     "run: store {}: other series or another order ({} series, began with {}); {}",
                     id, WithThousands(current.series_count), WithThousands(stored.series_count),
                     kRemedy);
  }
  const size_t common = std::min(stored.day_hashes.size(), current.day_hashes.size());
  for (size_t i = 0; i < common; ++i) {
    if (stored.day_hashes[i] == current.day_hashes[i]) continue;
    return MakeError(ErrorCode::kRefused,
                     "run: store {}: d_{} ({}) differs from the data that the run began with; {}",
                     id, i + 1, FormatDate(first_date + std::chrono::days(i)), kRemedy);
  }
  if (current.day_hashes.size() < stored.day_hashes.size()) {
    return MakeError(ErrorCode::kRefused,
                     "run: store {}: the data ends at d_{}, began with data to d_{}; {}", id,
                     current.day_hashes.size(), stored.day_hashes.size(), kRemedy);
  }
  return Ok();
}

}  // namespace

RunIdentity IdentityOf(const Dataset& dataset, Day from, std::string codec,
                       int64_t segment_bytes_max) {
  RunIdentity identity;
  identity.from = from;
  identity.first_date = dataset.calendar->first_date();
  identity.codec = std::move(codec);
  identity.segment_bytes_max = segment_bytes_max;
  PartitionId next;
  for (const std::string& id : dataset.store_ids) {
    StoreIdentity& store = identity.stores[id];
    store.partition = next;
    store.number = next.value();
    ++next;
  }
  for (const auto& table : dataset.stores) {
    StoreIdentity& store = identity.stores[table->store_id()];
    store.series_hash = table->SeriesHash();
    store.series_count = static_cast<int64_t>(table->series().size());
    store.day_hashes.reserve(static_cast<size_t>(table->day_count()));
    for (Day day(1); day.value() <= table->day_count(); ++day) {
      store.day_hashes.push_back(table->DayHash(day));
    }
  }
  return identity;
}

Date EventDateOf(const RunIdentity& identity, Day day) {
  return identity.first_date + WeeksOf(identity.rebase) + std::chrono::days(day.value() - 1);
}

std::string StreamIdentity(const RunIdentity& identity, const std::string& store_id) {
  const StoreIdentity& store = identity.stores.at(store_id);
  const int64_t weeks = WeeksOf(identity.rebase).count();
  return fmt::format("d_{} of {} series {:016x}{}", identity.from.value(), store.series_count,
                     store.series_hash.value_or(0),
                     weeks == 0 ? "" : fmt::format(" moved by {} weeks", weeks));
}

namespace {

/// The first partition that nothing has.
PartitionId NextPartition(const RunIdentity& identity) {
  PartitionId next;
  for (const auto& [id, store] : identity.stores) next = std::max(next, store.partition + 1);
  for (const SizeClass& size_class : identity.classes) {
    for (const PartitionId partition : size_class.partitions) next = std::max(next, partition + 1);
  }
  return next;
}

void AddToClass(std::string_view name, PartitionId partition, std::vector<SizeClass>* classes) {
  const auto at = std::find_if(classes->begin(), classes->end(),
                               [&](const SizeClass& known) { return known.name == name; });
  SizeClass& size_class = at == classes->end() ? classes->emplace_back() : *at;
  size_class.name = name;
  size_class.partitions.push_back(partition);
}

}  // namespace

RunIdentity WithStoresOf(const RunIdentity& stored, const RunIdentity& current) {
  RunIdentity merged = stored;
  PartitionId next = NextPartition(stored);
  int32_t next_number = 0;
  for (const auto& [id, store] : stored.stores) {
    next_number = std::max(next_number, store.number + 1);
  }
  for (const auto& [id, store] : current.stores) {
    const auto [place, is_new] = merged.stores.try_emplace(id, store);
    if (is_new) {
      place->second.partition = next;
      place->second.number = next_number;
      if (!merged.classes.empty()) AddToClass(kClassAdded, next, &merged.classes);
      ++next;
      ++next_number;
    } else if (store.series_hash) {
      const StoreIdentity known = std::exchange(place->second, store);
      place->second.partition = known.partition;
      place->second.number = known.number;
    }
  }
  return merged;
}

Result<RunIdentity> Reconcile(const RunIdentity& stored, const RunIdentity& current) {
  TILLSTREAM_TRY(SameFrom(stored, current));
  TILLSTREAM_TRY(Same("a calendar whose d_1 is", FormatDate(stored.first_date),
                      FormatDate(current.first_date)));
  TILLSTREAM_TRY(SameRebase(stored.rebase, current.rebase));
  TILLSTREAM_TRY(Same("--plan", stored.plan, current.plan));
  TILLSTREAM_TRY(Same("--codec", stored.codec, current.codec));
  TILLSTREAM_TRY(Same("--segment-bytes", stored.segment_bytes_max, current.segment_bytes_max));
  if (stored.schemas != current.schemas) {
    return MakeError(ErrorCode::kRefused, "run: began with schema ids of {}, found those of {}; {}",
                     stored.schemas == kSchemasOfLog ? "the log" : "a registry",
                     current.schemas == kSchemasOfLog
                         ? "the log, since no --registry is given"
                         : "a registry, by --registry or SCHEMA_REGISTRY_URL",
                     kRemedy);
  }
  TILLSTREAM_TRY(Same("--subject", stored.subjects, current.subjects));
  if (current.sales_schema != SchemaId(0)) {
    TILLSTREAM_TRY(Same("schema id", stored.sales_schema.value(), current.sales_schema.value()));
    TILLSTREAM_TRY(
        Same("schema id of totals", stored.totals_schema.value(), current.totals_schema.value()));
  }
  TILLSTREAM_TRY(Same("--store-partitions", stored.store_partitions, current.store_partitions));
  for (const auto& [id, store] : stored.stores) {
    const auto found = current.stores.find(id);
    if (found == current.stores.end()) {
      return MakeError(ErrorCode::kRefused, "run: store {} is not in the data any more; {}", id,
                       kRemedy);
    }
    if (store.series_hash && found->second.series_hash) {
      TILLSTREAM_TRY(SameDays(id, stored.first_date, store, found->second));
    }
  }
  return WithStoresOf(stored, current);
}

}  // namespace tillstream
