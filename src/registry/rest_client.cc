#include "registry/rest_client.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "base/quantity.h"
#include "base/text.h"
#include "registry/schema_reference.h"

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

/// Time that the last try has at least, as a part of all.
constexpr int kLastTryPart = 10;

/// A URL as messages show it: without user and password.
std::string Shown(const std::string& url) {
  const size_t scheme = url.find("://");
  const size_t begin = scheme == std::string::npos ? 0 : scheme + 3;
  // A password may hold an @ itself: the last one before the path ends it.
  const size_t path = url.find('/', begin);
  const size_t at = url.substr(0, path).rfind('@');
  if (at == std::string::npos || at < begin) return url;
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

/// What one try came to: an answer to give on, or the reason to ask again.
struct Attempt {
  std::optional<RestReply> reply;
  std::string reason;
  std::optional<std::chrono::seconds> asked_to_wait;
};

Result<Attempt> ReadAnswer(const HttpAnswer& answer, std::string where, const std::string& flags) {
  RestReply reply{answer.status, answer.status, "", nullptr, std::move(where), flags};
  const auto json = ParseJson(answer.body, kAnswerDepthMax);
  if (json) {
    reply.json = *json;
    reply.code = JsonNumber(*json, "error_code").value_or(answer.status);
    reply.message = ForeignWords(JsonText(*json, "message").value_or(""));
  }
  const std::string kind =
      answer.content_type.empty() ? "no content type" : ForeignWords(answer.content_type);
  if (IsRetried(answer.status)) {
    const std::string reason =
        json ? fmt::format("{} {}", reply.code, reply.message)
             : fmt::format("{} with {} that is no JSON, as of a proxy", answer.status, kind);
    return Attempt{std::nullopt, reason, answer.retry_after};
  }
  if (!json && reply.ok()) {
    return Error{ErrorCode::kUnavailable,
                 fmt::format("{}: found {} that is no JSON, as of a proxy or another server; is "
                             "the base URL right",
                             reply.where, kind),
                 0};
  }
  if (!json) reply.message = fmt::format("with {} that is no JSON, as of a proxy", kind);
  return Attempt{std::move(reply), "", std::nullopt};
}

}  // namespace

std::string ForeignWords(std::string_view text) { return PlainOrQuoted(text, kForeignWordsMax); }

std::string EscapeSegment(std::string_view segment) {
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

std::string SubjectPath(const std::string& subject) {
  return "/subjects/" + EscapeSegment(subject);
}

std::optional<int32_t> JsonNumber(const Json& json, const char* key) {
  const auto found = json.find(key);
  if (found == json.end() || !found->is_number_integer() || *found < 1 || *found > INT32_MAX) {
    return std::nullopt;
  }
  return found->get<int32_t>();
}

std::optional<std::string> JsonText(const Json& json, const char* key) {
  const auto found = json.find(key);
  if (found == json.end() || !found->is_string()) return std::nullopt;
  return found->get<std::string>();
}

Error RestReply::Refusal() const {
  std::string remedy;
  if (status == 401) remedy = fmt::format("; give {}-user or {}-token-file", flags, flags);
  if (status == 403) remedy = "; this user may not do that";
  if (status == 404) remedy = "; is the base URL right";
  if (status >= 300 && status < 400) remedy = "; give the URL that it points to";
  return {ErrorCode::kUnavailable,
          fmt::format("{}: {} {}{}", where, code, message.empty() ? "refused" : message, remedy),
          code};
}

Error RestReply::Unexpected(std::string_view needed) const {
  return {ErrorCode::kUnavailable,
          fmt::format("{}: found {}, needed {}", where, Quote(DumpJson(json)), needed), 0};
}

RestClient::RestClient(HttpClient& http, Clock& clock, RestClientOptions options)
    : http_(http), clock_(clock), options_(std::move(options)), random_(options_.jitter_seed) {}

Result<std::unique_ptr<RestClient>> RestClient::Open(HttpClient& http, Clock& clock,
                                                     RestClientOptions options) {
  if (options.urls.empty()) return MakeError(ErrorCode::kUsage, "{}: without a URL", options.flags);
  for (std::string& url : options.urls) {
    if (!IsUrl(url)) {
      return MakeError(ErrorCode::kUsage,
                       "{}: {} is not a URL; write http://HOST:PORT or https://HOST:PORT",
                       options.flags, Quote(Shown(url)));
    }
    while (url.ends_with('/')) url.pop_back();
  }
  return std::unique_ptr<RestClient>(new RestClient(http, clock, std::move(options)));
}

std::string RestClient::Describe() const {
  std::vector<std::string> shown;
  for (const std::string& url : options_.urls) shown.push_back(Shown(url));
  return fmt::format("registry {}", fmt::join(shown, ", "));
}

std::string RestClient::CurrentUrl() {
  const MutexLock lock(mutex_);
  return options_.urls[url_index_];
}

void RestClient::NextUrl() {
  const MutexLock lock(mutex_);
  url_index_ = (url_index_ + 1) % options_.urls.size();
}

bool RestClient::Pause(int tries, std::optional<std::chrono::seconds> asked,
                       std::chrono::nanoseconds deadline, std::chrono::nanoseconds last_try) {
  const int round = tries / static_cast<int>(options_.urls.size());
  if (round >= kRegistryRoundsMax) return false;
  // All URLs are tried before anything is waited for.
  if (!asked && tries % static_cast<int>(options_.urls.size()) != 0) {
    return clock_.Monotonic() < deadline;
  }
  const int64_t factor = int64_t{1} << std::clamp(round - 1, 0, 10);
  auto pause = std::min(kPauseMax, std::chrono::milliseconds(kPauseFirst * factor));
  {
    const MutexLock lock(mutex_);
    pause = pause / 2 + pause / 2 * (random_() % 1000) / 1000;
  }
  const auto now = clock_.Monotonic();
  // Before the time that it asks for it gives no better answer.
  if (asked && now + *asked >= deadline) return false;
  if (asked) pause = std::max(pause, std::chrono::milliseconds(*asked));
  const auto last = std::max(deadline - last_try, asked ? now + *asked : now);
  return now < last && clock_.SleepUntil(std::min(now + pause, last), options_.stop);
}

Result<bool> RestClient::PauseRound(int tries, std::chrono::nanoseconds deadline) {
  const int all = tries * static_cast<int>(options_.urls.size());
  if (Pause(all, {}, deadline, std::chrono::nanoseconds(0))) return true;
  if (!options_.stop.stop_requested()) return false;
  return MakeError(ErrorCode::kStopped, "{}: stopped", Describe());
}

Result<RestReply> RestClient::Ask(const std::string& method, const std::string& path,
                                  const std::string& body) {
  const auto deadline = clock_.Monotonic() + options_.timeout;
  for (int tries = 1;; ++tries) {
    const std::string url = CurrentUrl();
    const std::string where = fmt::format("registry {}", Shown(url));
    // A path may hold a name that a registry gave.
    const std::string question = method + " " + ForeignWords(path);
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - clock_.Monotonic());
    // One that says nothing must leave time for the next.
    const auto time =
        std::clamp(left, std::chrono::milliseconds(1), options_.timeout / kTriesInTime);
    const auto answer = http_.Send({method, url + path, body, kMediaType,
                                    std::string(kMediaType) + ", application/json", time});
    Attempt attempt;
    if (answer) {
      TILLSTREAM_ASSIGN(attempt, ReadAnswer(*answer, where + ": " + question, options_.flags));
      if (attempt.reply) return *std::move(attempt.reply);
    } else {
      const ErrorCode code = answer.error().code;
      if (code != ErrorCode::kUnavailable && code != ErrorCode::kTimedOut) {
        return Error{code == ErrorCode::kRefused ? ErrorCode::kUnavailable : code,
                     where + ": " + answer.error().message, 0};
      }
      attempt.reason = answer.error().message;
    }
    NextUrl();
    if (Pause(tries, attempt.asked_to_wait, deadline, options_.timeout / kLastTryPart)) continue;
    if (options_.stop.stop_requested()) {
      return MakeError(ErrorCode::kStopped, "{}: stopped while it did not answer", where);
    }
    return MakeError(ErrorCode::kUnavailable, "{}: {} ({} of at most {}, {} {})", where,
                     attempt.reason, question, DurationText(options_.timeout), tries,
                     tries == 1 ? "try" : "tries");
  }
}

Result<std::vector<SchemaReference>> ReadReferences(const RestReply& reply) {
  auto references = ReferencesOf(reply.json);
  if (references) return references;
  return Error{ErrorCode::kUnavailable, reply.where + ": " + references.error().message, 0};
}

Result<RegisteredSchema> ReadVersion(const RestReply& reply, const std::string& subject) {
  const auto id = JsonNumber(reply.json, "id");
  const auto number = JsonNumber(reply.json, "version");
  const auto text = JsonText(reply.json, "schema");
  if (!id || !number || !text) return reply.Unexpected("an object with id, version and schema");
  RegisteredSchema version{SchemaId(*id), subject, *number, *text};
  version.type = JsonText(reply.json, "schemaType").value_or(std::string(kAvroType));
  TILLSTREAM_ASSIGN(version.references, ReadReferences(reply));
  return version;
}

Result<std::optional<CompatibilityLevel>> AskForLevel(RestClient& client,
                                                      const std::string& subject) {
  using Level = std::optional<CompatibilityLevel>;
  const std::string path = subject.empty() ? "/config" : "/config/" + EscapeSegment(subject);
  TILLSTREAM_ASSIGN(const RestReply reply, client.Ask("GET", path, ""));
  if (reply.is_not_found()) return Level();
  if (!reply.ok()) return reply.Refusal();
  const Level level =
      CompatibilityLevelFromName(JsonText(reply.json, "compatibilityLevel").value_or(""));
  if (!level) return reply.Unexpected("an object with \"compatibilityLevel\"");
  return level;
}

}  // namespace tillstream
