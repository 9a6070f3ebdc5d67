#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "avro/schema.h"
#include "base/result.h"
#include "model/ids.h"

namespace tillstream {

/// One version of a subject.
struct RegisteredSchema {
  SchemaId id;  ///< Of the schema: the same under every subject that has it.
  std::string subject;
  int32_t version = 0;  ///< In its subject, 1-based.
  std::string schema;   ///< As Schema::ToJson() prints it, or as a foreign writer stored it.
};

/// Gives schemas ids, and finds them by id. A subject is the history of the schema of one topic's
/// values: "<topic>-value". Thread safe.
class SchemaRegistry {
 public:
  virtual ~SchemaRegistry() = default;

  /// The id of `schema` under `subject`, registering it when it is not there. A schema that is
  /// there gets the id it has; identity is Schema::ToJson(). On return the registration is
  /// durable, so the id may be written into events. `timestamp` is that of the registration's
  /// record, in event time, so that the same run leaves the same bytes.
  ///
  /// Errors: kBadInput when data of the subject's latest version could not be read by `schema`
  /// (BACKWARD compatibility), with the reasons; kRefused when another writer holds the registry
  /// for too long; those of the store.
  virtual Result<SchemaId> Register(const std::string& subject, const Schema& schema,
                                    Timestamp timestamp) = 0;

  /// The schema with this id, also one that is soft-deleted, since data may still need it.
  /// kNotFound when no such id was ever given; kBadInput when it is not an Avro schema.
  virtual Result<Schema> Find(SchemaId id) = 0;

  /// All versions that are not deleted, in the order of their registration.
  virtual Result<std::vector<RegisteredSchema>> List() = 0;

  /// Why `schema` could not be registered under `subject` now; empty when it could.
  virtual Result<std::vector<std::string>> Check(const std::string& subject,
                                                 const Schema& schema) = 0;
};

}  // namespace tillstream
