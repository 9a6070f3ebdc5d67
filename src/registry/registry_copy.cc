#include "registry/registry_copy.h"

#include <algorithm>
#include <set>

#include "base/text.h"
#include "registry/schema_reference.h"

namespace tillstream {
namespace {

Json BodyOf(const RegisteredSchema& version, const std::vector<SchemaReference>& references) {
  Json body = {{"schema", version.schema}};
  if (version.type != kAvroType) body["schemaType"] = version.type;
  PutReferences(references, &body);
  return body;
}

/// The mode in which registrations bring their ids.
constexpr const char* kImport = "IMPORT";

std::string ModePath(const std::string& subject) { return "/mode/" + EscapeSegment(subject); }

std::string ModeBody(const std::string& mode) { return DumpJson(Json{{"mode", mode}}); }

std::string VersionName(const RegisteredSchema& version) {
  return fmt::format("subject {}: version {}", Quote(version.subject), version.version);
}

/// What every status of 4xx means that says that the path is not served at all.
bool IsUnserved(const RestReply& reply) { return reply.status == 404 || reply.status == 405; }

}  // namespace

int64_t CopyPlan::Count(CopyState state) const {
  return std::count_if(versions.begin(), versions.end(),
                       [&](const VersionCopy& copy) { return copy.state == state; }) +
         std::count_if(levels.begin(), levels.end(),
                       [&](const LevelCopy& copy) { return copy.state == state; });
}

std::vector<Schema> RegistryCopier::Referenced(const RegisteredSchema& version) const {
  std::vector<Schema> referenced;
  for (const SchemaReference& reference : version.references) {
    const auto found = parsed_.find(Place(reference.subject, reference.version));
    if (found != parsed_.end()) referenced.push_back(found->second);
  }
  return referenced;
}

std::string RegistryCopier::Form(const std::string& text, const std::string& type,
                                 const std::vector<Schema>& referenced) const {
  if (type != kAvroType) return type + text;
  const auto schema = Schema::Parse(text, referenced);
  return schema ? schema->CanonicalForm() : text;
}

void RegistryCopier::Remember(const RegisteredSchema& version) {
  if (version.type != kAvroType) return;
  auto schema = Schema::Parse(version.schema, Referenced(version));
  if (schema) parsed_.emplace(Place(version.subject, version.version), *std::move(schema));
}

Status RegistryCopier::CheckImport() {
  TILLSTREAM_ASSIGN(const RestReply reply, target_.Ask("GET", "/mode", ""));
  if (reply.ok()) return Ok();
  if (!IsUnserved(reply)) return reply.Refusal();
  return MakeError(ErrorCode::kUnavailable,
                   "{}: has no mode IMPORT, so it cannot take ids; --new-ids copies the schemas "
                   "without them",
                   target_.Describe());
}

Result<std::optional<bool>> RegistryCopier::HasId(const RegisteredSchema& version) {
  TILLSTREAM_ASSIGN(const RestReply reply,
                    target_.Ask("GET", fmt::format("/schemas/ids/{}", version.id.value()), ""));
  if (reply.is_not_found()) return std::optional<bool>();
  if (!reply.ok()) return reply.Refusal();
  const auto text = JsonText(reply.json, "schema");
  if (!text) return reply.Unexpected("an object with a text \"schema\"");
  const std::string type = JsonText(reply.json, "schemaType").value_or(std::string(kAvroType));
  const std::vector<Schema> referenced = Referenced(version);
  return std::optional(Form(*text, type, referenced) ==
                       Form(version.schema, version.type, referenced));
}

Result<std::optional<RegisteredSchema>> RegistryCopier::VersionThere(
    const RegisteredSchema& version, bool with_deleted) {
  const std::string path = fmt::format("{}/versions/{}{}", SubjectPath(version.subject),
                                       version.version, with_deleted ? "?deleted=true" : "");
  TILLSTREAM_ASSIGN(const RestReply reply, target_.Ask("GET", path, ""));
  if (reply.is_not_found()) return std::optional<RegisteredSchema>();
  if (!reply.ok()) return reply.Refusal();
  TILLSTREAM_ASSIGN(RegisteredSchema there, ReadVersion(reply, version.subject));
  return std::optional(std::move(there));
}

Status RegistryCopier::PlanKept(VersionCopy* copy, std::vector<std::string>* conflicts) {
  const RegisteredSchema& source = copy->source;
  copy->target_id = source.id;
  copy->target_version = source.version;
  numbers_[Place(source.subject, source.version)] = source.version;
  TILLSTREAM_ASSIGN(const auto has_id, HasId(source));
  if (has_id && !*has_id) {
    conflicts->push_back(fmt::format("id {} of {} is another schema's there", source.id.value(),
                                     VersionName(source)));
    return Ok();
  }
  TILLSTREAM_ASSIGN(auto there, VersionThere(source, false));
  if (there && there->id == source.id) copy->state = CopyState::kPresent;
  if (!there) {
    TILLSTREAM_ASSIGN(there, VersionThere(source, true));
  }
  if (there && there->id != source.id) {
    conflicts->push_back(fmt::format("{} has id {} there, needed {}", VersionName(source),
                                     there->id.value(), source.id.value()));
  }
  return Ok();
}

std::optional<std::vector<SchemaReference>> RegistryCopier::TargetReferences(
    const RegisteredSchema& version) const {
  std::vector<SchemaReference> references = version.references;
  for (SchemaReference& reference : references) {
    const auto number = numbers_.find(Place(reference.subject, reference.version));
    if (number == numbers_.end()) return std::nullopt;
    reference.version = number->second;
  }
  return references;
}

/// Without kept ids a version is there when its subject has the schema.
Status RegistryCopier::PlanNew(VersionCopy* copy) {
  const auto references = TargetReferences(copy->source);
  if (!references) return Ok();
  TILLSTREAM_ASSIGN(const RestReply reply,
                    target_.Ask("POST", SubjectPath(copy->source.subject),
                                DumpJson(BodyOf(copy->source, *references))));
  if (reply.is_not_found()) return Ok();
  if (!reply.ok()) return reply.Refusal();
  const auto id = JsonNumber(reply.json, "id");
  const auto version = JsonNumber(reply.json, "version");
  if (!id || !version) return reply.Unexpected("an object with id and version");
  if (copy->state == CopyState::kMissing) copy->state = CopyState::kPresent;
  copy->target_id = SchemaId(*id);
  copy->target_version = *version;
  numbers_[Place(copy->source.subject, copy->source.version)] = *version;
  return Ok();
}

Status RegistryCopier::PlanLevels(const RegistryContents& contents, CopyPlan* plan) {
  for (const auto& [subject, level] : contents.levels) {
    TILLSTREAM_ASSIGN(const auto there, AskForLevel(target_, subject));
    plan->levels.push_back(
        {subject, level, there == level ? CopyState::kPresent : CopyState::kMissing});
  }
  return Ok();
}

/// Looks at all subjects: a copy that was killed may have written all versions of one.
Status RegistryCopier::PlanModes(CopyPlan* plan) {
  std::set<std::string> subjects;
  for (const VersionCopy& copy : plan->versions) subjects.insert(copy.source.subject);
  for (const std::string& subject : subjects) {
    TILLSTREAM_ASSIGN(const auto mode, OwnMode(subject));
    if (mode == kImport) plan->left_in_import.push_back(subject);
  }
  return Ok();
}

Result<CopyPlan> RegistryCopier::Plan(const RegistryContents& contents) {
  if (options_.keep_ids) TILLSTREAM_TRY(CheckImport());
  CopyPlan plan;
  std::vector<std::string> conflicts;
  for (const RegisteredSchema& version : contents.versions) {
    Remember(version);
    VersionCopy copy{version, CopyState::kMissing, SchemaId(0), 0};
    if (options_.keep_ids) {
      TILLSTREAM_TRY(PlanKept(&copy, &conflicts));
    } else {
      TILLSTREAM_TRY(PlanNew(&copy));
    }
    plan.versions.push_back(std::move(copy));
  }
  if (!conflicts.empty()) {
    return MakeError(
        ErrorCode::kRefused, "{}: {}{}; nothing was written", target_.Describe(), conflicts.front(),
        conflicts.size() == 1 ? "" : fmt::format(", and {} more", conflicts.size() - 1));
  }
  TILLSTREAM_TRY(PlanLevels(contents, &plan));
  if (options_.keep_ids) TILLSTREAM_TRY(PlanModes(&plan));
  std::set<std::string> subjects;
  for (const VersionCopy& copy : plan.versions) {
    if (copy.state == CopyState::kMissing) subjects.insert(copy.source.subject);
  }
  for (const std::string& subject : subjects) {
    TILLSTREAM_ASSIGN(const RestReply reply,
                      target_.Ask("GET", SubjectPath(subject) + "/versions", ""));
    if (reply.ok() && !reply.json.empty()) plan.occupied.push_back(subject);
    if (!reply.ok() && !reply.is_not_found()) return reply.Refusal();
  }
  return plan;
}

Status RegistryCopier::CheckStop() const {
  if (!options_.stop.stop_requested()) return Ok();
  return MakeError(ErrorCode::kStopped, "{}: stopped", target_.Describe());
}

Result<std::optional<std::string>> RegistryCopier::OwnMode(const std::string& subject) {
  TILLSTREAM_ASSIGN(const RestReply reply, target_.Ask("GET", ModePath(subject), ""));
  if (reply.is_not_found()) return std::optional<std::string>();
  if (!reply.ok()) return reply.Refusal();
  return JsonText(reply.json, "mode");
}

Status RegistryCopier::SetImport(const std::string& subject) {
  TILLSTREAM_TRY(CheckStop());
  TILLSTREAM_ASSIGN(std::optional<std::string> before, OwnMode(subject));
  // That of a copy that was killed is nobody's wish.
  if (before == kImport) before.reset();
  // Remembered before it is set: an answer that got lost may have been a yes.
  imported_.emplace_back(subject, before);
  TILLSTREAM_ASSIGN(const RestReply reply,
                    target_.Ask("PUT", ModePath(subject) + (options_.force ? "?force=true" : ""),
                                ModeBody(kImport)));
  if (reply.ok()) return Ok();
  imported_.pop_back();
  return reply.Refusal();
}

Status RegistryCopier::RestoreModes() {
  Status first = Ok();
  for (const auto& [subject, mode] : imported_) {
    auto reply = mode ? last_.Ask("PUT", ModePath(subject), ModeBody(*mode))
                      : last_.Ask("DELETE", ModePath(subject), "");
    // Older servers cannot take a subject's mode back.
    if (!mode && reply && IsUnserved(*reply)) {
      reply = last_.Ask("PUT", ModePath(subject), ModeBody("READWRITE"));
    }
    if (reply && reply->ok()) continue;
    const Error error = reply ? reply->Refusal() : reply.error();
    if (first) {
      first = MakeError(ErrorCode::kUnavailable, "{}; subject {} is left in mode IMPORT",
                        error.message, Quote(subject));
    }
  }
  imported_.clear();
  return first;
}

Status RegistryCopier::Write(VersionCopy* copy) {
  const RegisteredSchema& source = copy->source;
  const auto references = TargetReferences(source);
  if (!references) {
    return MakeError(ErrorCode::kUnavailable, "{}: {}: what it refers to was written and is gone",
                     target_.Describe(), VersionName(source));
  }
  Json body = BodyOf(source, *references);
  if (options_.keep_ids) {
    body["id"] = source.id.value();
    body["version"] = source.version;
  }
  TILLSTREAM_ASSIGN(const RestReply reply,
                    target_.Ask("POST", SubjectPath(source.subject) + "/versions", DumpJson(body)));
  if (reply.status == 409 || reply.status == 422) {
    return Error{ErrorCode::kBadInput,
                 fmt::format("{}: {}: {} {}", target_.Describe(), VersionName(source), reply.code,
                             reply.message),
                 reply.code};
  }
  if (!reply.ok()) return reply.Refusal();
  const auto id = JsonNumber(reply.json, "id");
  if (!id) return reply.Unexpected("an object with a number \"id\"");
  if (options_.keep_ids && *id != source.id.value()) {
    return MakeError(ErrorCode::kUnavailable, "{}: {}: got id {}, needed {}", target_.Describe(),
                     VersionName(source), *id, source.id.value());
  }
  copy->target_id = SchemaId(*id);
  copy->state = CopyState::kCopied;
  return options_.keep_ids ? Ok() : PlanNew(copy);
}

Status RegistryCopier::WriteVersions(CopyPlan* plan) {
  if (options_.keep_ids) {
    for (const std::string& subject : plan->left_in_import) {
      imported_.emplace_back(subject, std::nullopt);
    }
    std::set<std::string> subjects(plan->left_in_import.begin(), plan->left_in_import.end());
    for (const VersionCopy& copy : plan->versions) {
      if (copy.state != CopyState::kMissing || !subjects.insert(copy.source.subject).second) {
        continue;
      }
      TILLSTREAM_TRY(SetImport(copy.source.subject));
    }
  }
  for (VersionCopy& copy : plan->versions) {
    if (copy.state != CopyState::kMissing) continue;
    TILLSTREAM_TRY(CheckStop());
    TILLSTREAM_TRY(Write(&copy));
  }
  return Ok();
}

Status RegistryCopier::WriteLevels(CopyPlan* plan) {
  for (LevelCopy& copy : plan->levels) {
    if (copy.state != CopyState::kMissing) continue;
    TILLSTREAM_TRY(CheckStop());
    const std::string path =
        copy.subject.empty() ? "/config" : "/config/" + EscapeSegment(copy.subject);
    const Json body = {{"compatibility", CompatibilityLevelName(copy.level)}};
    TILLSTREAM_ASSIGN(const RestReply reply, target_.Ask("PUT", path, DumpJson(body)));
    if (!reply.ok()) return reply.Refusal();
    copy.state = CopyState::kCopied;
  }
  return Ok();
}

Status RegistryCopier::Verify(const CopyPlan& plan) {
  for (const VersionCopy& copy : plan.versions) {
    TILLSTREAM_TRY(CheckStop());
    RegisteredSchema needed = copy.source;
    needed.id = copy.target_id;
    needed.version = copy.target_version;
    TILLSTREAM_ASSIGN(const auto there, VersionThere(needed, false));
    const int32_t id_there = there ? there->id.value() : 0;
    if (id_there != needed.id.value()) {
      return MakeError(ErrorCode::kFailed, "{}: {}: has {} afterwards, needed id {}",
                       target_.Describe(), VersionName(needed),
                       there ? fmt::format("id {}", id_there) : "no such version",
                       needed.id.value());
    }
    needed.version = copy.source.version;  // references are looked for in the source
    TILLSTREAM_ASSIGN(const auto has_id, HasId(needed));
    if (!has_id || !*has_id) {
      return MakeError(ErrorCode::kFailed, "{}: id {}: is {} afterwards, needed that of {}",
                       target_.Describe(), needed.id.value(), has_id ? "another schema" : "nothing",
                       VersionName(copy.source));
    }
  }
  return Ok();
}

Status RegistryCopier::Execute(CopyPlan* plan) {
  if (options_.keep_ids && !options_.force && !plan->occupied.empty()) {
    return MakeError(ErrorCode::kRefused,
                     "{}: subject {} has versions there already; --force imports beside them",
                     target_.Describe(), Quote(plan->occupied.front()));
  }
  const Status written = WriteVersions(plan);
  const Status restored = RestoreModes();
  if (!written && !restored) {
    const Error& first = written.error();
    // A stop is what was wanted, a mode that stays is not.
    return Error{first.code == ErrorCode::kStopped ? restored.error().code : first.code,
                 first.message + "; " + restored.error().message, first.protocol_code};
  }
  TILLSTREAM_TRY(written);
  TILLSTREAM_TRY(restored);
  TILLSTREAM_TRY(WriteLevels(plan));
  return Verify(*plan);
}

}  // namespace tillstream
