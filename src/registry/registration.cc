#include "registry/registration.h"

#include <fmt/ranges.h>

#include "base/text.h"
#include "registry/registry_error.h"

namespace tillstream {
namespace {

Result<RegistrationPlan> PlanNew(const SchemaHistory& history, const std::string& subject,
                                 const ReadSchema& schema, const ImportedNumbers& numbers) {
  std::optional<SchemaId> id = numbers.id ? numbers.id : history.IdOf(schema.identity);
  if (!id) id = history.NextId();
  const std::optional<int32_t> version =
      numbers.version ? numbers.version : history.NextVersion(subject);
  if (!id || !version) {
    return RegistryError(RegistryCode::kNotPermitted, "subject {}: no {} is left behind 2147483647",
                         Quote(subject), id ? "version" : "id");
  }
  RegistrationPlan plan;
  plan.registered.id = *id;
  plan.registered.subject = subject;
  plan.registered.version = *version;
  plan.registered.schema = schema.schema.ToJson();
  plan.registered.references = schema.references;
  plan.records.push_back(MakeSchemaRecord(plan.registered));
  if (const SchemaHistory::Versions* versions = history.Find(subject)) {
    for (const auto& [number, present] : *versions) {
      if (present.schema->identity != schema.identity || !present.is_deleted) continue;
      if (number != plan.registered.version) {
        plan.records.push_back(MakeSchemaTombstone(subject, number));
      }
    }
  }
  return plan;
}

/// Mode IMPORT: the numbers must be free, or this schema's already.
Status CheckImport(const SchemaHistory& history, const std::string& subject,
                   const ReadSchema& schema, const ImportedNumbers& numbers) {
  if (const StoredSchema* stored = history.FindId(*numbers.id);
      stored != nullptr && stored->identity != schema.identity) {
    return RegistryError(RegistryCode::kNotPermitted, "id {} is another schema's",
                         numbers.id->value());
  }
  const SchemaHistory::Versions* const versions = history.Find(subject);
  if (versions == nullptr || !numbers.version) return Ok();
  const auto taken = versions->find(*numbers.version);
  if (taken != versions->end() && taken->second.id != *numbers.id) {
    return RegistryError(RegistryCode::kNotPermitted, "subject {}: version {} has id {} already",
                         Quote(subject), *numbers.version, taken->second.id.value());
  }
  return Ok();
}

Status CheckMode(const SchemaHistory& history, const std::string& subject, bool brings_id) {
  TILLSTREAM_TRY(CheckWritable(history, subject));
  const SubjectMode mode = history.ModeFor(subject);
  if (brings_id && mode != SubjectMode::kImport) {
    return RegistryError(RegistryCode::kNotPermitted,
                         "subject {} is in mode {}; an id may be given in mode IMPORT only",
                         Quote(subject), SubjectModeName(mode));
  }
  if (!brings_id && mode == SubjectMode::kImport) {
    return RegistryError(RegistryCode::kNotPermitted,
                         "subject {} is in mode IMPORT, where a schema brings its id",
                         Quote(subject));
  }
  return Ok();
}

}  // namespace

Status CheckSubject(const std::string& subject) {
  if (!subject.empty() && subject.size() <= kSubjectBytesMax && IsPrintableUtf8(subject)) {
    return Ok();
  }
  return RegistryError(RegistryCode::kInvalidSubject,
                       "{} is not a subject; needed 1 to {} bytes of printable UTF-8",
                       Quote(subject), kSubjectBytesMax);
}

Status CheckWritable(const SchemaHistory& history, const std::string& subject) {
  const SubjectMode mode = history.ModeFor(subject);
  if (mode != SubjectMode::kReadOnly && mode != SubjectMode::kReadOnlyOverride) return Ok();
  return RegistryError(RegistryCode::kNotPermitted, "{} is in mode {}",
                       subject.empty() ? "the registry" : "subject " + Quote(subject),
                       SubjectModeName(mode));
}

Result<std::vector<Schema>> ReferencedSchemas(const SchemaHistory& history,
                                              const SchemaText& posted) {
  std::vector<Schema> referenced;
  for (const SchemaReference& reference : posted.references) {
    const SchemaHistory::Versions* const versions = history.Find(reference.subject);
    const SubjectVersion* found = nullptr;
    if (versions != nullptr) {
      const auto version = versions->find(reference.version);
      if (version != versions->end() && !version->second.is_deleted) found = &version->second;
    }
    if (found == nullptr || !found->schema->parsed) {
      return RegistryError(RegistryCode::kInvalidSchema,
                           "reference {}: subject {} has no version {} that can be read",
                           Quote(reference.name), Quote(reference.subject), reference.version);
    }
    referenced.push_back(*found->schema->parsed);
  }
  return referenced;
}

Result<ReadSchema> ReadPosted(const SchemaText& posted, const std::vector<Schema>& referenced,
                              bool normalize) {
  if (posted.type != kAvroType) {
    return RegistryError(RegistryCode::kInvalidSchema, "schema type {}: this registry has {} only",
                         Quote(posted.type), kAvroType);
  }
  auto schema = Schema::Parse(posted.text, referenced);
  if (!schema) return RegistryError(RegistryCode::kInvalidSchema, "{}", schema.error().message);
  if (normalize) {
    schema = Schema::Parse(schema->ToNormalizedJson(), referenced);
    if (!schema) return RegistryError(RegistryCode::kInvalidSchema, "{}", schema.error().message);
  }
  return ReadSchema{*schema, posted.references, SchemaIdentity(*schema, posted.references)};
}

Status CheckCompatible(const std::string& subject, const CompatibilityTask& task,
                       const Schema& schema) {
  const auto reasons = ReasonsAgainst(task, schema);
  if (reasons.empty()) return Ok();
  return RegistryError(RegistryCode::kIncompatible, "subject {}: incompatible ({}): {}",
                       Quote(subject), CompatibilityLevelName(task.level),
                       fmt::join(reasons, "; "));
}

Result<RegistrationPlan> PlanRegistration(const SchemaHistory& history, const std::string& subject,
                                          const ReadSchema& schema, const ImportedNumbers& numbers,
                                          const CompatibilityTask* checked) {
  TILLSTREAM_TRY(CheckSubject(subject));
  if (const SubjectVersion* present = history.FindSchema(subject, schema.identity);
      present != nullptr && (!numbers.id || *numbers.id == present->id) &&
      (!numbers.version || *numbers.version == present->version)) {
    return RegistrationPlan{DescribeVersion(subject, *present), {}};
  }
  TILLSTREAM_TRY(CheckMode(history, subject, numbers.id.has_value()));
  if (numbers.id) {
    TILLSTREAM_TRY(CheckImport(history, subject, schema, numbers));
    return PlanNew(history, subject, schema, numbers);
  }
  const CompatibilityTask task = CompatibilityTaskOf(history, subject);
  if (checked == nullptr || *checked != task) {
    TILLSTREAM_TRY(CheckCompatible(subject, task, schema.schema));
  }
  return PlanNew(history, subject, schema, {});
}

RegisteredSchema DescribeVersion(const std::string& subject, const SubjectVersion& version) {
  return {version.id,           subject,
          version.version,      version.schema->text,
          version.schema->type, version.schema->references};
}

}  // namespace tillstream
