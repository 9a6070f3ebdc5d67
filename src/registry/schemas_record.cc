#include "registry/schemas_record.h"

#include "base/json.h"
#include "registry/schema_reference.h"

namespace tillstream {
namespace {

/// `magic` is the version of the key's format.
std::string SchemaKey(const std::string& subject, int32_t version) {
  return DumpJson(
      Json{{"keytype", "SCHEMA"}, {"subject", subject}, {"version", version}, {"magic", 1}});
}

Json SubjectOrNull(const std::string& subject) {
  return subject.empty() ? Json(nullptr) : Json(subject);
}

std::string SettingKey(const char* kind, const std::string& subject) {
  return DumpJson(Json{{"keytype", kind}, {"subject", SubjectOrNull(subject)}, {"magic", 0}});
}

}  // namespace

SchemasRecord MakeSchemaRecord(const RegisteredSchema& registered, bool is_deleted) {
  Json value = {{"subject", registered.subject},
                {"version", registered.version},
                {"id", registered.id.value()}};
  if (registered.type != kAvroType) value["schemaType"] = registered.type;
  PutReferences(registered.references, &value);
  value["schema"] = registered.schema;
  value["deleted"] = is_deleted;
  return {SchemaKey(registered.subject, registered.version), DumpJson(value)};
}

SchemasRecord MakeSchemaTombstone(const std::string& subject, int32_t version) {
  return {SchemaKey(subject, version), std::nullopt};
}

SchemasRecord MakeDeleteSubjectRecord(const std::string& subject, int32_t version) {
  return {DumpJson(Json{{"keytype", "DELETE_SUBJECT"}, {"subject", subject}, {"magic", 0}}),
          DumpJson(Json{{"subject", subject}, {"version", version}})};
}

SchemasRecord MakeLevelRecord(const std::string& subject, std::optional<CompatibilityLevel> level) {
  SchemasRecord record{SettingKey("CONFIG", subject), std::nullopt};
  if (level) {
    record.value = DumpJson(Json{{"subject", SubjectOrNull(subject)},
                                 {"compatibilityLevel", CompatibilityLevelName(*level)}});
  }
  return record;
}

SchemasRecord MakeModeRecord(const std::string& subject, std::optional<SubjectMode> mode) {
  SchemasRecord record{SettingKey("MODE", subject), std::nullopt};
  if (mode) {
    record.value =
        DumpJson(Json{{"subject", SubjectOrNull(subject)}, {"mode", SubjectModeName(*mode)}});
  }
  return record;
}

}  // namespace tillstream
