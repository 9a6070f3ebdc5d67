#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "registry/compatibility_check.h"
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

/// The schemas that `posted` refers to, in order. kInvalidSchema when a version is not there.
Result<std::vector<Schema>> ReferencedSchemas(const SchemaHistory& history,
                                              const SchemaText& posted);

/// Reads what was posted, with what ReferencedSchemas() found; `normalize` takes spelling away that
/// does not change the meaning (docs/formats/avro.md). May take long where the text wants that, so
/// no lock should be held. kInvalidSchema when it is none, or of another type.
Result<ReadSchema> ReadPosted(const SchemaText& posted, const std::vector<Schema>& referenced,
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

/// kNotPermitted when the mode of `subject`, or that of all for the empty name, lets nothing be
/// written.
Status CheckWritable(const SchemaHistory& history, const std::string& subject);

/// kIncompatible with all reasons when `schema` does not go with what `subject` asks.
Status CheckCompatible(const std::string& subject, const CompatibilityTask& task,
                       const Schema& schema);

/// What registering `schema` under `subject` comes to: the version that is there already, or a new
/// one with the records that make it. Softly deleted versions that are the same schema go for good
/// then.
struct RegistrationPlan {
  RegisteredSchema registered;
  std::vector<SchemasRecord> records;  ///< Empty when it is there.
};

/// Errors: kNotPermitted by the mode or for want of numbers, kInvalidSubject, and those of
/// CheckCompatible(), which is left out where `checked` is what the subject still asks.
Result<RegistrationPlan> PlanRegistration(const SchemaHistory& history, const std::string& subject,
                                          const ReadSchema& schema,
                                          const ImportedNumbers& numbers = {},
                                          const CompatibilityTask* checked = nullptr);

/// A version as callers outside this folder see it.
RegisteredSchema DescribeVersion(const std::string& subject, const SubjectVersion& version);

}  // namespace tillstream
