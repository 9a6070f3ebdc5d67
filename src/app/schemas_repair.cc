#include "app/schemas_repair.h"

#include <algorithm>
#include <map>
#include <optional>

#include "log/partition_walk.h"
#include "registry/schema_history.h"
#include "registry/schemas_record.h"
#include "registry/schemas_topic.h"

namespace tillstream {
namespace {

TopicPartition SchemasPartition() { return {std::string(kSchemasTopic), PartitionId(0)}; }

/// Records by their damaged offsets.
using Assignment = std::map<Offset, SchemasRecord>;

/// A record of the topic, or `count` damaged ones.
struct Stretch {
  Offset offset;
  Offset segment_base;
  bool is_damaged = false;
  std::optional<int64_t> count;  ///< None behind the last whole record.
  std::string key;
  std::string value;
  bool has_value = false;
};

/// Everything that stands in the topic, an unfinished end aside.
Result<std::vector<Stretch>> ReadStretches(const SegmentLog& log) {
  std::vector<Stretch> stretches;
  TILLSTREAM_TRY(WalkPartition(log, SchemasPartition(), [&](const WalkedBatch& batch) {
    if (batch.condition == BatchCondition::kUnfinished) return true;
    if (!stretches.empty() && stretches.back().is_damaged && !stretches.back().count) {
      const bool is_same = batch.segment_base == stretches.back().segment_base;
      stretches.back().count =
          (is_same ? batch.expected_offset : batch.segment_base) - stretches.back().offset;
    }
    if (batch.condition == BatchCondition::kDamaged) {
      stretches.push_back(
          {batch.expected_offset, batch.segment_base, true, std::nullopt, "", "", false});
      return true;
    }
    for (const RecordView& record : batch.records) {
      stretches.push_back({record.offset, batch.segment_base, false, 1, std::string(record.key),
                           std::string(record.value), record.has_value});
    }
    return true;
  }));
  return stretches;
}

/// Finds out which registrations the damaged records are.
class RegistrationProof {
 public:
  explicit RegistrationProof(std::vector<RunRegistration> own) : own_(std::move(own)) {}

  /// The record of each damaged offset; empty when that is not certain.
  Result<Assignment> Assign(const SegmentLog& log) {
    TILLSTREAM_ASSIGN(const std::vector<Stretch> stretches, ReadStretches(log));
    TILLSTREAM_ASSIGN(std::vector<RunRegistration> missing, Missing(stretches));
    int64_t unassigned = static_cast<int64_t>(missing.size());
    for (const Stretch& stretch : stretches) {
      if (stretch.is_damaged) unassigned -= stretch.count.value_or(0);
    }
    const bool is_open = !stretches.empty() && !stretches.back().count;
    // Behind the last whole record their number shows in their size alone.
    if (is_open ? unassigned < 1 : unassigned != 0) return Assignment();
    return AssignTo(stretches, missing, unassigned);
  }

 private:
  static RecordView ViewOf(const Stretch& stretch) {
    RecordView record;
    record.offset = stretch.offset;
    record.key = stretch.key;
    record.value = stretch.value;
    record.has_value = stretch.has_value;
    return record;
  }

  static Status Apply(const RecordView& record, SchemaHistory* history) {
    const Status applied = history->Apply(record);
    if (applied) return Ok();
    return applied.error().At(
        fmt::format("{}: offset {}", SchemasPartition().ToString(), record.offset.value()));
  }

  static bool Has(const SchemaHistory& history, const RunRegistration& registration) {
    const auto versions = history.VersionsOf(registration.id);
    return std::any_of(versions.begin(), versions.end(),
                       [&](const auto& version) { return version.first == registration.subject; });
  }

  /// Those of the run that no whole record is. One that was deleted later was there, too.
  Result<std::vector<RunRegistration>> Missing(const std::vector<Stretch>& stretches) const {
    std::vector<RunRegistration> missing = own_;
    SchemaHistory history;
    for (const Stretch& stretch : stretches) {
      if (stretch.is_damaged) continue;
      TILLSTREAM_TRY(Apply(ViewOf(stretch), &history));
      std::erase_if(missing, [&](const auto& registration) { return Has(history, registration); });
    }
    return missing;
  }

  /// The missing ones in their order at the damaged offsets, as far as each is what a run would
  /// have registered there.
  static Result<Assignment> AssignTo(const std::vector<Stretch>& stretches,
                                     const std::vector<RunRegistration>& missing,
                                     int64_t open_count) {
    Assignment records;
    SchemaHistory history;
    auto next = missing.begin();
    for (const Stretch& stretch : stretches) {
      if (!stretch.is_damaged) {
        TILLSTREAM_TRY(Apply(ViewOf(stretch), &history));
        continue;
      }
      for (int64_t i = 0; i < stretch.count.value_or(open_count); ++i, ++next) {
        const auto record = RecordOf(*next, history);
        if (!record) return Assignment();
        const Offset offset = stretch.offset + i;
        RecordView view;
        view.offset = offset;
        view.key = record->key;
        view.value = *record->value;
        TILLSTREAM_TRY(Apply(view, &history));
        records.emplace(offset, *record);
      }
    }
    return records;
  }

  static std::optional<SchemasRecord> RecordOf(const RunRegistration& registration,
                                               const SchemaHistory& history) {
    const auto known = history.IdOf(SchemaIdentity(registration.schema, {}));
    const auto id = known ? known : history.NextId();
    const auto version = history.NextVersion(registration.subject);
    if (id != registration.id || !version) return std::nullopt;
    RegisteredSchema registered;
    registered.id = registration.id;
    registered.subject = registration.subject;
    registered.version = *version;
    registered.schema = registration.schema.ToJson();
    return MakeSchemaRecord(registered);
  }

  const std::vector<RunRegistration> own_;
};

}  // namespace

Result<RepairReport> RepairSchemasTopic(const SegmentLog& log, const std::string& holder,
                                        std::vector<RunRegistration> own, Timestamp timestamp) {
  RegistrationProof proof(std::move(own));
  // Looked for when the first damage is met: the writer's lock is held then.
  std::optional<Assignment> records;
  const auto regenerate = [&](Offset offset, RecordBlock* block) -> Status {
    if (!records) {
      TILLSTREAM_ASSIGN(records, proof.Assign(log));
    }
    const auto record = records->find(offset);
    if (record == records->end()) {
      return MakeError(ErrorCode::kNotFound, "offset {}", offset.value());
    }
    block->Clear(timestamp);
    block->Append(record->second.key, *record->second.value);
    return Ok();
  };
  return RepairPartition(log, SchemasPartition(), holder, regenerate, [](Offset offset) {
    return MakeError(ErrorCode::kCorrupt,
                     "{} offset {}: not a registration of this run; restore {} from a copy",
                     SchemasPartition().ToString(), offset.value(), SchemasPartition().ToString());
  });
}

}  // namespace tillstream
