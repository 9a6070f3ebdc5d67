#include "registry/rest_registry.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <utility>

#include "base/text.h"
#include "registry/registry_error.h"

namespace tillstream {
namespace {

/// Schemas that refer to schemas: deeper nests, and more in all, are nobody's.
constexpr int kReferenceDepthMax = 16;
constexpr size_t kReferencesMax = 200;

/// Reasons of one verdict that are repeated: more are read by nobody.
constexpr size_t kReasonsMax = 100;

std::string SchemaBody(const Schema& schema) { return DumpJson(Json{{"schema", schema.ToJson()}}); }

/// Fetches the schemas that one schema leans on, each once.
class ReferenceFetch {
 public:
  explicit ReferenceFetch(RestClient& client) : client_(client) {}

  /// The schemas that `reply` refers to, each with those it refers to itself.
  Result<std::vector<Schema>> Of(const RestReply& reply, int depth = 0) {
    std::vector<Schema> schemas;
    TILLSTREAM_ASSIGN(const std::vector<SchemaReference> references, ReadReferences(reply));
    reference_count_ += references.size();
    if (depth > kReferenceDepthMax || reference_count_ > kReferencesMax) {
      return reply.Unexpected("fewer references");
    }
    for (const SchemaReference& reference : references) {
      const Place place(reference.subject, reference.version);
      auto known = fetched_.find(place);
      if (known == fetched_.end()) {
        TILLSTREAM_ASSIGN(Schema schema, Fetch(reference, depth));
        known = fetched_.emplace(place, std::move(schema)).first;
      }
      schemas.push_back(known->second);
    }
    return schemas;
  }

 private:
  using Place = std::pair<std::string, int32_t>;  ///< Subject, version.

  Result<Schema> Fetch(const SchemaReference& reference, int depth) {
    const std::string path = fmt::format("{}/versions/{}?deleted=true",
                                         SubjectPath(reference.subject), reference.version);
    TILLSTREAM_ASSIGN(const RestReply reply, client_.Ask("GET", path, ""));
    if (!reply.ok()) return reply.Refusal();
    const auto text = JsonText(reply.json, "schema");
    if (!text) return reply.Unexpected("an object with a text \"schema\"");
    TILLSTREAM_ASSIGN(const std::vector<Schema> nested, Of(reply, depth + 1));
    auto schema = Schema::Parse(*text, nested);
    if (!schema) return schema.error().At(reply.where);
    return schema;
  }

  RestClient& client_;
  size_t reference_count_ = 0;  ///< In all lists.
  std::map<Place, Schema> fetched_;
};

}  // namespace

RestRegistry::RestRegistry(std::unique_ptr<RestClient> client, Clock& clock)
    : client_(std::move(client)), clock_(clock) {}

Result<std::unique_ptr<RestRegistry>> RestRegistry::Open(HttpClient& client, Clock& clock,
                                                         RestClientOptions options) {
  TILLSTREAM_ASSIGN(std::unique_ptr<RestClient> rest,
                    RestClient::Open(client, clock, std::move(options)));
  return std::unique_ptr<RestRegistry>(new RestRegistry(std::move(rest), clock));
}

Result<std::optional<SchemaId>> RestRegistry::FindRegistered(const std::string& subject,
                                                             const Schema& schema) {
  return ids_.Get(Key(subject, schema.ToJson()), [&] { return AskForId(subject, schema); });
}

Result<std::optional<SchemaId>> RestRegistry::AskForId(const std::string& subject,
                                                       const Schema& schema) {
  TILLSTREAM_ASSIGN(const RestReply reply,
                    client_->Ask("POST", SubjectPath(subject), SchemaBody(schema)));
  const bool is_absent =
      reply.is_not_found() && (reply.code == static_cast<int>(RegistryCode::kSubjectNotFound) ||
                               reply.code == static_cast<int>(RegistryCode::kSchemaNotFound));
  if (is_absent) return std::optional<SchemaId>();
  if (!reply.ok()) return reply.Refusal();
  const auto id = JsonNumber(reply.json, "id");
  if (!id) return reply.Unexpected("an object with a number \"id\"");
  return std::optional(SchemaId(*id));
}

Result<SchemaId> RestRegistry::Lookup(const std::string& subject, const Schema& schema) {
  TILLSTREAM_ASSIGN(const auto id, FindRegistered(subject, schema));
  if (id) return *id;
  return MakeError(ErrorCode::kNotFound, "schema: subject {}: this schema is not registered in {}",
                   Quote(subject), Describe());
}

Result<SchemaId> RestRegistry::Register(const std::string& subject, const Schema& schema,
                                        Timestamp /*timestamp*/) {
  TILLSTREAM_ASSIGN(const auto present, FindRegistered(subject, schema));
  if (present) return *present;
  TILLSTREAM_ASSIGN(const RestReply reply,
                    client_->Ask("POST", SubjectPath(subject) + "/versions", SchemaBody(schema)));
  if (reply.status == 409) {
    // Some answer so when another client registers the same schema at the same time.
    // This question must not share the answer to one from before.
    TILLSTREAM_ASSIGN(const auto meanwhile, AskForId(subject, schema));
    if (meanwhile) {
      ids_.Keep(Key(subject, schema.ToJson()), *meanwhile);
      return *meanwhile;
    }
    TILLSTREAM_ASSIGN(CompatibilityVerdict verdict, Check(subject, schema));
    if (verdict.reasons.empty()) verdict = {{reply.message}, LevelOf(subject)};
    return IncompatibleError(subject, verdict);
  }
  if (!reply.ok()) return reply.Refusal();
  const auto id = JsonNumber(reply.json, "id");
  if (!id) return reply.Unexpected("an object with a number \"id\"");
  ids_.Keep(Key(subject, schema.ToJson()), SchemaId(*id));
  return SchemaId(*id);
}

/// The registry's reasons against one version (behind a slash) or all; none when it cannot say.
Result<std::optional<std::vector<std::string>>> RestRegistry::ReasonsOf(const std::string& subject,
                                                                        const std::string& version,
                                                                        const Schema& schema) {
  using Reasons = std::optional<std::vector<std::string>>;
  const std::string path =
      "/compatibility" + SubjectPath(subject) + "/versions" + version + "?verbose=true";
  TILLSTREAM_ASSIGN(const RestReply reply, client_->Ask("POST", path, SchemaBody(schema)));
  if (reply.is_not_found() || reply.status == 405) return Reasons();
  if (!reply.ok()) return reply.Refusal();
  const auto verdict = reply.json.find("is_compatible");
  if (verdict == reply.json.end() || !verdict->is_boolean()) {
    return reply.Unexpected("an object with \"is_compatible\"");
  }
  if (verdict->get<bool>()) return Reasons(std::vector<std::string>());
  std::vector<std::string> reasons;
  if (const auto messages = reply.json.find("messages");
      messages != reply.json.end() && messages->is_array()) {
    for (const Json& message : *messages) {
      if (reasons.size() == kReasonsMax) {
        reasons.push_back(fmt::format("and {} more", messages->size() - kReasonsMax));
        break;
      }
      reasons.push_back(
          ForeignWords(message.is_string() ? message.get<std::string>() : DumpJson(message)));
    }
  }
  if (const auto reason = JsonText(reply.json, "reason")) {
    reasons.push_back(ForeignWords(*reason));
  }
  if (reasons.empty()) reasons.emplace_back("the registry gives no reason");
  return Reasons(std::move(reasons));
}

std::string RestRegistry::LevelOf(const std::string& subject) {
  const auto ask = [&](const std::string& path) {
    const auto reply = client_->Ask("GET", path, "");
    return reply ? JsonText(reply->json, "compatibilityLevel") : std::nullopt;
  };
  const auto level = ask("/config/" + EscapeSegment(subject) + "?defaultToGlobal=true");
  // Some call the level of a subject without one NONE.
  if (level && *level != "NONE") return ForeignWords(*level);
  return ForeignWords(ask("/config").value_or("level not known"));
}

Result<CompatibilityVerdict> RestRegistry::Check(const std::string& subject, const Schema& schema) {
  CompatibilityVerdict verdict;
  TILLSTREAM_ASSIGN(const auto present, FindRegistered(subject, schema));
  if (present) return verdict;
  TILLSTREAM_ASSIGN(const auto against_latest, ReasonsOf(subject, "/latest", schema));
  if (!against_latest) return verdict;
  verdict.reasons = *against_latest;
  verdict.level = LevelOf(subject);
  if (verdict.reasons.empty() && verdict.level.ends_with("_TRANSITIVE")) {
    TILLSTREAM_ASSIGN(const auto against_all, ReasonsOf(subject, "", schema));
    if (against_all) verdict.reasons = *against_all;
  }
  return verdict;
}

Result<Schema> RestRegistry::Find(SchemaId id) {
  TILLSTREAM_ASSIGN(const std::optional<Schema> schema,
                    schemas_.Get(id, [&]() -> Result<std::optional<Schema>> {
                      TILLSTREAM_ASSIGN(Schema fetched, FetchId(id));
                      return std::optional(std::move(fetched));
                    }));
  return *schema;
}

Result<Schema> RestRegistry::FetchId(SchemaId id) {
  const auto deadline = clock_.Monotonic() + kUnknownIdPatience;
  for (int tries = 1;; ++tries) {
    TILLSTREAM_ASSIGN(const RestReply reply,
                      client_->Ask("GET", fmt::format("/schemas/ids/{}", id.value()), ""));
    if (reply.is_not_found()) {
      TILLSTREAM_ASSIGN(const bool again, client_->PauseRound(tries, deadline));
      if (again) continue;
      return MakeError(ErrorCode::kNotFound, "schema: id {} is not registered in {}", id.value(),
                       Describe());
    }
    if (!reply.ok()) return reply.Refusal();
    const auto text = JsonText(reply.json, "schema");
    if (!text) return reply.Unexpected("an object with a text \"schema\"");
    const std::string type = JsonText(reply.json, "schemaType").value_or(std::string(kAvroType));
    if (type != kAvroType) {
      return MakeError(ErrorCode::kBadInput, "schema: id {} is {}, needed {}", id.value(),
                       Quote(type), kAvroType);
    }
    TILLSTREAM_ASSIGN(const std::vector<Schema> references, ReferenceFetch(*client_).Of(reply));
    auto schema = Schema::Parse(*text, references);
    if (!schema) return schema.error().At(fmt::format("{}: id {}", Describe(), id.value()));
    return schema;
  }
}

Result<RegisteredSchema> RestRegistry::FetchVersion(const std::string& subject,
                                                    const std::string& version) {
  TILLSTREAM_ASSIGN(const RestReply reply,
                    client_->Ask("GET", SubjectPath(subject) + "/versions/" + version, ""));
  if (reply.is_not_found()) {
    return MakeError(ErrorCode::kNotFound, "schema: no subject {} in {}", Quote(subject),
                     Describe());
  }
  if (!reply.ok()) return reply.Refusal();
  return ReadVersion(reply, subject);
}

Result<RegisteredSchema> RestRegistry::Latest(const std::string& subject) {
  return FetchVersion(subject, "latest");
}

Result<std::vector<RegisteredSchema>> RestRegistry::List() {
  std::vector<RegisteredSchema> schemas;
  TILLSTREAM_ASSIGN(const RestReply subjects, client_->Ask("GET", "/subjects", ""));
  if (!subjects.ok()) return subjects.Refusal();
  if (subjects.json.is_null()) return schemas;  // some answer this for an empty list
  if (!subjects.json.is_array()) return subjects.Unexpected("a list of subjects");
  for (const Json& subject : subjects.json) {
    if (!subject.is_string()) return subjects.Unexpected("a list of subjects");
    const std::string name = subject.get<std::string>();
    TILLSTREAM_ASSIGN(const RestReply versions,
                      client_->Ask("GET", SubjectPath(name) + "/versions", ""));
    if (versions.is_not_found()) continue;  // deleted meanwhile
    if (!versions.ok()) return versions.Refusal();
    if (!versions.json.is_array()) return versions.Unexpected("a list of versions");
    for (const Json& version : versions.json) {
      if (!version.is_number_integer()) return versions.Unexpected("a list of versions");
      TILLSTREAM_ASSIGN(RegisteredSchema schema, FetchVersion(name, DumpJson(version)));
      schemas.push_back(std::move(schema));
    }
  }
  std::sort(schemas.begin(), schemas.end(), [](const auto& a, const auto& b) {
    return std::pair(a.subject, a.version) < std::pair(b.subject, b.version);
  });
  return schemas;
}

}  // namespace tillstream
