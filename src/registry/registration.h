#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "registry/schema_history.h"
#include "registry/schemas_record.h"

namespace tillstream {

/// A schema's text as it is posted to a registry.
struct SchemaText {
  std::string text;
  std::string type{kAvroType};
  std::vector<SchemaReference> references{};
};

/// A posted schema, read.
struct ReadSchema {
  Schema schema;
  std::vector<SchemaReference> references{};
  std::string identity;  ///< SchemaIdentity().
};

/// Reads what was posted; `normalize` takes spelling away that does not change the meaning
/// (docs/formats/avro.md). kInvalidSchema when it is none, of another type, or refers to a version
/// that is not there.
Result<ReadSchema> ReadPosted(const SchemaHistory& history, const SchemaText& posted,
                              bool normalize);

/// A registration that brings its number, as mode IMPORT asks; none of both in any other mode.
struct ImportedNumbers {
  std::optional<SchemaId> id;
  std::optional<int32_t> version;
};

/// Longest subject: as long as a Kafka topic's name may be, with what strategies put around it.
inline constexpr size_t kSubjectBytesMax = 1024;

/// kInvalidSubject when `subject` is empty, longer than kSubjectBytesMax or has control characters.
Status CheckSubject(const std::string& subject);

/// What registering `schema` under `subject` comes to: the version that is there already, or a new
/// one with the records that make it. Softly deleted versions that are the same schema go for good
/// then.
struct RegistrationPlan {
  RegisteredSchema registered;
  std::vector<SchemasRecord> records;  ///< Empty when it is there.
};

/// Errors: kIncompatible with all reasons, kNotPermitted by the mode, kInvalidSubject,
/// kSchemaTooLarge for what no record can hold.
Result<RegistrationPlan> PlanRegistration(const SchemaHistory& history, const std::string& subject,
                                          const ReadSchema& schema,
                                          const ImportedNumbers& numbers = {});

/// A version as callers outside this folder see it.
RegisteredSchema DescribeVersion(const std::string& subject, const SubjectVersion& version);

}  // namespace tillstream
