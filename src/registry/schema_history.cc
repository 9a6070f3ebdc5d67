#include "registry/schema_history.h"

#include <algorithm>
#include <limits>

#include "base/json.h"
#include "base/text.h"
#include "registry/schema_reference.h"

namespace tillstream {
namespace {

/// A registry's key and value are flat; what is nested (metadata, references) is small.
constexpr int kRecordDepthMax = 32;

Result<Json> ParseObject(std::string_view text, const char* what) {
  auto json = ParseJson(text, kRecordDepthMax);
  if (!json) return Error{ErrorCode::kCorrupt, std::string(what) + ": " + json.error().message};
  if (!json->is_object()) {
    return MakeError(ErrorCode::kCorrupt, "{}: found {}, needed a JSON object", what, Quote(text));
  }
  return std::move(*json);
}

Result<std::string> Text(const Json& json, const char* key, const char* what) {
  const auto found = json.find(key);
  if (found == json.end() || !found->is_string()) {
    return MakeError(ErrorCode::kCorrupt, "{}: without a text {}", what, Quote(key));
  }
  return found->get<std::string>();
}

Result<int32_t> Number(const Json& json, const char* key, const char* what) {
  const auto found = json.find(key);
  if (found == json.end() || !found->is_number_integer() || *found < 1 ||
      *found > std::numeric_limits<int32_t>::max()) {
    return MakeError(ErrorCode::kCorrupt, "{}: without a number {} of 1 or more", what, Quote(key));
  }
  return found->get<int32_t>();
}

/// The subject that a setting is of: empty for that of all.
Result<std::string> SettingSubject(const Json& key) {
  const auto subject = key.find("subject");
  if (subject == key.end() || subject->is_null()) return std::string();
  return Text(key, "subject", "key");
}

/// Sets `settings[subject]` to what `key` of a setting's record says, or takes it back.
template <typename Value, typename FromName>
Status ApplySetting(const RecordView& record, const std::string& subject, const char* key,
                    FromName from_name, std::map<std::string, Value>* settings) {
  if (!record.has_value) {
    settings->erase(subject);
    return Ok();
  }
  TILLSTREAM_ASSIGN(const Json value, ParseObject(record.value, "value"));
  const auto found = value.find(key);
  if (found == value.end() || found->is_null()) {
    settings->erase(subject);
    return Ok();
  }
  TILLSTREAM_ASSIGN(const std::string name, Text(value, key, "value"));
  const auto setting = from_name(name);
  if (!setting) {
    return MakeError(ErrorCode::kCorrupt, "value: {} {} is not known", Quote(key), Quote(name));
  }
  settings->insert_or_assign(subject, *setting);
  return Ok();
}

/// Under a mode that is not known here, as Confluent's FORWARD, nothing is written.
std::optional<SubjectMode> ModeOfOthers(std::string_view name) {
  return SubjectModeFromName(name).value_or(SubjectMode::kReadOnly);
}

}  // namespace

std::string SchemaIdentity(const Schema& schema, const std::vector<SchemaReference>& references) {
  std::string identity = schema.ToJson();
  for (const SchemaReference& reference : references) {
    identity += fmt::format("\n{} {} {}", reference.name, reference.version, reference.subject);
  }
  return identity;
}

Status SchemaHistory::Apply(const RecordView& record) {
  if (!record.has_key) return MakeError(ErrorCode::kCorrupt, "key: found null, needed JSON");
  TILLSTREAM_ASSIGN(const Json key, ParseObject(record.key, "key"));
  TILLSTREAM_ASSIGN(const std::string kind, Text(key, "keytype", "key"));
  if (kind == "SCHEMA") {
    TILLSTREAM_ASSIGN(const std::string subject, Text(key, "subject", "key"));
    TILLSTREAM_ASSIGN(const int32_t version, Number(key, "version", "key"));
    return ApplySchema(record, subject, version);
  }
  if (kind == "DELETE_SUBJECT") {
    TILLSTREAM_ASSIGN(const std::string subject, Text(key, "subject", "key"));
    return ApplyDeleteSubject(record, subject);
  }
  if (kind == "CONFIG") {
    TILLSTREAM_ASSIGN(const std::string subject, SettingSubject(key));
    return ApplySetting(record, subject, "compatibilityLevel", CompatibilityLevelFromName,
                        &levels_);
  }
  if (kind == "MODE") {
    TILLSTREAM_ASSIGN(const std::string subject, SettingSubject(key));
    return ApplySetting(record, subject, "mode", ModeOfOthers, &modes_);
  }
  if (kind == "CLEAR_SUBJECT" && record.has_value) {
    TILLSTREAM_ASSIGN(const std::string subject, SettingSubject(key));
    ClearDeleted(subject);
  }
  return Ok();
}

Status SchemaHistory::ApplySchema(const RecordView& record, const std::string& subject,
                                  int32_t version) {
  if (!record.has_value) {  // deleted for good: the version goes, its id stays readable
    Remove(subject, version);
    return Ok();
  }
  TILLSTREAM_ASSIGN(const Json value, ParseObject(record.value, "value"));
  SubjectVersion entry;
  entry.version = version;
  entry.offset = record.offset;
  TILLSTREAM_ASSIGN(const int32_t id, Number(value, "id", "value"));
  entry.id = SchemaId(id);
  StoredSchema schema;
  TILLSTREAM_ASSIGN(schema.text, Text(value, "schema", "value"));
  schema.type = kAvroType;
  if (const auto type = value.find("schemaType"); type != value.end() && type->is_string()) {
    schema.type = type->get<std::string>();
  }
  if (const auto deleted = value.find("deleted"); deleted != value.end() && !deleted->is_null()) {
    if (!deleted->is_boolean()) {
      return MakeError(ErrorCode::kCorrupt, "value: \"deleted\" is {}, needed true or false",
                       DumpJson(*deleted));
    }
    entry.is_deleted = deleted->get<bool>();
  }
  // What is no list is passed over, like everything else that is not known here.
  if (const auto list = value.find("references"); list != value.end() && list->is_array()) {
    auto references = ReferencesOf(value);
    if (!references) return MakeError(ErrorCode::kCorrupt, "value: {}", references.error().message);
    schema.references = *std::move(references);
  }
  TILLSTREAM_ASSIGN(entry.schema, Store(entry.id, std::move(schema)));

  Remove(subject, version);
  ids_[entry.id].versions.emplace(subject, version);
  subjects_[subject].insert_or_assign(version, std::move(entry));
  return Ok();
}

/// Parses a schema, or says why not. One that cannot be read is kept all the same: other registries
/// have other types, and take texts that this parser, which is stricter, does not.
void SchemaHistory::ParseStored(StoredSchema* schema) const {
  if (schema->type != kAvroType) {
    schema->fault = "is of type " + schema->type;
    return;
  }
  std::vector<Schema> referenced;
  for (const SchemaReference& reference : schema->references) {
    const Versions* const versions = Find(reference.subject);
    const auto found =
        versions == nullptr ? Versions::const_iterator() : versions->find(reference.version);
    if (versions == nullptr || found == versions->end() || !found->second.schema->parsed) {
      schema->fault = "refers to schemas that are not here";
      return;
    }
    referenced.push_back(*found->second.schema->parsed);
  }
  auto parsed = Schema::Parse(schema->text, referenced);
  if (!parsed) {
    schema->fault = "cannot be read: " + parsed.error().message;
    return;
  }
  schema->identity = SchemaIdentity(*parsed, schema->references);
  schema->parsed = std::move(*parsed);
}

/// The schema under its id, parsed at its first record; the same one again for a further version.
Result<std::shared_ptr<const StoredSchema>> SchemaHistory::Store(SchemaId id, StoredSchema schema) {
  const auto known = ids_.find(id);
  if (known != ids_.end() && known->second.schema->text == schema.text &&
      known->second.schema->references == schema.references &&
      known->second.schema->type == schema.type) {
    return known->second.schema;
  }
  ParseStored(&schema);
  if (known != ids_.end() && known->second.schema->parsed && schema.parsed &&
      known->second.schema->parsed->CanonicalForm() != schema.parsed->CanonicalForm()) {
    return MakeError(ErrorCode::kCorrupt, "value: id {} is already another schema's", id.value());
  }
  id_max_ = std::max(id_max_, id);
  auto stored = std::make_shared<const StoredSchema>(std::move(schema));
  if (!stored->identity.empty()) id_by_identity_.try_emplace(stored->identity, id);
  ids_[id].schema = stored;
  return std::shared_ptr<const StoredSchema>(stored);
}

/// Takes the version away; its id stays known.
void SchemaHistory::Remove(const std::string& subject, int32_t version) {
  const auto versions = subjects_.find(subject);
  if (versions == subjects_.end()) return;
  const auto entry = versions->second.find(version);
  if (entry == versions->second.end()) return;
  ids_[entry->second.id].versions.erase({subject, version});
  versions->second.erase(entry);
  if (versions->second.empty()) subjects_.erase(versions);
}

/// Takes away what is softly deleted of the subject, or of all with the empty name: a registry that
/// begins to import writes this.
void SchemaHistory::ClearDeleted(const std::string& subject) {
  std::vector<std::pair<std::string, int32_t>> deleted;
  for (const auto& [name, versions] : subjects_) {
    if (!subject.empty() && name != subject) continue;
    for (const auto& [number, version] : versions) {
      if (version.is_deleted) deleted.emplace_back(name, number);
    }
  }
  for (const auto& [name, number] : deleted) Remove(name, number);
}

/// Deletes the versions up to the one named, softly.
Status SchemaHistory::ApplyDeleteSubject(const RecordView& record, const std::string& subject) {
  if (!record.has_value) return Ok();
  TILLSTREAM_ASSIGN(const Json value, ParseObject(record.value, "value"));
  TILLSTREAM_ASSIGN(const int32_t version, Number(value, "version", "value"));
  const auto versions = subjects_.find(subject);
  if (versions == subjects_.end()) return Ok();
  for (auto& [number, entry] : versions->second) {
    if (number <= version) entry.is_deleted = true;
  }
  return Ok();
}

const SchemaHistory::Versions* SchemaHistory::Find(const std::string& subject) const {
  const auto versions = subjects_.find(subject);
  return versions == subjects_.end() ? nullptr : &versions->second;
}

const SubjectVersion* SchemaHistory::Latest(const std::string& subject) const {
  const Versions* const versions = Find(subject);
  if (versions == nullptr) return nullptr;
  const auto latest = std::find_if(versions->rbegin(), versions->rend(),
                                   [](const auto& entry) { return !entry.second.is_deleted; });
  return latest == versions->rend() ? nullptr : &latest->second;
}

const SubjectVersion* SchemaHistory::FindSchema(const std::string& subject,
                                                const std::string& identity,
                                                bool with_deleted) const {
  const Versions* const versions = Find(subject);
  if (versions == nullptr) return nullptr;
  const auto found = std::find_if(versions->rbegin(), versions->rend(), [&](const auto& entry) {
    return entry.second.schema->identity == identity && (with_deleted || !entry.second.is_deleted);
  });
  return found == versions->rend() ? nullptr : &found->second;
}

std::optional<SchemaId> SchemaHistory::IdOf(const std::string& identity) const {
  const auto found = id_by_identity_.find(identity);
  if (found == id_by_identity_.end()) return std::nullopt;
  return found->second;
}

const StoredSchema* SchemaHistory::FindId(SchemaId id) const {
  const auto found = ids_.find(id);
  return found == ids_.end() ? nullptr : found->second.schema.get();
}

std::vector<std::pair<std::string, int32_t>> SchemaHistory::VersionsOf(SchemaId id) const {
  const auto found = ids_.find(id);
  if (found == ids_.end()) return {};
  return {found->second.versions.begin(), found->second.versions.end()};
}

std::vector<SchemaId> SchemaHistory::ReferencedBy(const std::string& subject,
                                                  int32_t version) const {
  std::set<SchemaId> ids;
  for (const auto& [name, versions] : subjects_) {
    for (const auto& [number, entry] : versions) {
      if (entry.is_deleted) continue;
      const auto& references = entry.schema->references;
      if (std::any_of(references.begin(), references.end(), [&](const SchemaReference& reference) {
            return reference.subject == subject && reference.version == version;
          })) {
        ids.insert(entry.id);
      }
    }
  }
  return {ids.begin(), ids.end()};
}

std::optional<SchemaId> SchemaHistory::NextId() const {
  if (id_max_.value() == std::numeric_limits<int32_t>::max()) return std::nullopt;
  return id_max_ + 1;
}

std::optional<int32_t> SchemaHistory::NextVersion(const std::string& subject) const {
  const Versions* const versions = Find(subject);
  const int32_t version_max = versions == nullptr ? 0 : versions->rbegin()->first;
  if (version_max == std::numeric_limits<int32_t>::max()) return std::nullopt;
  return version_max + 1;
}

std::optional<CompatibilityLevel> SchemaHistory::LevelOf(const std::string& subject) const {
  const auto found = levels_.find(subject);
  if (found == levels_.end()) return std::nullopt;
  return found->second;
}

std::optional<SubjectMode> SchemaHistory::ModeOf(const std::string& subject) const {
  const auto found = modes_.find(subject);
  if (found == modes_.end()) return std::nullopt;
  return found->second;
}

CompatibilityLevel SchemaHistory::LevelFor(const std::string& subject) const {
  return LevelOf(subject).value_or(LevelOf("").value_or(CompatibilityLevel::kBackward));
}

SubjectMode SchemaHistory::ModeFor(const std::string& subject) const {
  const SubjectMode global = ModeOf("").value_or(SubjectMode::kReadWrite);
  if (global == SubjectMode::kReadOnlyOverride) return global;
  return ModeOf(subject).value_or(global);
}

}  // namespace tillstream
