#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "registry/registered_schema.h"

namespace tillstream {

/// A record of the `_schemas` topic, as Confluent's registry writes it
/// (docs/formats/schemas_topic.md). Without a value it is a tombstone.
struct SchemasRecord {
  std::string key;
  std::optional<std::string> value;
};

/// Registers a version, or marks one as softly deleted.
SchemasRecord MakeSchemaRecord(const RegisteredSchema& registered, bool is_deleted = false);

/// Deletes a version for good.
SchemasRecord MakeSchemaTombstone(const std::string& subject, int32_t version);

/// Deletes all versions up to `version` softly.
SchemasRecord MakeDeleteSubjectRecord(const std::string& subject, int32_t version);

/// Sets the level or mode of a subject, or of all for the empty name; takes it back without a
/// value.
SchemasRecord MakeLevelRecord(const std::string& subject, std::optional<CompatibilityLevel> level);
SchemasRecord MakeModeRecord(const std::string& subject, std::optional<SubjectMode> mode);

}  // namespace tillstream
