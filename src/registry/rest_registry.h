#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "registry/once_cache.h"
#include "registry/rest_client.h"
#include "registry/schema_registry.h"

namespace tillstream {

/// How long an id that the registry does not know is asked for again: on a follower one that was
/// just given may be unknown for a moment.
inline constexpr std::chrono::milliseconds kUnknownIdPatience{1'000};

/// A registry behind Confluent's REST API: Confluent's own and those that speak its language.
/// Questions are asked again as RestClient says. Ids and schemas are kept for good; threads that
/// look for the same one at the same time ask once and share the answer, an error too. Thread safe.
class RestRegistry final : public SchemaRegistry {
 public:
  /// `client` and `clock` must outlive the registry. Asks nothing. kUsage when a URL is none.
  static Result<std::unique_ptr<RestRegistry>> Open(HttpClient& client, Clock& clock,
                                                    RestClientOptions options);

  /// Looks the schema up, and registers it if it is not there. `timestamp` is not used. Errors
  /// beside the interface's: kUnavailable when the registry does not answer, or refuses; kStopped.
  Result<SchemaId> Register(const std::string& subject, const Schema& schema,
                            Timestamp timestamp) override;
  Result<SchemaId> Lookup(const std::string& subject, const Schema& schema) override;
  Result<Schema> Find(SchemaId id) override;
  Result<RegisteredSchema> Latest(const std::string& subject) override;
  Result<std::vector<RegisteredSchema>> List() override;
  Result<CompatibilityVerdict> Check(const std::string& subject, const Schema& schema) override;

  /// "registry http://localhost:8081", without a password.
  std::string Describe() const { return client_->Describe(); }

 private:
  using Key = std::pair<std::string, std::string>;  ///< Subject, schema.

  RestRegistry(std::unique_ptr<RestClient> client, Clock& clock);

  Result<std::optional<SchemaId>> FindRegistered(const std::string& subject, const Schema& schema);
  /// The same without what is kept.
  Result<std::optional<SchemaId>> AskForId(const std::string& subject, const Schema& schema);
  Result<std::optional<std::vector<std::string>>> ReasonsOf(const std::string& subject,
                                                            const std::string& version,
                                                            const Schema& schema);
  /// "level not known" when the registry does not say it.
  std::string LevelOf(const std::string& subject);
  Result<Schema> FetchId(SchemaId id);
  Result<RegisteredSchema> FetchVersion(const std::string& subject, const std::string& version);

  const std::unique_ptr<RestClient> client_;
  Clock& clock_;

  OnceCache<Key, SchemaId> ids_;
  OnceCache<SchemaId, Schema> schemas_;
};

}  // namespace tillstream
