#include "parquet/folder_manifest.h"

#include <charconv>

#include "base/json.h"

namespace tillstream {
namespace {

constexpr int kFormat = 1;

std::string PathOf(const std::string& folder) {
  return JoinPath(JoinPath(folder, kParquetControlFolder), "manifest.json");
}

/// Reads the members of an object; remembers whether one was missing or not what is needed.
class Members {
 public:
  explicit Members(const Json& json) : json_(json), good_(json.is_object()) {}

  std::string Text(const char* name) {
    const Json* const member = Find(name);
    if (member != nullptr && member->is_string()) return member->get<std::string>();
    good_ = false;
    return "";
  }
  int64_t Number(const char* name) {
    const Json* const member = Find(name);
    const bool is_number = member != nullptr && member->is_number_integer() &&
                           (!member->is_number_unsigned() || member->get<uint64_t>() <= INT64_MAX);
    if (is_number && member->get<int64_t>() >= 0) return member->get<int64_t>();
    good_ = false;
    return 0;
  }
  int32_t SmallNumber(const char* name) {
    const int64_t number = Number(name);
    good_ = good_ && number <= INT32_MAX;
    return static_cast<int32_t>(number);
  }
  /// A hash as hex text, since JSON's numbers are not sure to hold 64 bits.
  uint64_t Hash(const char* name) {
    const std::string text = Text(name);
    uint64_t hash = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), hash, 16);
    good_ = good_ && error == std::errc() && end == text.data() + text.size();
    return hash;
  }
  bool Flag(const char* name) {
    const Json* const member = Find(name);
    if (member != nullptr && member->is_boolean()) return member->get<bool>();
    good_ = false;
    return false;
  }
  /// The elements of an array; nothing, and not good, where there is none.
  const Json& List(const char* name) {
    static const Json kEmpty = Json::array();
    const Json* const member = Find(name);
    if (member != nullptr && member->is_array()) return *member;
    good_ = false;
    return kEmpty;
  }
  bool good() const { return good_; }

 private:
  const Json* Find(const char* name) const {
    if (!json_.is_object()) return nullptr;
    const auto found = json_.find(name);
    return found == json_.end() ? nullptr : &*found;
  }

  const Json& json_;
  bool good_;
};

/// Whether everything was there.
bool Read(const Json& json, FolderManifest* manifest) {
  Members root(json);
  bool good = root.Number("format") == kFormat;
  manifest->topic = root.Text("topic");
  manifest->run = root.Text("run");
  for (const Json& element : root.List("positions")) {
    Members position(element);
    const TopicPartition place{position.Text("topic"),
                               PartitionId(position.SmallNumber("partition"))};
    PublishedPosition& at = manifest->positions[place];
    at.next = Offset(position.Number("next"));
    at.taken = Offset(position.Number("taken"));
    at.is_dense = position.Flag("dense");
    if (element.is_object() && element.contains("last_offset")) {
      at.last = RecordMark{Offset(position.Number("last_offset")), position.Hash("last_hash")};
    }
    good = good && position.good();
  }
  for (const Json& element : root.List("stores")) {
    Members store(element);
    const std::string id = store.Text("store");
    manifest->published[id] = Day(store.SmallNumber("last_day"));
    good = good && store.good();
  }
  for (const Json& element : root.List("files")) {
    Members file(element);
    PublishedFile& published = manifest->files.emplace_back();
    published.path = file.Text("path");
    published.store_id = file.Text("store");
    published.first_day = Day(file.SmallNumber("first_day"));
    published.last_day = Day(file.SmallNumber("last_day"));
    published.rows = file.Number("rows");
    published.units = file.Number("units");
    published.revenue_cents = file.Number("revenue_cents");
    published.size_bytes = file.Number("bytes");
    good = good && file.good();
  }
  return good && root.good();
}

Json Write(const FolderManifest& manifest) {
  Json positions = Json::array();
  for (const auto& [place, at] : manifest.positions) {
    Json& position = positions.emplace_back(Json{{"topic", place.topic},
                                                 {"partition", place.partition.value()},
                                                 {"next", at.next.value()},
                                                 {"taken", at.taken.value()},
                                                 {"dense", at.is_dense}});
    if (!at.last) continue;
    position["last_offset"] = at.last->offset.value();
    position["last_hash"] = fmt::format("{:016x}", at.last->hash);
  }
  Json stores = Json::array();
  for (const auto& [id, day] : manifest.published) {
    stores.push_back({{"store", id}, {"last_day", day.value()}});
  }
  Json files = Json::array();
  for (const PublishedFile& file : manifest.files) {
    files.push_back({{"path", file.path},
                     {"store", file.store_id},
                     {"first_day", file.first_day.value()},
                     {"last_day", file.last_day.value()},
                     {"rows", file.rows},
                     {"units", file.units},
                     {"revenue_cents", file.revenue_cents},
                     {"bytes", file.size_bytes}});
  }
  return {{"format", kFormat},      {"topic", manifest.topic}, {"run", manifest.run},
          {"positions", positions}, {"stores", stores},        {"files", files}};
}

}  // namespace

Result<std::optional<FolderManifest>> LoadFolderManifest(FileSystem& files,
                                                         const std::string& folder) {
  Result<std::string> text = ReadFile(files, PathOf(folder));
  if (!text && text.error().code == ErrorCode::kNotFound) return std::optional<FolderManifest>();
  if (!text) return text.error();
  const Result<Json> json = ParseJson(*text);
  FolderManifest manifest;
  if (json && Read(*json, &manifest)) return std::optional(std::move(manifest));
  return MakeError(ErrorCode::kCorrupt, "parquet: {}: {}; begin again in an empty folder",
                   PathOf(folder), json ? "not a manifest of format 1" : json.error().message);
}

Status StoreFolderManifest(FileSystem& files, const std::string& folder,
                           const FolderManifest& manifest) {
  return WriteFileAtomically(files, PathOf(folder), DumpJson(Write(manifest)) + "\n");
}

}  // namespace tillstream
