#include "registry/registry_contents.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "base/text.h"

namespace tillstream {
namespace {

/// Orders versions so that what is referred to comes first.
class ByReference {
 public:
  explicit ByReference(std::vector<RegisteredSchema> versions) : versions_(std::move(versions)) {
    std::sort(versions_.begin(), versions_.end(), [](const auto& a, const auto& b) {
      return std::tuple(a.id, a.version, a.subject) < std::tuple(b.id, b.version, b.subject);
    });
    for (size_t i = 0; i < versions_.size(); ++i) {
      places_.emplace(std::pair(versions_[i].subject, versions_[i].version), i);
    }
    is_visited_.resize(versions_.size());
  }

  Result<std::vector<RegisteredSchema>> Order() {
    for (size_t i = 0; i < versions_.size(); ++i) TILLSTREAM_TRY(Visit(i));
    return std::move(ordered_);
  }

 private:
  /// Walks with a stack of its own: who makes a chain of references decides on its length.
  Status Visit(size_t begin) {
    std::vector<std::pair<size_t, size_t>> open;  // version, its next reference
    const auto enter = [&](size_t place) {
      if (is_visited_[place]) return;
      is_visited_[place] = true;
      open.emplace_back(place, 0);
    };
    enter(begin);
    while (!open.empty()) {
      auto& [place, next] = open.back();
      const RegisteredSchema& version = versions_[place];
      if (next == version.references.size()) {
        ordered_.push_back(version);
        open.pop_back();
        continue;
      }
      const SchemaReference& reference = version.references[next++];
      const auto found = places_.find(std::pair(reference.subject, reference.version));
      if (found == places_.end()) {
        return MakeError(ErrorCode::kBadInput,
                         "schema: subject {}: version {} refers to version {} of subject {}, which "
                         "is not there or deleted",
                         Quote(version.subject), version.version, reference.version,
                         Quote(reference.subject));
      }
      enter(found->second);
    }
    return Ok();
  }

  std::vector<RegisteredSchema> versions_;
  std::map<std::pair<std::string, int32_t>, size_t> places_;
  std::vector<bool> is_visited_;
  std::vector<RegisteredSchema> ordered_;
};

/// Whether a version has what no copy keeps. A registry's own notes, such as the version that
/// "confluent:version" repeats, are none of the user's.
bool HasMore(const Json& version) {
  if (const auto rules = version.find("ruleSet"); rules != version.end() && !rules->empty()) {
    return true;
  }
  const auto metadata = version.find("metadata");
  if (metadata == version.end() || !metadata->is_object()) return false;
  for (const auto& [name, value] : metadata->items()) {
    if (value.empty()) continue;
    if (name != "properties" || !value.is_object()) return true;
    for (const auto& property : value.items()) {
      if (!property.key().starts_with("confluent:")) return true;
    }
  }
  return false;
}

/// The numbers or names of a list; empty where there is none.
Result<Json> AskForList(RestClient& client, const std::string& path) {
  TILLSTREAM_ASSIGN(const RestReply reply, client.Ask("GET", path, ""));
  if (reply.is_not_found() || (reply.ok() && reply.json.is_null())) return Json::array();
  if (!reply.ok()) return reply.Refusal();
  if (!reply.json.is_array()) return reply.Unexpected("a list");
  return reply.json;
}

Status ReadSubject(RestClient& client, const std::string& subject, RegistryContents* contents) {
  const std::string path = SubjectPath(subject) + "/versions";
  TILLSTREAM_ASSIGN(const Json versions, AskForList(client, path));
  TILLSTREAM_ASSIGN(const Json with_deleted, AskForList(client, path + "?deleted=true"));
  contents->deleted_count += std::max<int64_t>(
      0, static_cast<int64_t>(with_deleted.size()) - static_cast<int64_t>(versions.size()));
  if (versions.empty()) return Ok();
  for (const Json& version : versions) {
    if (!version.is_number_integer()) {
      return MakeError(ErrorCode::kUnavailable, "{}: subject {}: version {} is no number",
                       client.Describe(), Quote(subject), Quote(DumpJson(version)));
    }
    TILLSTREAM_ASSIGN(const RestReply reply, client.Ask("GET", path + "/" + DumpJson(version), ""));
    if (!reply.ok()) return reply.Refusal();
    TILLSTREAM_ASSIGN(RegisteredSchema registered, ReadVersion(reply, subject));
    if (HasMore(reply.json)) ++contents->bare_count;
    contents->versions.push_back(std::move(registered));
  }
  TILLSTREAM_ASSIGN(const auto level, AskForLevel(client, subject));
  if (level) contents->levels[subject] = *level;
  return Ok();
}

}  // namespace

Result<RegistryContents> ReadContents(const SchemaHistory& history) {
  RegistryContents contents;
  contents.levels[""] = history.LevelFor("");
  for (const auto& [subject, versions] : history.subjects()) {
    bool has_one = false;
    for (const auto& [number, version] : versions) {
      if (version.is_deleted) {
        ++contents.deleted_count;
        continue;
      }
      has_one = true;
      contents.versions.push_back({version.id, subject, number, version.schema->text,
                                   version.schema->type, version.schema->references});
    }
    if (const auto level = history.LevelOf(subject); has_one && level) {
      contents.levels[subject] = *level;
    }
  }
  TILLSTREAM_ASSIGN(contents.versions, ByReference(std::move(contents.versions)).Order());
  return contents;
}

Result<RegistryContents> ReadContents(RestClient& client) {
  RegistryContents contents;
  TILLSTREAM_ASSIGN(const auto level, AskForLevel(client, ""));
  contents.levels[""] = level.value_or(CompatibilityLevel::kBackward);
  TILLSTREAM_ASSIGN(const Json subjects, AskForList(client, "/subjects?deleted=true"));
  for (const Json& subject : subjects) {
    if (subject.is_string()) {
      TILLSTREAM_TRY(ReadSubject(client, subject.get<std::string>(), &contents));
    }
  }
  TILLSTREAM_ASSIGN(contents.versions, ByReference(std::move(contents.versions)).Order());
  return contents;
}

}  // namespace tillstream
