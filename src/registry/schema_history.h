#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "avro/schema.h"
#include "base/result.h"
#include "log/record_block.h"
#include "registry/registered_schema.h"

namespace tillstream {

/// A schema as some version has it. Immutable; versions of several subjects may share one.
struct StoredSchema {
  std::string text;
  std::string type;
  std::vector<SchemaReference> references;
  std::optional<Schema> parsed;
  std::string fault;  ///< Why it is not parsed, e.g. `is of type PROTOBUF`; empty when it is.
  /// What makes two schemas the same: SchemaIdentity() of `parsed`; empty without it.
  std::string identity;
};

/// Equal for schemas that get one id: the printed text, and the references that it leans on.
std::string SchemaIdentity(const Schema& schema, const std::vector<SchemaReference>& references);

/// A version of a subject.
struct SubjectVersion {
  SchemaId id;
  int32_t version = 0;
  std::shared_ptr<const StoredSchema> schema;
  Offset offset;            ///< Of its latest record.
  bool is_deleted = false;  ///< Softly: not offered any more, still found by id.
};

/// What the records of a `_schemas` topic say, applied one after the other. Plain state, no I/O.
/// Not thread safe.
class SchemaHistory {
 public:
  using Versions = std::map<int32_t, SubjectVersion>;

  /// Applies the next record. Unknown kinds of keys are passed over, since other programs may keep
  /// theirs here. kCorrupt when the record is none of this topic.
  Status Apply(const RecordView& record);

  /// All subjects with the versions that were not deleted for good.
  const std::map<std::string, Versions>& subjects() const { return subjects_; }

  /// The versions of `subject`; null when it never had one, or all are deleted for good.
  const Versions* Find(const std::string& subject) const;

  /// The version of `subject` with the highest number that is not deleted; null without one.
  const SubjectVersion* Latest(const std::string& subject) const;

  /// The latest version of `subject` that is the schema `identity`; null without one.
  const SubjectVersion* FindSchema(const std::string& subject, const std::string& identity,
                                   bool with_deleted = false) const;

  /// The id that the schema has under any subject, also a deleted one.
  std::optional<SchemaId> IdOf(const std::string& identity) const;

  /// The schema with this id, also a deleted one; null when the id was never given.
  const StoredSchema* FindId(SchemaId id) const;

  /// Subjects and versions that have the id, deleted ones among them.
  std::vector<std::pair<std::string, int32_t>> VersionsOf(SchemaId id) const;

  /// Ids of the schemas that refer to this version, softly deleted ones aside; ascending.
  std::vector<SchemaId> ReferencedBy(const std::string& subject, int32_t version) const;

  int64_t id_count() const { return static_cast<int64_t>(ids_.size()); }

  /// One behind the highest; none when there is no higher number.
  std::optional<SchemaId> NextId() const;
  /// The same. Softly deleted versions count, those deleted for good do not.
  std::optional<int32_t> NextVersion(const std::string& subject) const;

  /// The setting of one subject, or of all for the empty name; none where there is no own one.
  std::optional<CompatibilityLevel> LevelOf(const std::string& subject) const;
  std::optional<SubjectMode> ModeOf(const std::string& subject) const;

  /// What holds for a subject: its own setting, else that of all, else BACKWARD and READWRITE. A
  /// READONLY_OVERRIDE of all goes before a subject's own mode.
  CompatibilityLevel LevelFor(const std::string& subject) const;
  SubjectMode ModeFor(const std::string& subject) const;

 private:
  struct IdEntry {
    std::shared_ptr<const StoredSchema> schema;
    std::set<std::pair<std::string, int32_t>> versions;
  };

  Status ApplySchema(const RecordView& record, const std::string& subject, int32_t version);
  Status ApplyDeleteSubject(const RecordView& record, const std::string& subject);
  void Remove(const std::string& subject, int32_t version);
  void ClearDeleted(const std::string& subject);
  void ParseStored(StoredSchema* schema) const;
  Result<std::shared_ptr<const StoredSchema>> Store(SchemaId id, StoredSchema schema);

  std::map<std::string, Versions> subjects_;
  std::map<SchemaId, IdEntry> ids_;
  std::unordered_map<std::string, SchemaId> id_by_identity_;
  std::map<std::string, CompatibilityLevel> levels_;
  std::map<std::string, SubjectMode> modes_;
  SchemaId id_max_;
};

}  // namespace tillstream
