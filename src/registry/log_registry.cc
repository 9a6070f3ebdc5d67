#include "registry/log_registry.h"

#include <optional>
#include <utility>

#include "base/text.h"
#include "registry/compatibility_check.h"
#include "registry/registration.h"

namespace tillstream {
namespace {

ReadSchema Own(const Schema& schema) { return {schema, {}, SchemaIdentity(schema, {})}; }

/// The id that the schema has under `subject`, and the offset of its record. One that was only read
/// may be in the page cache alone, left by a process that died before its sync; events that are
/// synced later must not outlive it.
std::optional<std::pair<SchemaId, Offset>> Present(SchemasTopic& topic, const std::string& subject,
                                                   const ReadSchema& schema) {
  return topic.With([&](const SchemaHistory& history) {
    const SubjectVersion* const found = history.FindSchema(subject, schema.identity);
    return found == nullptr ? std::nullopt : std::optional(std::pair(found->id, found->offset));
  });
}

}  // namespace

Result<std::unique_ptr<LogRegistry>> LogRegistry::Open(EventLog& log, Clock& clock,
                                                       std::string holder) {
  TILLSTREAM_ASSIGN(std::unique_ptr<SchemasTopic> topic,
                    SchemasTopic::Open(log, clock, std::move(holder)));
  return std::unique_ptr<LogRegistry>(new LogRegistry(std::move(topic)));
}

Result<SchemaId> LogRegistry::Register(const std::string& subject, const Schema& schema,
                                       Timestamp timestamp) {
  const ReadSchema own = Own(schema);
  const auto present = Present(*topic_, subject, own);
  if (present && topic_->IsDurable(present->second)) return present->first;

  SchemaId id;
  const auto written = topic_->Write(
      [&](const SchemaHistory& history) -> Result<std::vector<SchemasRecord>> {
        TILLSTREAM_ASSIGN(RegistrationPlan plan, PlanRegistration(history, subject, own));
        id = plan.registered.id;
        return std::move(plan.records);
      },
      timestamp);
  if (!written) {
    return written.error().protocol_code == 0 ? written.error() : written.error().At("schema");
  }
  return id;
}

Result<SchemaId> LogRegistry::Lookup(const std::string& subject, const Schema& schema) {
  TILLSTREAM_TRY(topic_->Refresh());
  const auto present = Present(*topic_, subject, Own(schema));
  if (!present) {
    return MakeError(ErrorCode::kNotFound,
                     "schema: subject {}: this schema is not registered in {}", Quote(subject),
                     topic_->Describe());
  }
  if (!topic_->IsDurable(present->second)) TILLSTREAM_TRY(topic_->RefreshDurably());
  return present->first;
}

Result<Schema> LogRegistry::Find(SchemaId id) {
  const auto find = [&](const SchemaHistory& history) { return history.FindId(id) != nullptr; };
  if (!topic_->With(find)) TILLSTREAM_TRY(topic_->Refresh());
  return topic_->With([&](const SchemaHistory& history) -> Result<Schema> {
    const StoredSchema* const stored = history.FindId(id);
    if (stored == nullptr) {
      return MakeError(ErrorCode::kNotFound, "schema: id {} is not registered in {}", id.value(),
                       topic_->Describe());
    }
    if (stored->parsed) return *stored->parsed;
    return MakeError(ErrorCode::kBadInput, "schema: id {} {}", id.value(), stored->fault);
  });
}

Result<RegisteredSchema> LogRegistry::Latest(const std::string& subject) {
  TILLSTREAM_TRY(topic_->Refresh());
  return topic_->With([&](const SchemaHistory& history) -> Result<RegisteredSchema> {
    if (const SubjectVersion* latest = history.Latest(subject)) {
      return DescribeVersion(subject, *latest);
    }
    std::vector<std::string> subjects;
    for (const auto& [name, versions] : history.subjects()) {
      if (history.Latest(name) != nullptr) subjects.push_back(name);
    }
    const std::string nearest = Nearest(subject, subjects);
    return MakeError(ErrorCode::kNotFound, "schema: no subject {}{}", Quote(subject),
                     nearest.empty() ? "" : "; did you mean " + nearest);
  });
}

Result<std::vector<RegisteredSchema>> LogRegistry::List() {
  TILLSTREAM_TRY(topic_->Refresh());
  return topic_->With([&](const SchemaHistory& history) {
    std::vector<RegisteredSchema> list;
    for (const auto& [subject, versions] : history.subjects()) {
      for (const auto& [number, version] : versions) {
        if (!version.is_deleted) list.push_back(DescribeVersion(subject, version));
      }
    }
    return list;
  });
}

Result<CompatibilityVerdict> LogRegistry::Check(const std::string& subject, const Schema& schema) {
  TILLSTREAM_TRY(topic_->Refresh());
  return topic_->With([&](const SchemaHistory& history) {
    CompatibilityVerdict verdict;
    const CompatibilityLevel level = history.LevelFor(subject);
    verdict.level = CompatibilityLevelName(level);
    if (history.FindSchema(subject, Own(schema).identity) == nullptr) {
      verdict.reasons = ReasonsAgainst(CompatibilityTaskOf(history, subject), schema);
    }
    return verdict;
  });
}

}  // namespace tillstream
