#include "registry/rest_registry.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "base/json.h"
#include "base/text.h"
#include "registry/registry_error.h"

namespace tillstream {
namespace {

constexpr const char* kMediaType = "application/vnd.schemaregistry.v1+json";

/// An answer of a registry is flat, except for what a schema's text holds.
constexpr int kAnswerDepthMax = 32;

/// First pause before a retry; each further one is twice as long, up to the longest.
constexpr std::chrono::milliseconds kPauseFirst{100};
constexpr std::chrono::milliseconds kPauseMax{4'000};

/// A registry that is silent is asked so often within the time that there is.
constexpr int kTriesInTime = 3;

/// Schemas that refer to schemas: deeper nests, and more in all, are nobody's.
constexpr int kReferenceDepthMax = 16;
constexpr size_t kReferencesMax = 200;

std::string Escape(std::string_view segment) {
  std::string escaped;
  for (const char c : segment) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == '~';
    if (is_plain) {
      escaped += c;
    } else {
      escaped += fmt::format("%{:02X}", static_cast<uint8_t>(c));
    }
  }
  return escaped;
}

/// A URL as messages show it: without user and password.
std::string Shown(const std::string& url) {
  const size_t begin = url.find("://") + 3;
  const size_t at = url.find('@', begin);
  if (at == std::string::npos || at > url.find('/', begin)) return url;
  return url.substr(0, begin) + url.substr(at + 1);
}

bool IsUrl(const std::string& url) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (url.starts_with(scheme) && url.size() > scheme.size() &&
        url.find_first_of(" \t\r\n?#") == std::string::npos) {
      return true;
    }
  }
  return false;
}

bool IsRetried(int status) { return status >= 500 || status == 408 || status == 429; }

std::string SchemaBody(const Schema& schema) { return DumpJson(Json{{"schema", schema.ToJson()}}); }

std::string SubjectPath(const std::string& subject) { return "/subjects/" + Escape(subject); }

std::optional<int32_t> Number(const Json& json, const char* key) {
  const auto found = json.find(key);
  if (found == json.end() || !found->is_number_integer() || *found < 1 || *found > INT32_MAX) {
    return std::nullopt;
  }
  return found->get<int32_t>();
}

std::optional<std::string> Text(const Json& json, const char* key) {
  const auto found = json.find(key);
  if (found == json.end() || !found->is_string()) return std::nullopt;
  return found->get<std::string>();
}

}  // namespace

/// An answer that is not asked again: 2xx with JSON, or what the registry refuses.
struct RestRegistry::Reply {
  int status = 0;
  int code = 0;         ///< Of the error; the status where the body has none.
  std::string message;  ///< Of the error.
  Json json;
  std::string where;  ///< "registry URL: GET /path", for messages.

  bool ok() const { return status >= 200 && status < 300; }
  bool is_not_found() const { return status == 404; }

  /// The Error for an answer that helps nobody further.
  Error Refusal() const {
    const char* remedy = "";
    if (status == 401) remedy = "; give --registry-user or --registry-token-file";
    if (status == 403) remedy = "; this user may not do that";
    if (status == 404) remedy = "; is the base URL right";
    if (status >= 300 && status < 400) remedy = "; give the URL that it points to";
    return {ErrorCode::kUnavailable,
            fmt::format("{}: {} {}{}", where, code, message.empty() ? "refused" : message, remedy),
            code};
  }
  /// The Error for JSON of another shape.
  Error Unexpected(std::string_view needed) const {
    return {ErrorCode::kUnavailable,
            fmt::format("{}: found {}, needed {}", where, Quote(DumpJson(json)), needed), 0};
  }
};

RestRegistry::RestRegistry(HttpClient& client, Clock& clock, RestRegistryOptions options)
    : client_(client), clock_(clock), options_(std::move(options)), random_(options_.jitter_seed) {}

Result<std::unique_ptr<RestRegistry>> RestRegistry::Open(HttpClient& client, Clock& clock,
                                                         RestRegistryOptions options) {
  if (options.urls.empty()) return MakeError(ErrorCode::kUsage, "--registry: without a URL");
  for (std::string& url : options.urls) {
    if (!IsUrl(url)) {
      return MakeError(ErrorCode::kUsage,
                       "--registry: {} is not a URL; write http://HOST:PORT or https://HOST:PORT",
                       Quote(Shown(url)));
    }
    while (url.ends_with('/')) url.pop_back();
  }
  return std::unique_ptr<RestRegistry>(new RestRegistry(client, clock, std::move(options)));
}

std::string RestRegistry::Describe() const {
  std::vector<std::string> shown;
  for (const std::string& url : options_.urls) shown.push_back(Shown(url));
  return fmt::format("registry {}", fmt::join(shown, ", "));
}

std::string RestRegistry::CurrentUrl() {
  const MutexLock lock(mutex_);
  return options_.urls[url_index_];
}

void RestRegistry::NextUrl() {
  const MutexLock lock(mutex_);
  url_index_ = (url_index_ + 1) % options_.urls.size();
}

bool RestRegistry::Pause(int tries, std::optional<std::chrono::seconds> asked,
                         std::chrono::nanoseconds deadline) {
  if (tries >= kRegistryTriesMax) return false;
  // All URLs are tried before anything is waited for.
  const int round = tries / static_cast<int>(options_.urls.size());
  if (!asked && tries % static_cast<int>(options_.urls.size()) != 0) {
    return clock_.Monotonic() < deadline;
  }
  const int64_t factor = int64_t{1} << std::clamp(round - 1, 0, 10);
  auto pause = std::min(kPauseMax, std::chrono::milliseconds(kPauseFirst * factor));
  {
    const MutexLock lock(mutex_);
    pause = pause / 2 + pause * (random_() % 1000) / 1000;
  }
  if (asked) pause = std::max(pause, std::chrono::milliseconds(*asked));
  const auto until = clock_.Monotonic() + pause;
  return until < deadline && clock_.SleepUntil(until, options_.stop);
}

Result<RestRegistry::Reply> RestRegistry::Ask(const std::string& method, const std::string& path,
                                              const std::string& body) {
  const auto deadline = clock_.Monotonic() + options_.timeout;
  for (int tries = 1;; ++tries) {
    const std::string url = CurrentUrl();
    const std::string where = fmt::format("registry {}", Shown(url));
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - clock_.Monotonic());
    // One that says nothing must leave time for the next.
    const auto time =
        std::clamp(left, std::chrono::milliseconds(1), options_.timeout / kTriesInTime);
    const auto answer = client_.Send({method, url + path, body, kMediaType,
                                      std::string(kMediaType) + ", application/json", time});
    std::string reason;
    std::optional<std::chrono::seconds> asked;
    if (!answer) {
      if (answer.error().code != ErrorCode::kUnavailable &&
          answer.error().code != ErrorCode::kTimedOut) {
        const bool is_ours = answer.error().code == ErrorCode::kRefused;
        return Error{is_ours ? ErrorCode::kUnavailable : answer.error().code,
                     where + ": " + answer.error().message, 0};
      }
      reason = answer.error().message;
    } else {
      Reply reply{answer->status, answer->status, "", nullptr,
                  fmt::format("{}: {} {}", where, method, path)};
      const auto json = ParseJson(answer->body, kAnswerDepthMax);
      if (json) {
        reply.json = *json;
        reply.code = Number(*json, "error_code").value_or(answer->status);
        reply.message = Text(*json, "message").value_or("");
      }
      const std::string kind =
          answer->content_type.empty() ? "no content type" : answer->content_type;
      if (!IsRetried(answer->status)) {
        if (!json && reply.ok()) {
          return Error{ErrorCode::kUnavailable,
                       fmt::format("{}: found {} that is no JSON, as of a proxy or another server; "
                                   "is the base URL right",
                                   reply.where, kind),
                       0};
        }
        if (!json) reply.message = fmt::format("with {} that is no JSON, as of a proxy", kind);
        return reply;
      }
      reason = json
                   ? fmt::format("{} {}", reply.code, reply.message)
                   : fmt::format("{} with {} that is no JSON, as of a proxy", answer->status, kind);
      asked = answer->retry_after;
    }
    NextUrl();
    if (Pause(tries, asked, deadline)) continue;
    if (options_.stop.stop_requested()) {
      return MakeError(ErrorCode::kUnavailable, "{}: stopped while it did not answer", where);
    }
    return MakeError(ErrorCode::kUnavailable, "{}: {} ({} of at most {:.0f} s, {} tries)", where,
                     reason, method + " " + path,
                     static_cast<double>(options_.timeout.count()) / 1000, tries);
  }
}

Result<std::optional<SchemaId>> RestRegistry::FindRegistered(const std::string& subject,
                                                             const Schema& schema) {
  const Key key(subject, schema.ToJson());
  {
    const MutexLock lock(mutex_);
    if (const auto known = ids_.find(key); known != ids_.end()) return std::optional(known->second);
  }
  TILLSTREAM_ASSIGN(const Reply reply, Ask("POST", SubjectPath(subject), SchemaBody(schema)));
  const bool is_absent =
      reply.is_not_found() && (reply.code == static_cast<int>(RegistryCode::kSubjectNotFound) ||
                               reply.code == static_cast<int>(RegistryCode::kSchemaNotFound));
  if (is_absent) return std::optional<SchemaId>();
  if (!reply.ok()) return reply.Refusal();
  const auto id = Number(reply.json, "id");
  if (!id) return reply.Unexpected("an object with a number \"id\"");
  const MutexLock lock(mutex_);
  ids_[key] = SchemaId(*id);
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
  TILLSTREAM_ASSIGN(const Reply reply,
                    Ask("POST", SubjectPath(subject) + "/versions", SchemaBody(schema)));
  if (reply.status == 409) {
    // Some answer so when another client registers the same schema at the same time.
    TILLSTREAM_ASSIGN(const auto meanwhile, FindRegistered(subject, schema));
    if (meanwhile) return *meanwhile;
    TILLSTREAM_ASSIGN(CompatibilityVerdict verdict, Check(subject, schema));
    if (verdict.reasons.empty()) verdict = {{reply.message}, LevelOf(subject)};
    return IncompatibleError(subject, verdict);
  }
  if (!reply.ok()) return reply.Refusal();
  const auto id = Number(reply.json, "id");
  if (!id) return reply.Unexpected("an object with a number \"id\"");
  const MutexLock lock(mutex_);
  ids_[Key(subject, schema.ToJson())] = SchemaId(*id);
  return SchemaId(*id);
}

/// The registry's reasons against one version (behind a slash) or all; none when it cannot say.
Result<std::optional<std::vector<std::string>>> RestRegistry::ReasonsOf(const std::string& subject,
                                                                        const std::string& version,
                                                                        const Schema& schema) {
  using Reasons = std::optional<std::vector<std::string>>;
  const std::string path =
      "/compatibility" + SubjectPath(subject) + "/versions" + version + "?verbose=true";
  TILLSTREAM_ASSIGN(const Reply reply, Ask("POST", path, SchemaBody(schema)));
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
      reasons.push_back(message.is_string() ? message.get<std::string>() : DumpJson(message));
    }
  }
  if (const auto reason = Text(reply.json, "reason")) reasons.push_back(*reason);
  if (reasons.empty()) reasons.emplace_back("the registry gives no reason");
  return Reasons(std::move(reasons));
}

std::string RestRegistry::LevelOf(const std::string& subject) {
  const auto ask = [&](const std::string& path) {
    const auto reply = Ask("GET", path, "");
    return reply ? Text(reply->json, "compatibilityLevel") : std::nullopt;
  };
  const auto level = ask("/config/" + Escape(subject) + "?defaultToGlobal=true");
  // Some call the level of a subject without one NONE.
  if (level && *level != "NONE") return *level;
  return ask("/config").value_or("level not known");
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
  {
    const MutexLock lock(mutex_);
    for (;;) {
      if (const auto known = schemas_.find(id); known != schemas_.end()) return known->second;
      if (being_fetched_.insert(id).second) break;
      fetched_.wait(mutex_);
    }
  }
  Result<Schema> schema = FetchId(id);
  const MutexLock lock(mutex_);
  if (schema) schemas_.emplace(id, *schema);
  being_fetched_.erase(id);
  fetched_.notify_all();
  return schema;
}

Result<Schema> RestRegistry::FetchId(SchemaId id) {
  const auto deadline = clock_.Monotonic() + kUnknownIdPatience;
  for (int tries = 1;; ++tries) {
    TILLSTREAM_ASSIGN(const Reply reply,
                      Ask("GET", fmt::format("/schemas/ids/{}", id.value()), ""));
    if (reply.is_not_found()) {
      if (Pause(tries * static_cast<int>(options_.urls.size()), {}, deadline)) continue;
      return MakeError(ErrorCode::kNotFound, "schema: id {} is not registered in {}", id.value(),
                       Describe());
    }
    if (!reply.ok()) return reply.Refusal();
    const auto text = Text(reply.json, "schema");
    if (!text) return reply.Unexpected("an object with a text \"schema\"");
    const std::string type = Text(reply.json, "schemaType").value_or(std::string(kAvroType));
    if (type != kAvroType) {
      return MakeError(ErrorCode::kBadInput, "schema: id {} is {}, needed {}", id.value(),
                       Quote(type), kAvroType);
    }
    TILLSTREAM_ASSIGN(const std::vector<Schema> references, FetchReferences(reply, 0));
    auto schema = Schema::Parse(*text, references);
    if (!schema) return schema.error().At(fmt::format("{}: id {}", Describe(), id.value()));
    return schema;
  }
}

Result<std::vector<Schema>> RestRegistry::FetchReferences(const Reply& reply, int depth) {
  std::vector<Schema> schemas;
  const auto list = reply.json.find("references");
  if (list == reply.json.end() || !list->is_array()) return schemas;
  if (depth > kReferenceDepthMax || list->size() > kReferencesMax) {
    return reply.Unexpected("fewer references");
  }
  for (const Json& reference : *list) {
    const auto subject = Text(reference, "subject");
    const auto version = Number(reference, "version");
    if (!subject || !version) return reply.Unexpected("references with subject and version");
    const std::string path =
        fmt::format("{}/versions/{}?deleted=true", SubjectPath(*subject), *version);
    TILLSTREAM_ASSIGN(const Reply referenced, Ask("GET", path, ""));
    if (!referenced.ok()) return referenced.Refusal();
    const auto text = Text(referenced.json, "schema");
    if (!text) return referenced.Unexpected("an object with a text \"schema\"");
    TILLSTREAM_ASSIGN(const std::vector<Schema> nested, FetchReferences(referenced, depth + 1));
    auto schema = Schema::Parse(*text, nested);
    if (!schema) return schema.error().At(referenced.where);
    schemas.push_back(*std::move(schema));
  }
  return schemas;
}

Result<RegisteredSchema> RestRegistry::FetchVersion(const std::string& subject,
                                                    const std::string& version) {
  TILLSTREAM_ASSIGN(const Reply reply,
                    Ask("GET", SubjectPath(subject) + "/versions/" + version, ""));
  if (reply.is_not_found()) {
    return MakeError(ErrorCode::kNotFound, "schema: no subject {} in {}", Quote(subject),
                     Describe());
  }
  if (!reply.ok()) return reply.Refusal();
  const auto id = Number(reply.json, "id");
  const auto number = Number(reply.json, "version");
  const auto text = Text(reply.json, "schema");
  if (!id || !number || !text) return reply.Unexpected("an object with id, version and schema");
  return RegisteredSchema{SchemaId(*id),
                          subject,
                          *number,
                          *text,
                          Text(reply.json, "schemaType").value_or(std::string(kAvroType)),
                          {}};
}

Result<RegisteredSchema> RestRegistry::Latest(const std::string& subject) {
  return FetchVersion(subject, "latest");
}

Result<std::vector<RegisteredSchema>> RestRegistry::List() {
  std::vector<RegisteredSchema> schemas;
  TILLSTREAM_ASSIGN(const Reply subjects, Ask("GET", "/subjects", ""));
  if (!subjects.ok()) return subjects.Refusal();
  if (subjects.json.is_null()) return schemas;  // some answer this for an empty list
  if (!subjects.json.is_array()) return subjects.Unexpected("a list of subjects");
  for (const Json& subject : subjects.json) {
    if (!subject.is_string()) return subjects.Unexpected("a list of subjects");
    const std::string name = subject.get<std::string>();
    TILLSTREAM_ASSIGN(const Reply versions, Ask("GET", SubjectPath(name) + "/versions", ""));
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
