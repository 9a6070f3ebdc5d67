#include "consume/group_positions.h"

#include <charconv>

#include "base/json.h"
#include "base/text.h"
#include "model/names.h"

namespace tillstream {
namespace {

constexpr const char* kDirectory = ".groups";

Status CheckName(const std::string& group) {
  if (IsTopicName(group)) return Ok();
  return MakeError(ErrorCode::kUsage,
                   "-g: {} is not a group name; use letters, digits, '.', '_' and '-'",
                   Quote(group));
}

std::optional<PartitionId> ParsePartition(std::string_view text) {
  int32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 0) return std::nullopt;
  return PartitionId(number);
}

}  // namespace

Result<std::unique_ptr<GroupPositions>> GroupPositions::Look(FileSystem& files,
                                                             const std::string& log_directory,
                                                             const std::string& group) {
  TILLSTREAM_TRY(CheckName(group));
  std::unique_ptr<GroupPositions> positions(
      new GroupPositions(files, JoinPath(JoinPath(log_directory, kDirectory), group + ".json")));
  TILLSTREAM_TRY(positions->Load());
  return positions;
}

Result<std::unique_ptr<GroupPositions>> GroupPositions::Open(FileSystem& files,
                                                             const std::string& log_directory,
                                                             const std::string& group,
                                                             const std::string& holder) {
  TILLSTREAM_TRY(CheckName(group));
  const std::string directory = JoinPath(log_directory, kDirectory);
  TILLSTREAM_TRY(files.MakeDirectory(directory));
  std::unique_ptr<GroupPositions> positions(
      new GroupPositions(files, JoinPath(directory, group + ".json")));
  Result<std::unique_ptr<FileLock>> lock = files.Lock(JoinPath(directory, group + ".lock"), holder);
  if (!lock && lock.error().code == ErrorCode::kRefused) {
    return MakeError(ErrorCode::kRefused, "group {}: {} reads as this group; use another -g",
                     Quote(group), lock.error().message);
  }
  if (!lock) return lock.error();
  positions->lock_ = *std::move(lock);
  TILLSTREAM_TRY(positions->Load());
  return positions;
}

Status GroupPositions::Load() {
  Result<std::string> text = ReadFile(files_, path_);
  if (!text && text.error().code == ErrorCode::kNotFound) return Ok();
  if (!text) return text.error();
  const Error damaged =
      MakeError(ErrorCode::kCorrupt,
                "{}: not a group's positions; remove it and give the place with -o", path_);
  const Result<Json> json = ParseJson(*text);
  if (!json || !json->is_object()) return damaged;
  for (const auto& [topic, partitions] : json->items()) {
    if (!partitions.is_object()) return damaged;
    for (const auto& [partition, offset] : partitions.items()) {
      const std::optional<PartitionId> id = ParsePartition(partition);
      if (!id || !offset.is_number_unsigned() || offset.get<uint64_t>() > INT64_MAX) return damaged;
      positions_[{topic, *id}] = Offset(offset.get<int64_t>());
    }
  }
  return Ok();
}

Result<std::optional<GroupPosition>> GroupPositions::Find(const TopicPartition& partition) {
  const auto found = positions_.find(partition);
  if (found == positions_.end()) return std::optional<GroupPosition>();
  return std::optional(GroupPosition{found->second, found->second.value()});
}

void GroupPositions::Set(const TopicPartition& partition, const GroupPosition& position) {
  const auto [place, is_new] = positions_.try_emplace(partition, position.next);
  changed_ = changed_ || is_new || place->second != position.next;
  place->second = position.next;
}

Status GroupPositions::Store() {
  if (!changed_) return Ok();
  Json json = Json::object();
  for (const auto& [partition, next] : positions_) {
    json[partition.topic][std::to_string(partition.partition.value())] = next.value();
  }
  TILLSTREAM_TRY(WriteFileAtomically(files_, path_, json.dump(1) + "\n"));
  changed_ = false;
  return Ok();
}

}  // namespace tillstream
