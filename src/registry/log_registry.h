#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "log/event_log.h"
#include "registry/schema_registry.h"
#include "registry/schemas_topic.h"

namespace tillstream {

/// A registry whose store is the topic `_schemas` of the log itself, so that a log needs no server
/// beside it. Reading takes no lock and writes nothing, except for Lookup(), which syncs what it
/// found where nobody has since it was read.
class LogRegistry final : public SchemaRegistry {
 public:
  /// `log` and `clock` must outlive the registry; `holder` is shown to a writer that is refused.
  ///
  /// Errors: kCorrupt, with the offset, when a record of the topic cannot be understood.
  static Result<std::unique_ptr<LogRegistry>> Open(EventLog& log, Clock& clock, std::string holder);

  Result<SchemaId> Register(const std::string& subject, const Schema& schema,
                            Timestamp timestamp) override;
  Result<SchemaId> Lookup(const std::string& subject, const Schema& schema) override;
  Result<Schema> Find(SchemaId id) override;
  Result<RegisteredSchema> Latest(const std::string& subject) override;
  Result<std::vector<RegisteredSchema>> List() override;
  Result<CompatibilityVerdict> Check(const std::string& subject, const Schema& schema) override;

 private:
  explicit LogRegistry(std::unique_ptr<SchemasTopic> topic) : topic_(std::move(topic)) {}

  const std::unique_ptr<SchemasTopic> topic_;
};

}  // namespace tillstream
