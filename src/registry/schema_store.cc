#include "registry/schema_store.h"

#include <charconv>

#include "base/text.h"
#include "registry/registry_error.h"

namespace tillstream {
namespace {

bool Passes(const SubjectVersion& version, DeletedFilter filter) {
  return filter == DeletedFilter::kWith || version.is_deleted == (filter == DeletedFilter::kOnly);
}

DeletedFilter FilterOf(bool with_deleted) {
  return with_deleted ? DeletedFilter::kWith : DeletedFilter::kWithout;
}

Error IdNotFound(SchemaId id) {
  return RegistryError(RegistryCode::kSchemaNotFound, "schema {} not found", id.value());
}

Result<const SubjectVersion*> FindVersion(const SchemaHistory& history, const std::string& subject,
                                          VersionNumber number, bool with_deleted) {
  const SchemaHistory::Versions* const versions = history.Find(subject);
  const SubjectVersion* latest = nullptr;
  const SubjectVersion* found = nullptr;
  if (versions != nullptr) {
    for (const auto& [version, entry] : *versions) {
      if (!Passes(entry, FilterOf(with_deleted))) continue;
      latest = &entry;
      if (number == version) found = &entry;
    }
  }
  if (latest == nullptr) return SubjectNotFound(subject);
  if (!number) return latest;
  if (found != nullptr) return found;
  return RegistryError(RegistryCode::kVersionNotFound, "subject {}: version {} not found",
                       Quote(subject), *number);
}

}  // namespace

Result<VersionNumber> ParseVersionNumber(std::string_view text) {
  if (text == "latest" || text == "-1") return VersionNumber();
  int32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && end == text.data() + text.size() && number >= 1) {
    return VersionNumber(number);
  }
  return RegistryError(RegistryCode::kInvalidVersion,
                       "{} is not a version; needed a number from 1 to 2147483647 or latest",
                       Quote(text));
}

Result<std::unique_ptr<SchemaStore>> SchemaStore::Open(EventLog& log, Clock& clock,
                                                       std::string holder, std::stop_token stop) {
  TILLSTREAM_ASSIGN(std::unique_ptr<SchemasTopic> topic,
                    SchemasTopic::Open(log, clock, std::move(holder), std::move(stop)));
  TILLSTREAM_TRY(topic->RefreshDurably());
  return std::unique_ptr<SchemaStore>(new SchemaStore(std::move(topic), clock));
}

template <typename Read>
auto SchemaStore::Fresh(Read read) -> decltype(read(std::declval<const SchemaHistory&>())) {
  TILLSTREAM_TRY(topic_->RefreshDurably());
  return topic_->With(read);
}

Result<RegisteredSchema> SchemaStore::Lookup(const std::string& subject, const SchemaText& posted,
                                             bool normalize, bool with_deleted) {
  TILLSTREAM_ASSIGN(const std::vector<Schema> referenced,
                    Fresh([&](const SchemaHistory& history) -> Result<std::vector<Schema>> {
                      TILLSTREAM_TRY(FindVersion(history, subject, {}, with_deleted));
                      return ReferencedSchemas(history, posted);
                    }));
  TILLSTREAM_ASSIGN(const ReadSchema schema, ReadPosted(posted, referenced, normalize));
  return topic_->With([&](const SchemaHistory& history) -> Result<RegisteredSchema> {
    const SubjectVersion* const found = history.FindSchema(subject, schema.identity, with_deleted);
    if (found != nullptr) return DescribeVersion(subject, *found);
    return RegistryError(RegistryCode::kSchemaNotFound, "subject {}: this schema is not registered",
                         Quote(subject));
  });
}

Result<RegisteredSchema> SchemaStore::FindId(SchemaId id) {
  const auto find = [&](const SchemaHistory& history) -> Result<RegisteredSchema> {
    const StoredSchema* const stored = history.FindId(id);
    if (stored == nullptr) return IdNotFound(id);
    return RegisteredSchema{id, "", 0, stored->text, stored->type, stored->references};
  };
  auto known = topic_->With(find);
  if (known) return known;
  return Fresh(find);
}

bool SchemaStore::KnowsId(SchemaId id) {
  return topic_->With([&](const SchemaHistory& history) { return history.FindId(id) != nullptr; });
}

Result<std::vector<std::pair<std::string, int32_t>>> SchemaStore::VersionsOf(SchemaId id,
                                                                             bool with_deleted) {
  using List = std::vector<std::pair<std::string, int32_t>>;
  return Fresh([&](const SchemaHistory& history) -> Result<List> {
    if (history.FindId(id) == nullptr) return IdNotFound(id);
    List list;
    for (auto& [subject, number] : history.VersionsOf(id)) {
      if (Passes(history.Find(subject)->at(number), FilterOf(with_deleted))) {
        list.emplace_back(subject, number);
      }
    }
    return list;
  });
}

Result<std::vector<std::string>> SchemaStore::Subjects(const std::string& prefix,
                                                       DeletedFilter filter) {
  return Fresh([&](const SchemaHistory& history) -> Result<std::vector<std::string>> {
    std::vector<std::string> list;
    for (const auto& [subject, versions] : history.subjects()) {
      if (!subject.starts_with(prefix)) continue;
      // A subject counts as deleted only when none of its versions is left.
      const bool is_live = history.Latest(subject) != nullptr;
      if (filter == DeletedFilter::kWith || is_live == (filter == DeletedFilter::kWithout)) {
        list.push_back(subject);
      }
    }
    return list;
  });
}

Result<std::vector<int32_t>> SchemaStore::Versions(const std::string& subject,
                                                   DeletedFilter filter) {
  return Fresh([&](const SchemaHistory& history) -> Result<std::vector<int32_t>> {
    TILLSTREAM_TRY(FindVersion(history, subject, {}, filter != DeletedFilter::kWithout));
    std::vector<int32_t> list;
    for (const auto& [number, version] : *history.Find(subject)) {
      if (Passes(version, filter)) list.push_back(number);
    }
    return list;
  });
}

Result<RegisteredSchema> SchemaStore::Version(const std::string& subject, VersionNumber version,
                                              bool with_deleted) {
  return Fresh([&](const SchemaHistory& history) -> Result<RegisteredSchema> {
    TILLSTREAM_ASSIGN(const SubjectVersion* found,
                      FindVersion(history, subject, version, with_deleted));
    return DescribeVersion(subject, *found);
  });
}

Result<std::vector<RegisteredSchema>> SchemaStore::List(const std::string& prefix,
                                                        bool with_deleted, bool latest_only) {
  return Fresh([&](const SchemaHistory& history) -> Result<std::vector<RegisteredSchema>> {
    std::vector<RegisteredSchema> list;
    for (const auto& [subject, versions] : history.subjects()) {
      if (!subject.starts_with(prefix)) continue;
      const size_t first = list.size();
      for (const auto& [number, version] : versions) {
        if (!Passes(version, FilterOf(with_deleted))) continue;
        if (latest_only) list.resize(first);
        list.push_back(DescribeVersion(subject, version));
      }
    }
    return list;
  });
}

Result<std::vector<SchemaId>> SchemaStore::ReferencedBy(const std::string& subject,
                                                        VersionNumber version) {
  return Fresh([&](const SchemaHistory& history) -> Result<std::vector<SchemaId>> {
    TILLSTREAM_ASSIGN(const SubjectVersion* found, FindVersion(history, subject, version, true));
    return history.ReferencedBy(subject, found->version);
  });
}

Result<std::vector<std::string>> SchemaStore::Check(const std::string& subject,
                                                    VersionNumber version, const SchemaText& posted,
                                                    bool normalize) {
  TILLSTREAM_ASSIGN(const std::vector<Schema> referenced,
                    Fresh([&](const SchemaHistory& history) -> Result<std::vector<Schema>> {
                      return ReferencedSchemas(history, posted);
                    }));
  TILLSTREAM_ASSIGN(const ReadSchema schema, ReadPosted(posted, referenced, normalize));
  const auto find = [&](const SchemaHistory& history) -> Result<CompatibilityTask> {
    const auto found = FindVersion(history, subject, version, false);
    if (found) return CompatibilityTask{history.LevelFor(subject), {**found}};
    if (!version) return CompatibilityTask();
    // Confluent's registry does not tell an unknown subject from an unknown version here.
    return RegistryError(RegistryCode::kVersionNotFound, "{}", found.error().message);
  };
  TILLSTREAM_ASSIGN(const CompatibilityTask task, topic_->With(find));
  return ReasonsAgainst(task, schema.schema);
}

Result<std::vector<std::string>> SchemaStore::CheckAll(const std::string& subject,
                                                       const SchemaText& posted, bool normalize) {
  CompatibilityTask task;
  TILLSTREAM_ASSIGN(const std::vector<Schema> referenced,
                    Fresh([&](const SchemaHistory& history) -> Result<std::vector<Schema>> {
                      task = CompatibilityTaskOf(history, subject);
                      return ReferencedSchemas(history, posted);
                    }));
  TILLSTREAM_ASSIGN(const ReadSchema schema, ReadPosted(posted, referenced, normalize));
  return ReasonsAgainst(task, schema.schema);
}

Result<CompatibilityLevel> SchemaStore::Level(const std::string& subject, bool or_default) {
  return Fresh([&](const SchemaHistory& history) -> Result<CompatibilityLevel> {
    if (or_default || subject.empty()) return history.LevelFor(subject);
    if (const auto level = history.LevelOf(subject)) return *level;
    return RegistryError(RegistryCode::kLevelNotSet,
                         "subject {} has no compatibility level of its own", Quote(subject));
  });
}

Result<SubjectMode> SchemaStore::Mode(const std::string& subject, bool or_default) {
  return Fresh([&](const SchemaHistory& history) -> Result<SubjectMode> {
    if (or_default || subject.empty()) return history.ModeFor(subject);
    if (const auto mode = history.ModeOf(subject)) return *mode;
    return RegistryError(RegistryCode::kModeNotSet, "subject {} has no mode of its own",
                         Quote(subject));
  });
}

Status SchemaStore::Health() { return topic_->Failure(); }

SchemaStore::Sizes SchemaStore::sizes() {
  return topic_->With([](const SchemaHistory& history) {
    Sizes sizes;
    sizes.subjects = static_cast<int64_t>(history.subjects().size());
    for (const auto& [subject, versions] : history.subjects()) {
      sizes.versions += static_cast<int64_t>(versions.size());
    }
    sizes.ids = history.id_count();
    return sizes;
  });
}

}  // namespace tillstream
