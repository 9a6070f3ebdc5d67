#pragma once

#include <string>
#include <vector>

#include "avro/schema.h"
#include "base/result.h"
#include "model/ids.h"
#include "registry/registered_schema.h"

namespace tillstream {

/// Whether a schema may become a version of a subject.
struct CompatibilityVerdict {
  std::vector<std::string> reasons;  ///< Why not; empty when it may.
  std::string level;                 ///< The subject's, "BACKWARD", where there are reasons.
};

/// The kBadInput of a schema that may not: `schema: subject "s": incompatible (BACKWARD): ...`.
Error IncompatibleError(const std::string& subject, const CompatibilityVerdict& verdict);

/// Gives schemas ids, and finds them by id. A subject is a history of schemas, usually that of one
/// topic's values (registry/subject_name.h). Thread safe.
class SchemaRegistry {
 public:
  virtual ~SchemaRegistry() = default;

  /// The id of `schema` under `subject`, registering it when it is not there. A schema that is
  /// there gets the id it has; identity is Schema::ToJson(). On return the registration is
  /// durable, so the id may be written into events. `timestamp` is that of the registration's
  /// record where the log keeps it, in event time, so that the same run leaves the same bytes.
  ///
  /// Errors: kBadInput when the subject's compatibility level forbids it, with level and reasons;
  /// kRefused when another writer holds the registry for too long, or the subject's mode forbids
  /// it; those of the store or server.
  virtual Result<SchemaId> Register(const std::string& subject, const Schema& schema,
                                    Timestamp timestamp) = 0;

  /// The id that `schema` has under `subject`, durably, so that it may be written into events;
  /// registers nothing. kNotFound when it is not there.
  virtual Result<SchemaId> Lookup(const std::string& subject, const Schema& schema) = 0;

  /// The schema with this id, also one that is soft-deleted, since data may still need it.
  /// kNotFound when no such id was ever given; kBadInput when it is not an Avro schema.
  virtual Result<Schema> Find(SchemaId id) = 0;

  /// The latest version of `subject`; kNotFound when there is none.
  virtual Result<RegisteredSchema> Latest(const std::string& subject) = 0;

  /// All versions that are not deleted, by subject and version.
  virtual Result<std::vector<RegisteredSchema>> List() = 0;

  /// Whether `schema` could be registered under `subject` now, or is there. Registers nothing.
  virtual Result<CompatibilityVerdict> Check(const std::string& subject, const Schema& schema) = 0;
};

}  // namespace tillstream
