#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "registry/http_client.h"
#include "registry/schema_registry.h"

namespace tillstream {

struct RestRegistryOptions {
  /// Base URLs of one registry, with or without a path: asked in turn when one does not answer.
  std::vector<std::string> urls;
  /// For one question with all its retries.
  std::chrono::milliseconds timeout{30'000};
  /// Seed of the retries' jitter, so that generators that started together do not ask together.
  uint32_t jitter_seed = 0;
  std::stop_token stop;  ///< Ends waiting.
};

/// Most tries of one question, whatever the time: with the pauses below they take half a minute.
inline constexpr int kRegistryTriesMax = 12;

/// How long an id that the registry does not know is asked for again: on a follower one that was
/// just given may be unknown for a moment.
inline constexpr std::chrono::milliseconds kUnknownIdPatience{1'000};

/// A registry behind Confluent's REST API: Confluent's own and those that speak its language.
///
/// What does not answer, and answers 408, 429 and 5xx, is asked again with growing, jittered
/// pauses, the next URL first; nothing else is. Ids and schemas are kept for good, and threads that
/// miss the same one ask once. Thread safe.
class RestRegistry final : public SchemaRegistry {
 public:
  /// `client` and `clock` must outlive the registry. Asks nothing. kUsage when a URL is none.
  static Result<std::unique_ptr<RestRegistry>> Open(HttpClient& client, Clock& clock,
                                                    RestRegistryOptions options);

  /// Looks the schema up, and registers it if it is not there. `timestamp` is not used. Errors
  /// beside the interface's: kUnavailable when the registry does not answer, or refuses.
  Result<SchemaId> Register(const std::string& subject, const Schema& schema,
                            Timestamp timestamp) override;
  Result<SchemaId> Lookup(const std::string& subject, const Schema& schema) override;
  Result<Schema> Find(SchemaId id) override;
  Result<RegisteredSchema> Latest(const std::string& subject) override;
  Result<std::vector<RegisteredSchema>> List() override;
  Result<CompatibilityVerdict> Check(const std::string& subject, const Schema& schema) override;

  /// "registry http://localhost:8081", without a password.
  std::string Describe() const;

 private:
  struct Reply;
  using Key = std::pair<std::string, std::string>;  ///< Subject, schema.

  RestRegistry(HttpClient& client, Clock& clock, RestRegistryOptions options);

  Result<Reply> Ask(const std::string& method, const std::string& path, const std::string& body);
  /// Whether to ask again after `pause`; false when time, tries or patience are at an end.
  bool Pause(int tries, std::optional<std::chrono::seconds> asked,
             std::chrono::nanoseconds deadline);
  std::string CurrentUrl() TILLSTREAM_EXCLUDES(mutex_);
  void NextUrl() TILLSTREAM_EXCLUDES(mutex_);

  Result<std::optional<SchemaId>> FindRegistered(const std::string& subject, const Schema& schema);
  Result<std::optional<std::vector<std::string>>> ReasonsOf(const std::string& subject,
                                                            const std::string& version,
                                                            const Schema& schema);
  /// "level not known" when the registry does not say it.
  std::string LevelOf(const std::string& subject);
  Result<Schema> FetchId(SchemaId id);
  /// The schemas that `reply` refers to, each with those it refers to itself.
  Result<std::vector<Schema>> FetchReferences(const Reply& reply, int depth);
  Result<RegisteredSchema> FetchVersion(const std::string& subject, const std::string& version);

  HttpClient& client_;
  Clock& clock_;
  const RestRegistryOptions options_;

  Mutex mutex_;
  ConditionVariable fetched_;
  size_t url_index_ TILLSTREAM_GUARDED_BY(mutex_) = 0;
  std::mt19937 random_ TILLSTREAM_GUARDED_BY(mutex_);
  std::map<Key, SchemaId> ids_ TILLSTREAM_GUARDED_BY(mutex_);
  std::map<SchemaId, Schema> schemas_ TILLSTREAM_GUARDED_BY(mutex_);
  std::set<SchemaId> being_fetched_ TILLSTREAM_GUARDED_BY(mutex_);
};

}  // namespace tillstream
