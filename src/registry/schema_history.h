#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "avro/schema.h"
#include "base/result.h"
#include "log/record_block.h"
#include "registry/schema_registry.h"

namespace tillstream {

/// What the records of a `_schemas` topic say, applied one after the other. Plain state, no I/O.
/// Not thread safe.
class SchemaHistory {
 public:
  /// A version of a subject.
  struct Entry {
    RegisteredSchema registered;
    std::string schema_type;       ///< "AVRO", or a kind that is not read here.
    std::optional<Schema> parsed;  ///< Avro that refers to no other subject.
    std::string identity;          ///< Schema::ToJson() of `parsed`; empty without it.
    Offset offset;                 ///< Of its latest record.
    bool is_deleted = false;       ///< Softly: not offered any more, still found by id.
  };

  /// Applies the next record. Unknown kinds of keys are passed over, since other programs may keep
  /// theirs here. kCorrupt when the record is none of this topic.
  Status Apply(const RecordView& record);

  /// The version of `subject` with the highest number that is not deleted; null without one.
  const Entry* Latest(const std::string& subject) const;

  /// The version of `subject` that is this schema and not deleted; null without one.
  const Entry* Find(const std::string& subject, const std::string& identity) const;

  /// The id that the schema has under any subject, also a deleted one.
  std::optional<SchemaId> IdOf(const std::string& identity) const;

  /// Any entry with this id; null when there was none.
  const Entry* FindId(SchemaId id) const;

  SchemaId NextId() const { return id_max_ + 1; }
  int32_t NextVersion(const std::string& subject) const;

  /// The versions that are not deleted, in the order of their registration.
  std::vector<RegisteredSchema> List() const;

 private:
  Status ApplySchema(const RecordView& record, const std::string& subject, int32_t version);
  Status ApplyDeleteSubject(const RecordView& record, const std::string& subject);
  void Put(Entry entry);

  std::vector<Entry> entries_;         ///< By first registration.
  std::map<SchemaId, Entry> retired_;  ///< Last entry of ids that no version has any more.
  SchemaId id_max_;
};

/// The record that registers a version, as Confluent's registry writes it.
struct SchemaRecord {
  std::string key;
  std::string value;
};
SchemaRecord MakeSchemaRecord(const RegisteredSchema& registered);

}  // namespace tillstream
