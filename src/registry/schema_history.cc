#include "registry/schema_history.h"

#include <algorithm>
#include <limits>

#include "base/json.h"
#include "base/text.h"

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

}  // namespace

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
  return Ok();
}

Status SchemaHistory::ApplySchema(const RecordView& record, const std::string& subject,
                                  int32_t version) {
  if (!record.has_value) {  // deleted for good: the version goes, its id stays readable
    const auto gone = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) {
      return entry.registered.subject == subject && entry.registered.version == version;
    });
    if (gone == entries_.end()) return Ok();
    retired_.insert_or_assign(gone->registered.id, std::move(*gone));
    entries_.erase(gone);
    return Ok();
  }
  TILLSTREAM_ASSIGN(const Json value, ParseObject(record.value, "value"));
  Entry entry;
  entry.registered.subject = subject;
  entry.registered.version = version;
  entry.offset = record.offset;
  TILLSTREAM_ASSIGN(const int32_t id, Number(value, "id", "value"));
  entry.registered.id = SchemaId(id);
  TILLSTREAM_ASSIGN(entry.registered.schema, Text(value, "schema", "value"));
  entry.schema_type = "AVRO";
  if (const auto type = value.find("schemaType"); type != value.end() && type->is_string()) {
    entry.schema_type = type->get<std::string>();
  }
  if (const auto deleted = value.find("deleted"); deleted != value.end()) {
    if (!deleted->is_boolean()) {
      return MakeError(ErrorCode::kCorrupt, "value: \"deleted\" is {}, needed true or false",
                       DumpJson(*deleted));
    }
    entry.is_deleted = deleted->get<bool>();
  }
  const auto references = value.find("references");
  const bool has_references =
      references != value.end() && references->is_array() && !references->empty();
  if (entry.schema_type == "AVRO" && !has_references) {
    auto parsed = Schema::Parse(entry.registered.schema);
    if (!parsed) return Error{ErrorCode::kCorrupt, "value: " + parsed.error().message};
    entry.identity = parsed->ToJson();
    entry.parsed = std::move(*parsed);
  }
  if (const Entry* same = FindId(entry.registered.id);
      same != nullptr && same->parsed && entry.parsed &&
      same->parsed->CanonicalForm() != entry.parsed->CanonicalForm()) {
    return MakeError(ErrorCode::kCorrupt, "value: id {} is already another schema's",
                     entry.registered.id.value());
  }
  Put(std::move(entry));
  return Ok();
}

/// Deletes the versions up to the one named, softly.
Status SchemaHistory::ApplyDeleteSubject(const RecordView& record, const std::string& subject) {
  if (!record.has_value) return Ok();
  TILLSTREAM_ASSIGN(const Json value, ParseObject(record.value, "value"));
  TILLSTREAM_ASSIGN(const int32_t version, Number(value, "version", "value"));
  for (Entry& entry : entries_) {
    if (entry.registered.subject == subject && entry.registered.version <= version) {
      entry.is_deleted = true;
    }
  }
  return Ok();
}

/// A later record of the same subject and version takes the earlier one's place.
void SchemaHistory::Put(Entry entry) {
  id_max_ = std::max(id_max_, entry.registered.id);
  for (Entry& present : entries_) {
    if (present.registered.subject == entry.registered.subject &&
        present.registered.version == entry.registered.version) {
      if (present.registered.id != entry.registered.id) {
        retired_.insert_or_assign(present.registered.id, present);
      }
      present = std::move(entry);
      return;
    }
  }
  entries_.push_back(std::move(entry));
}

const SchemaHistory::Entry* SchemaHistory::Latest(const std::string& subject) const {
  const Entry* latest = nullptr;
  for (const Entry& entry : entries_) {
    if (entry.registered.subject == subject && !entry.is_deleted &&
        (latest == nullptr || entry.registered.version > latest->registered.version)) {
      latest = &entry;
    }
  }
  return latest;
}

const SchemaHistory::Entry* SchemaHistory::Find(const std::string& subject,
                                                const std::string& identity) const {
  for (const Entry& entry : entries_) {
    if (entry.registered.subject == subject && !entry.is_deleted && entry.identity == identity) {
      return &entry;
    }
  }
  return nullptr;
}

std::optional<SchemaId> SchemaHistory::IdOf(const std::string& identity) const {
  for (const Entry& entry : entries_) {
    if (entry.identity == identity) return entry.registered.id;
  }
  for (const auto& [id, entry] : retired_) {
    if (entry.identity == identity) return id;
  }
  return std::nullopt;
}

const SchemaHistory::Entry* SchemaHistory::FindId(SchemaId id) const {
  for (const Entry& entry : entries_) {
    if (entry.registered.id == id) return &entry;
  }
  const auto found = retired_.find(id);
  return found == retired_.end() ? nullptr : &found->second;
}

int32_t SchemaHistory::NextVersion(const std::string& subject) const {
  int32_t version_max = 0;
  for (const Entry& entry : entries_) {
    if (entry.registered.subject == subject) {
      version_max = std::max(version_max, entry.registered.version);
    }
  }
  return version_max + 1;
}

std::vector<RegisteredSchema> SchemaHistory::List() const {
  std::vector<RegisteredSchema> list;
  for (const Entry& entry : entries_) {
    if (!entry.is_deleted) list.push_back(entry.registered);
  }
  return list;
}

SchemaRecord MakeSchemaRecord(const RegisteredSchema& registered) {
  const Json key = {{"keytype", "SCHEMA"},
                    {"subject", registered.subject},
                    {"version", registered.version},
                    {"magic", 1}};
  const Json value = {{"subject", registered.subject},
                      {"version", registered.version},
                      {"id", registered.id.value()},
                      {"schema", registered.schema},
                      {"deleted", false}};
  return {DumpJson(key), DumpJson(value)};
}

}  // namespace tillstream
