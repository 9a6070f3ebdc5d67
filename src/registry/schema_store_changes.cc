// The side of SchemaStore that writes.
#include <algorithm>

#include "base/text.h"
#include "registry/registry_error.h"
#include "registry/schema_store.h"

namespace tillstream {
namespace {

using Records = Result<std::vector<SchemasRecord>>;

/// How often a registration begins again since its subject changed while it was compared. Each time
/// another one went through; the last time it is compared while the others wait.
constexpr int kRegisterAttemptsMax = 8;

/// What a registration depends on, as it was before it was compared.
struct Asked {
  Result<std::vector<Schema>> referenced;
  CompatibilityTask task;
};

bool IsSame(const std::vector<Schema>& a, const std::vector<Schema>& b) {
  return std::ranges::equal(
      a, b, [](const Schema& x, const Schema& y) { return &x.root() == &y.root(); });
}

Status CheckUnreferenced(const SchemaHistory& history, const std::string& subject,
                         int32_t version) {
  const std::vector<SchemaId> ids = history.ReferencedBy(subject, version);
  if (ids.empty()) return Ok();
  return RegistryError(RegistryCode::kReferenceExists,
                       "subject {}: version {} is referred to by schema {}", Quote(subject),
                       version, ids.front().value());
}

Records PlanSoftDeletion(const SchemaHistory& history, const std::string& subject,
                         std::vector<int32_t>* deleted) {
  const SchemaHistory::Versions& versions = *history.Find(subject);
  if (history.Latest(subject) == nullptr) {
    return RegistryError(RegistryCode::kSubjectSoftDeleted,
                         "subject {} is deleted already; permanent=true deletes it for good",
                         Quote(subject));
  }
  for (const auto& [number, version] : versions) {
    if (version.is_deleted) continue;
    TILLSTREAM_TRY(CheckUnreferenced(history, subject, number));
    deleted->push_back(number);
  }
  std::vector<SchemasRecord> records = {MakeDeleteSubjectRecord(subject, deleted->back())};
  // A subject that comes again begins with the settings of all.
  if (history.ModeOf(subject)) records.push_back(MakeModeRecord(subject, std::nullopt));
  if (history.LevelOf(subject)) records.push_back(MakeLevelRecord(subject, std::nullopt));
  return records;
}

Records PlanPermanentDeletion(const SchemaHistory& history, const std::string& subject,
                              std::vector<int32_t>* deleted) {
  if (history.Latest(subject) != nullptr) {
    return RegistryError(RegistryCode::kSubjectNotSoftDeleted,
                         "subject {} must be deleted without permanent=true first", Quote(subject));
  }
  std::vector<SchemasRecord> records;
  for (const auto& [number, version] : *history.Find(subject)) {
    deleted->push_back(number);
    records.push_back(MakeSchemaTombstone(subject, number));
  }
  return records;
}

Records PlanVersionDeletion(const SchemaHistory& history, const std::string& subject,
                            VersionNumber number, bool permanent, int32_t* deleted) {
  const SchemaHistory::Versions* const versions = history.Find(subject);
  if (versions == nullptr || (!permanent && history.Latest(subject) == nullptr)) {
    return SubjectNotFound(subject);
  }
  const SubjectVersion* const latest = history.Latest(subject);
  *deleted = number.value_or(latest == nullptr ? versions->rbegin()->first : latest->version);
  const auto found = versions->find(*deleted);
  if (found == versions->end()) {
    return RegistryError(RegistryCode::kVersionNotFound, "subject {}: version {} not found",
                         Quote(subject), *deleted);
  }
  const SubjectVersion& version = found->second;
  if (permanent) {
    if (!version.is_deleted) {
      return RegistryError(RegistryCode::kVersionNotSoftDeleted,
                           "subject {}: version {} must be deleted without permanent=true first",
                           Quote(subject), *deleted);
    }
    return std::vector<SchemasRecord>{MakeSchemaTombstone(subject, *deleted)};
  }
  if (version.is_deleted) {
    return RegistryError(
        RegistryCode::kVersionSoftDeleted,
        "subject {}: version {} is deleted already; permanent=true deletes it for good",
        Quote(subject), *deleted);
  }
  TILLSTREAM_TRY(CheckUnreferenced(history, subject, *deleted));
  return std::vector<SchemasRecord>{MakeSchemaRecord(DescribeVersion(subject, version), true)};
}

}  // namespace

Result<RegisteredSchema> SchemaStore::Register(const std::string& subject, const SchemaText& posted,
                                               bool normalize, const ImportedNumbers& numbers) {
  // Most registrations are of what is there already: a client asks at every start.
  TILLSTREAM_TRY(topic_->RefreshDurably());
  for (int attempt = 1;; ++attempt) {
    const Asked asked = topic_->With([&](const SchemaHistory& history) {
      return Asked{ReferencedSchemas(history, posted), CompatibilityTaskOf(history, subject)};
    });
    TILLSTREAM_TRY(asked.referenced);
    TILLSTREAM_ASSIGN(const ReadSchema schema, ReadPosted(posted, *asked.referenced, normalize));
    TILLSTREAM_ASSIGN(const RegistrationPlan first, topic_->With([&](const SchemaHistory& history) {
      return PlanRegistration(history, subject, schema, numbers, &asked.task);
    }));
    if (first.records.empty()) return first.registered;
    // Without the history's lock, since it may take long.
    if (!numbers.id) TILLSTREAM_TRY(CheckCompatible(subject, asked.task, schema.schema));

    std::optional<RegisteredSchema> registered;
    const auto plan = [&](const SchemaHistory& history) -> Records {
      TILLSTREAM_ASSIGN(const auto referenced, ReferencedSchemas(history, posted));
      const bool is_other_task = CompatibilityTaskOf(history, subject) != asked.task;
      if (!IsSame(referenced, *asked.referenced) ||
          (is_other_task && attempt < kRegisterAttemptsMax)) {
        return std::vector<SchemasRecord>();
      }
      TILLSTREAM_ASSIGN(RegistrationPlan second,
                        PlanRegistration(history, subject, schema, numbers, &asked.task));
      registered = std::move(second.registered);
      return std::move(second.records);
    };
    TILLSTREAM_TRY(topic_->Write(plan, Now()));
    if (registered) return *std::move(registered);
  }
}

Result<std::vector<int32_t>> SchemaStore::DeleteSubject(const std::string& subject,
                                                        bool permanent) {
  std::vector<int32_t> deleted;
  const auto plan = [&](const SchemaHistory& history) -> Records {
    if (history.Find(subject) == nullptr) return SubjectNotFound(subject);
    TILLSTREAM_TRY(CheckWritable(history, subject));
    return permanent ? PlanPermanentDeletion(history, subject, &deleted)
                     : PlanSoftDeletion(history, subject, &deleted);
  };
  TILLSTREAM_TRY(topic_->Write(plan, Now()));
  return deleted;
}

Result<int32_t> SchemaStore::DeleteVersion(const std::string& subject, VersionNumber version,
                                           bool permanent) {
  int32_t deleted = 0;
  const auto plan = [&](const SchemaHistory& history) -> Records {
    TILLSTREAM_TRY(CheckWritable(history, subject));
    return PlanVersionDeletion(history, subject, version, permanent, &deleted);
  };
  TILLSTREAM_TRY(topic_->Write(plan, Now()));
  return deleted;
}

Status SchemaStore::SetLevel(const std::string& subject, CompatibilityLevel level) {
  if (!subject.empty()) TILLSTREAM_TRY(CheckSubject(subject));
  return topic_->Write(
      [&](const SchemaHistory& history) -> Records {
        TILLSTREAM_TRY(CheckWritable(history, subject));
        if (history.LevelOf(subject) == level) return std::vector<SchemasRecord>();
        return std::vector<SchemasRecord>{MakeLevelRecord(subject, level)};
      },
      Now());
}

Status SchemaStore::SetMode(const std::string& subject, SubjectMode mode, bool force) {
  if (!subject.empty()) TILLSTREAM_TRY(CheckSubject(subject));
  if (mode == SubjectMode::kReadOnlyOverride && !subject.empty()) {
    return RegistryError(RegistryCode::kInvalidMode, "mode {} is of all subjects only",
                         SubjectModeName(mode));
  }
  return topic_->Write(
      [&](const SchemaHistory& history) -> Records {
        if (history.ModeOf(subject) == mode) return std::vector<SchemasRecord>();
        const bool has_schemas =
            subject.empty() ? !history.subjects().empty() : history.Find(subject) != nullptr;
        if (mode == SubjectMode::kImport && has_schemas && !force) {
          return RegistryError(RegistryCode::kNotPermitted,
                               "mode IMPORT is for subjects without schemas, and there are some; "
                               "force=true sets it all the same");
        }
        return std::vector<SchemasRecord>{MakeModeRecord(subject, mode)};
      },
      Now());
}

Result<CompatibilityLevel> SchemaStore::DeleteLevel(const std::string& subject) {
  CompatibilityLevel deleted{};
  const auto plan = [&](const SchemaHistory& history) -> Records {
    TILLSTREAM_TRY(CheckWritable(history, subject));
    const auto level = history.LevelOf(subject);
    deleted = level.value_or(history.LevelFor(subject));
    if (level) return std::vector<SchemasRecord>{MakeLevelRecord(subject, std::nullopt)};
    if (subject.empty()) return std::vector<SchemasRecord>();
    return SubjectNotFound(subject);
  };
  TILLSTREAM_TRY(topic_->Write(plan, Now()));
  return deleted;
}

Result<SubjectMode> SchemaStore::DeleteMode(const std::string& subject) {
  SubjectMode deleted{};
  const auto plan = [&](const SchemaHistory& history) -> Records {
    const auto mode = history.ModeOf(subject);
    deleted = mode.value_or(history.ModeFor(subject));
    if (mode) return std::vector<SchemasRecord>{MakeModeRecord(subject, std::nullopt)};
    if (subject.empty()) return std::vector<SchemasRecord>();
    return SubjectNotFound(subject);
  };
  TILLSTREAM_TRY(topic_->Write(plan, Now()));
  return deleted;
}

}  // namespace tillstream
