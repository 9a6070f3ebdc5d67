#include "web/registry_routes.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "base/text.h"
#include "registry/registry_error.h"
#include "registry/schema_reference.h"

namespace tillstream {
namespace {

using Answer = Result<RegistryAnswer>;

Answer Reply(Json json) { return RegistryAnswer{std::move(json), ""}; }

DeletedFilter FilterOf(const QueryParameters& query) {
  if (query.Flag("deletedOnly")) return DeletedFilter::kOnly;
  return query.Flag("deleted") ? DeletedFilter::kWith : DeletedFilter::kWithout;
}

/// The members that say what kind of schema it is; Avro without references goes without saying.
void AddKind(const RegisteredSchema& registered, Json* json) {
  if (registered.type != kAvroType) (*json)["schemaType"] = registered.type;
  PutReferences(registered.references, json);
}

Json VersionJson(const RegisteredSchema& registered) {
  Json json = {{"subject", registered.subject},
               {"version", registered.version},
               {"id", registered.id.value()}};
  AddKind(registered, &json);
  json["schema"] = registered.schema;
  return json;
}

Json IdsJson(const std::vector<SchemaId>& ids) {
  Json list = Json::array();
  for (const SchemaId id : ids) list.push_back(id.value());
  return list;
}

/// A whole number that may be left out, or stand as null.
Result<std::optional<int32_t>> OptionalNumber(const Json& body, const char* key) {
  const auto found = body.find(key);
  if (found == body.end() || found->is_null()) return std::optional<int32_t>();
  const bool is_huge = found->is_number_unsigned() &&
                       found->get<uint64_t>() > uint64_t{std::numeric_limits<int32_t>::max()};
  if (!found->is_number_integer() || is_huge || *found < std::numeric_limits<int32_t>::min()) {
    return RegistryError(RegistryCode::kInvalidSchema, "{}: found {}, needed a whole number",
                         Quote(key), Quote(DumpJson(*found)));
  }
  return std::optional(found->get<int32_t>());
}

Result<std::string> Text(const Json& body, const char* key) {
  const auto found = body.find(key);
  if (found == body.end() || found->is_null()) {
    return RegistryError(RegistryCode::kInvalidSchema, "without {}", Quote(key));
  }
  if (!found->is_string()) {
    return RegistryError(RegistryCode::kInvalidSchema, "{}: found {}, needed a text", Quote(key),
                         Quote(DumpJson(*found)));
  }
  return found->get<std::string>();
}

/// What a registration holds that this registry could not give back.
Status RefuseUnkept(const Json& body) {
  for (const char* key : {"metadata", "ruleSet"}) {
    const auto found = body.find(key);
    if (found == body.end() || found->is_null() || found->empty()) continue;
    return RegistryError(RegistryCode::kInvalidSchema, "{} is not kept by this registry",
                         Quote(key));
  }
  return Ok();
}

Result<SchemaText> PostedSchema(const RegistryCall& call) {
  const Json body = call.body.is_null() ? Json::object() : call.body;
  SchemaText posted;
  TILLSTREAM_ASSIGN(posted.text, Text(body, "schema"));
  if (const auto type = body.find("schemaType"); type != body.end() && !type->is_null()) {
    TILLSTREAM_ASSIGN(posted.type, Text(body, "schemaType"));
  }
  TILLSTREAM_TRY(RefuseUnkept(body));
  auto references = ReferencesOf(body);
  if (!references) {
    return RegistryError(RegistryCode::kInvalidSchema, "{}", references.error().message);
  }
  posted.references = *std::move(references);
  return posted;
}

/// What is no number is no path of the API.
Result<SchemaId> IdOf(const RegistryCall& call) {
  if (const auto id = IdInPath(call.segments)) return *id;
  return Error{ErrorCode::kNotFound, Quote(call.segments[2]) + " is not an id", 404};
}

Answer Root(RegistryCall&) { return Reply(Json::object()); }
Answer Types(RegistryCall&) { return Reply(Json::array({kAvroType})); }
Answer Contexts(RegistryCall&) { return Reply(Json::array({"."})); }

Answer SchemaById(RegistryCall& call) {
  TILLSTREAM_ASSIGN(const SchemaId id, IdOf(call));
  TILLSTREAM_ASSIGN(const RegisteredSchema found, call.store.FindId(id));
  Json json = Json::object();
  AddKind(found, &json);
  json["schema"] = found.schema;
  return Reply(std::move(json));
}

Answer SchemaTextById(RegistryCall& call) {
  TILLSTREAM_ASSIGN(const SchemaId id, IdOf(call));
  TILLSTREAM_ASSIGN(RegisteredSchema found, call.store.FindId(id));
  return RegistryAnswer{{}, std::move(found.schema)};
}

Answer SubjectsOfId(RegistryCall& call) {
  TILLSTREAM_ASSIGN(const SchemaId id, IdOf(call));
  TILLSTREAM_ASSIGN(const auto versions, call.store.VersionsOf(id, call.query.Flag("deleted")));
  Json list = Json::array();
  for (const auto& [subject, version] : versions) {
    if (list.empty() || list.back() != subject) list.push_back(subject);
  }
  return Reply(std::move(list));
}

Answer VersionsOfId(RegistryCall& call) {
  TILLSTREAM_ASSIGN(const SchemaId id, IdOf(call));
  TILLSTREAM_ASSIGN(const auto versions, call.store.VersionsOf(id, call.query.Flag("deleted")));
  Json list = Json::array();
  for (const auto& [subject, version] : versions) {
    list.push_back({{"subject", subject}, {"version", version}});
  }
  return Reply(std::move(list));
}

/// The part of a list that `offset` and `limit` ask for.
Result<std::pair<size_t, size_t>> PageOf(const QueryParameters& query, size_t count) {
  const auto number = [&](std::string_view name) -> Result<int32_t> {
    const auto text = query.Find(name);
    int32_t value = name == "offset" ? 0 : -1;
    if (!text || text->empty()) return value;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
    if (error == std::errc() && end == text->data() + text->size()) return value;
    return Error{ErrorCode::kNotFound, fmt::format("{}: {} is not a number", name, Quote(*text)),
                 404};
  };
  TILLSTREAM_ASSIGN(const int32_t offset, number("offset"));
  TILLSTREAM_ASSIGN(const int32_t limit, number("limit"));
  const size_t begin = std::min(count, static_cast<size_t>(std::max(offset, 0)));
  const size_t size = limit < 0 ? count - begin : static_cast<size_t>(limit);
  return std::pair(begin, std::min(count, begin + size));
}

Answer ListSchemas(RegistryCall& call) {
  const std::string prefix(call.query.Find("subjectPrefix").value_or(""));
  TILLSTREAM_ASSIGN(const auto schemas, call.store.List(prefix, call.query.Flag("deleted"),
                                                        call.query.Flag("latestOnly")));
  TILLSTREAM_ASSIGN(const auto page, PageOf(call.query, schemas.size()));
  Json list = Json::array();
  for (size_t i = page.first; i < page.second; ++i) list.push_back(VersionJson(schemas[i]));
  return Reply(std::move(list));
}

Answer ListSubjects(RegistryCall& call) {
  const std::string prefix(call.query.Find("subjectPrefix").value_or(""));
  TILLSTREAM_ASSIGN(const auto subjects, call.store.Subjects(prefix, FilterOf(call.query)));
  TILLSTREAM_ASSIGN(const auto page, PageOf(call.query, subjects.size()));
  Json list = Json::array();
  for (size_t i = page.first; i < page.second; ++i) list.push_back(subjects[i]);
  return Reply(std::move(list));
}

Answer LookUp(RegistryCall& call) {
  TILLSTREAM_ASSIGN(const SchemaText posted, PostedSchema(call));
  TILLSTREAM_ASSIGN(const RegisteredSchema found,
                    call.store.Lookup(call.segments[1], posted, call.query.Flag("normalize"),
                                      call.query.Flag("deleted")));
  return Reply(VersionJson(found));
}

Answer DeleteSubject(RegistryCall& call) {
  TILLSTREAM_ASSIGN(const auto versions,
                    call.store.DeleteSubject(call.segments[1], call.query.Flag("permanent")));
  return Reply(versions);
}

Answer ListVersions(RegistryCall& call) {
  TILLSTREAM_ASSIGN(const auto versions,
                    call.store.Versions(call.segments[1], FilterOf(call.query)));
  return Reply(versions);
}

Answer Register(RegistryCall& call) {
  TILLSTREAM_ASSIGN(const SchemaText posted, PostedSchema(call));
  ImportedNumbers numbers;
  TILLSTREAM_ASSIGN(const auto id, OptionalNumber(call.body, "id"));
  if (id && *id > 0) numbers.id = SchemaId(*id);
  TILLSTREAM_ASSIGN(const auto version, OptionalNumber(call.body, "version"));
  if (numbers.id && version && *version > 0) numbers.version = *version;
  TILLSTREAM_ASSIGN(
      const RegisteredSchema registered,
      call.store.Register(call.segments[1], posted, call.query.Flag("normalize"), numbers));
  return Reply({{"id", registered.id.value()}});
}

Result<RegisteredSchema> FindVersion(RegistryCall& call) {
  TILLSTREAM_ASSIGN(const VersionNumber version, ParseVersionNumber(call.segments[3]));
  return call.store.Version(call.segments[1], version, call.query.Flag("deleted"));
}

Answer OneVersion(RegistryCall& call) {
  TILLSTREAM_ASSIGN(const RegisteredSchema found, FindVersion(call));
  return Reply(VersionJson(found));
}

Answer VersionText(RegistryCall& call) {
  TILLSTREAM_ASSIGN(RegisteredSchema found, FindVersion(call));
  return RegistryAnswer{{}, std::move(found.schema)};
}

Answer ReferencedBy(RegistryCall& call) {
  TILLSTREAM_ASSIGN(const VersionNumber version, ParseVersionNumber(call.segments[3]));
  TILLSTREAM_ASSIGN(const auto ids, call.store.ReferencedBy(call.segments[1], version));
  return Reply(IdsJson(ids));
}

Answer DeleteVersion(RegistryCall& call) {
  TILLSTREAM_ASSIGN(const VersionNumber version, ParseVersionNumber(call.segments[3]));
  TILLSTREAM_ASSIGN(const int32_t deleted, call.store.DeleteVersion(call.segments[1], version,
                                                                    call.query.Flag("permanent")));
  return Reply(deleted);
}

Answer Verdict(const RegistryCall& call, const std::vector<std::string>& reasons) {
  Json json = {{"is_compatible", reasons.empty()}};
  if (call.query.Flag("verbose")) json["messages"] = reasons;
  return Reply(std::move(json));
}

Answer CheckVersion(RegistryCall& call) {
  TILLSTREAM_ASSIGN(const VersionNumber version, ParseVersionNumber(call.segments[4]));
  TILLSTREAM_ASSIGN(const SchemaText posted, PostedSchema(call));
  TILLSTREAM_ASSIGN(const auto reasons, call.store.Check(call.segments[2], version, posted,
                                                         call.query.Flag("normalize")));
  return Verdict(call, reasons);
}

Answer CheckSubjectVersions(RegistryCall& call) {
  TILLSTREAM_ASSIGN(const SchemaText posted, PostedSchema(call));
  TILLSTREAM_ASSIGN(const auto reasons,
                    call.store.CheckAll(call.segments[2], posted, call.query.Flag("normalize")));
  return Verdict(call, reasons);
}

/// The subject of a setting's path: empty for that of all, which has a path of its own.
Result<std::string> SettingSubject(const RegistryCall& call) {
  if (call.segments.size() < 2) return std::string();
  if (call.segments[1].empty()) TILLSTREAM_TRY(CheckSubject(call.segments[1]));
  return call.segments[1];
}

Answer GetLevel(RegistryCall& call) {
  TILLSTREAM_ASSIGN(const std::string subject, SettingSubject(call));
  TILLSTREAM_ASSIGN(const CompatibilityLevel level,
                    call.store.Level(subject, call.query.Flag("defaultToGlobal")));
  return Reply({{"compatibilityLevel", CompatibilityLevelName(level)}});
}

Answer PutLevel(RegistryCall& call) {
  TILLSTREAM_ASSIGN(const std::string subject, SettingSubject(call));
  const auto found = call.body.find("compatibility");
  const std::string name =
      found != call.body.end() && found->is_string() ? found->get<std::string>() : "";
  const auto level = CompatibilityLevelFromName(name);
  if (!level) {
    return RegistryError(RegistryCode::kInvalidLevel,
                         "\"compatibility\": {} is not a level; needed NONE, BACKWARD, FORWARD, "
                         "FULL or one of these with _TRANSITIVE",
                         Quote(name));
  }
  TILLSTREAM_TRY(call.store.SetLevel(subject, *level));
  return Reply({{"compatibility", CompatibilityLevelName(*level)}});
}

Answer DeleteLevel(RegistryCall& call) {
  TILLSTREAM_ASSIGN(const std::string subject, SettingSubject(call));
  TILLSTREAM_ASSIGN(const CompatibilityLevel level, call.store.DeleteLevel(subject));
  return Reply({{"compatibilityLevel", CompatibilityLevelName(level)}});
}

Answer GetMode(RegistryCall& call) {
  TILLSTREAM_ASSIGN(const std::string subject, SettingSubject(call));
  TILLSTREAM_ASSIGN(const SubjectMode mode,
                    call.store.Mode(subject, call.query.Flag("defaultToGlobal")));
  return Reply({{"mode", SubjectModeName(mode)}});
}

Answer PutMode(RegistryCall& call) {
  TILLSTREAM_ASSIGN(const std::string subject, SettingSubject(call));
  const auto found = call.body.find("mode");
  const std::string name =
      found != call.body.end() && found->is_string() ? found->get<std::string>() : "";
  const auto mode = SubjectModeFromName(name);
  if (!mode) {
    return RegistryError(
        RegistryCode::kInvalidMode,
        "\"mode\": {} is not a mode; needed READWRITE, READONLY, READONLY_OVERRIDE or IMPORT",
        Quote(name));
  }
  TILLSTREAM_TRY(call.store.SetMode(subject, *mode, call.query.Flag("force")));
  return Reply({{"mode", SubjectModeName(*mode)}});
}

Answer DeleteMode(RegistryCall& call) {
  TILLSTREAM_ASSIGN(const std::string subject, SettingSubject(call));
  TILLSTREAM_ASSIGN(const SubjectMode mode, call.store.DeleteMode(subject));
  return Reply({{"mode", SubjectModeName(mode)}});
}

}  // namespace

const std::vector<RegistryRoute>& RegistryRoutes() {
  constexpr bool kWrite = true;
  constexpr auto kMemory = RouteCost::kMemory;
  constexpr auto kKnownId = RouteCost::kKnownId;
  constexpr auto kDisk = RouteCost::kDisk;
  static const std::vector<RegistryRoute> kRoutes = {
      {"GET", "/", false, kMemory, Root},
      {"GET", "/contexts", false, kMemory, Contexts},
      {"GET", "/schemas/types", false, kMemory, Types},
      {"GET", "/schemas", false, kDisk, ListSchemas},
      {"GET", "/schemas/ids/*", false, kKnownId, SchemaById},
      {"GET", "/schemas/ids/*/schema", false, kKnownId, SchemaTextById},
      {"GET", "/schemas/ids/*/subjects", false, kDisk, SubjectsOfId},
      {"GET", "/schemas/ids/*/versions", false, kDisk, VersionsOfId},
      {"GET", "/subjects", false, kDisk, ListSubjects},
      {"POST", "/subjects/*", false, kDisk, LookUp},
      {"DELETE", "/subjects/*", kWrite, kDisk, DeleteSubject},
      {"GET", "/subjects/*/versions", false, kDisk, ListVersions},
      {"POST", "/subjects/*/versions", kWrite, kDisk, Register},
      {"GET", "/subjects/*/versions/*", false, kDisk, OneVersion},
      {"DELETE", "/subjects/*/versions/*", kWrite, kDisk, DeleteVersion},
      {"GET", "/subjects/*/versions/*/schema", false, kDisk, VersionText},
      {"GET", "/subjects/*/versions/*/referencedby", false, kDisk, ReferencedBy},
      {"POST", "/compatibility/subjects/*/versions", false, kDisk, CheckSubjectVersions},
      {"POST", "/compatibility/subjects/*/versions/*", false, kDisk, CheckVersion},
      {"GET", "/config", false, kDisk, GetLevel},
      {"PUT", "/config", kWrite, kDisk, PutLevel},
      {"DELETE", "/config", kWrite, kDisk, DeleteLevel},
      {"GET", "/config/*", false, kDisk, GetLevel},
      {"PUT", "/config/*", kWrite, kDisk, PutLevel},
      {"DELETE", "/config/*", kWrite, kDisk, DeleteLevel},
      {"GET", "/mode", false, kDisk, GetMode},
      {"PUT", "/mode", kWrite, kDisk, PutMode},
      {"DELETE", "/mode", kWrite, kDisk, DeleteMode},
      {"GET", "/mode/*", false, kDisk, GetMode},
      {"PUT", "/mode/*", kWrite, kDisk, PutMode},
      {"DELETE", "/mode/*", kWrite, kDisk, DeleteMode},
  };
  return kRoutes;
}

std::optional<SchemaId> IdInPath(const std::vector<std::string>& segments) {
  if (segments.size() < 3) return std::nullopt;
  const std::string& text = segments[2];
  int32_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return SchemaId(id);
}

bool RouteFits(const RegistryRoute& route, const std::vector<std::string>& segments) {
  std::string_view path = route.path;
  if (path == "/") return segments.empty();
  for (const std::string& segment : segments) {
    if (path.empty()) return false;
    const size_t end = path.find('/', 1);
    const std::string_view wanted = path.substr(1, end == path.npos ? end : end - 1);
    if (wanted != "*" && wanted != segment) return false;
    path = end == path.npos ? std::string_view() : path.substr(end);
  }
  return path.empty();
}

}  // namespace tillstream
