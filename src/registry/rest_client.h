#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "base/mutex.h"
#include "registry/http_client.h"
#include "registry/registered_schema.h"

namespace tillstream {

struct RestClientOptions {
  /// Base URLs of one registry, with or without a path: asked in turn when one does not answer.
  std::vector<std::string> urls;
  std::string flags = "--registry";  ///< What its options begin with, for messages.
  /// For one question with all its retries.
  std::chrono::milliseconds timeout{30'000};
  /// Seed of the retries' jitter, so that generators that started together do not ask together.
  uint32_t jitter_seed = 0;
  std::stop_token stop;  ///< Ends waiting.
};

/// Most rounds over all URLs for one question, should time stand still: at the longest pause, at
/// least 2 s, they take more than the hour that --registry-timeout allows.
inline constexpr int kRegistryRoundsMax = 2'000;

/// An answer that is not asked again: 2xx with JSON, or what the registry refuses.
struct RestReply {
  int status = 0;
  int code = 0;         ///< Of the error; the status where the body has none.
  std::string message;  ///< Of the error, as ForeignWords().
  Json json;
  std::string where;  ///< "registry URL: GET /path", for messages.
  std::string flags;  ///< As RestClientOptions::flags.

  bool ok() const { return status >= 200 && status < 300; }
  bool is_not_found() const { return status == 404; }

  /// The Error for an answer that helps nobody further.
  Error Refusal() const;
  /// The Error for JSON of another shape.
  Error Unexpected(std::string_view needed) const;
};

/// Asks a registry behind Confluent's REST API.
///
/// What does not answer, and answers 408, 429 and 5xx, is asked again with growing, jittered
/// pauses until the time is over, the next URL first; nothing else is. Thread safe.
class RestClient {
 public:
  /// `http` and `clock` must outlive the client. Asks nothing. kUsage when a URL is none.
  static Result<std::unique_ptr<RestClient>> Open(HttpClient& http, Clock& clock,
                                                  RestClientOptions options);

  /// `path` begins with a slash; an empty `body` with GET and DELETE. kUnavailable when the
  /// registry does not answer in time, or with something that is no JSON; kStopped.
  Result<RestReply> Ask(const std::string& method, const std::string& path,
                        const std::string& body);

  /// Waits before a question that was answered `tries` times is asked once more, as for something
  /// that may be there soon; false when time or tries are at an end. kStopped.
  Result<bool> PauseRound(int tries, std::chrono::nanoseconds deadline);

  /// "registry http://localhost:8081", without a password.
  std::string Describe() const;

 private:
  RestClient(HttpClient& http, Clock& clock, RestClientOptions options);

  /// Whether to ask again after a pause; false when time or patience are at an end. The last pause
  /// is cut to leave `last_try` before the deadline.
  bool Pause(int tries, std::optional<std::chrono::seconds> asked,
             std::chrono::nanoseconds deadline, std::chrono::nanoseconds last_try);
  std::string CurrentUrl() TILLSTREAM_EXCLUDES(mutex_);
  void NextUrl() TILLSTREAM_EXCLUDES(mutex_);

  HttpClient& http_;
  Clock& clock_;
  const RestClientOptions options_;

  Mutex mutex_;
  size_t url_index_ TILLSTREAM_GUARDED_BY(mutex_) = 0;
  std::mt19937 random_ TILLSTREAM_GUARDED_BY(mutex_);
};

/// What a registry says, for a message: as it is when it is one printable line that is not too
/// long, else quoted and cut.
std::string ForeignWords(std::string_view text);

/// A segment of a path: everything but unreserved characters percent-encoded.
std::string EscapeSegment(std::string_view segment);

/// "/subjects/SUBJECT".
std::string SubjectPath(const std::string& subject);

/// A member of an object: a whole number of 1 or more, a text. None for everything else.
std::optional<int32_t> JsonNumber(const Json& json, const char* key);
std::optional<std::string> JsonText(const Json& json, const char* key);

/// What the schema of a 2xx answer refers to. kUnavailable for JSON of another shape.
Result<std::vector<SchemaReference>> ReadReferences(const RestReply& reply);

/// The version of `subject` that a 2xx answer describes. kUnavailable for JSON of another shape.
Result<RegisteredSchema> ReadVersion(const RestReply& reply, const std::string& subject);

/// The compatibility level that is set for `subject`, or for all with the empty name; none without.
Result<std::optional<CompatibilityLevel>> AskForLevel(RestClient& client,
                                                      const std::string& subject);

}  // namespace tillstream
