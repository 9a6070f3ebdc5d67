#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/ids.h"

namespace tillstream {

/// A schema that another one's text refers to: `subject` and `version` say where its text stands.
struct SchemaReference {
  std::string name;  ///< What the text calls it; for Avro its full name.
  std::string subject;
  int32_t version = 0;
  friend bool operator==(const SchemaReference&, const SchemaReference&) = default;
};

/// The kind of schema that is read here; a registry of others' may hold JSON and PROTOBUF too.
inline constexpr std::string_view kAvroType = "AVRO";

/// One version of a subject.
struct RegisteredSchema {
  SchemaId id;  ///< Of the schema: the same under every subject that has it.
  std::string subject;
  int32_t version = 0;  ///< In its subject, 1-based.
  std::string schema;   ///< As Schema::ToJson() prints it, or as a foreign writer stored it.
  std::string type{kAvroType};
  std::vector<SchemaReference> references{};
};

/// What a new version of a subject must be able to do with earlier ones. Backward: read what they
/// wrote; forward: be read by them; full: both. The plain levels look at the latest version, the
/// transitive ones at all.
enum class CompatibilityLevel {
  kNone,
  kBackward,
  kBackwardTransitive,
  kForward,
  kForwardTransitive,
  kFull,
  kFullTransitive,
};

/// "BACKWARD_TRANSITIVE", ...
std::string_view CompatibilityLevelName(CompatibilityLevel level);
/// In any case of letters; none when there is no such level.
std::optional<CompatibilityLevel> CompatibilityLevelFromName(std::string_view name);
bool IsTransitive(CompatibilityLevel level);

/// What may be done with a subject, or with all of them.
enum class SubjectMode {
  kReadWrite,
  kReadOnly,          ///< No registration, deletion or setting.
  kReadOnlyOverride,  ///< Of all subjects, whatever a subject's own mode says.
  kImport,            ///< Registrations bring their ids, and are not checked for compatibility.
};

/// "READWRITE", ...
std::string_view SubjectModeName(SubjectMode mode);
/// In any case of letters; none when there is no such mode.
std::optional<SubjectMode> SubjectModeFromName(std::string_view name);

}  // namespace tillstream
