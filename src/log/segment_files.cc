#include "log/segment_files.h"

#include <algorithm>
#include <charconv>

#include "model/names.h"

namespace tillstream {
namespace {

constexpr size_t kOffsetDigits = 20;
/// Kafka's limit on the length of a topic's name.

template <typename Int>
std::optional<Int> ParseDigits(std::string_view text) {
  Int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.front() == '-') {
    return std::nullopt;
  }
  return value;
}

}  // namespace

std::string SegmentFileName(Offset base_offset, std::string_view suffix) {
  return fmt::format("{:020}{}", base_offset.value(), suffix);
}

std::optional<Offset> ParseSegmentFileName(std::string_view name, std::string_view suffix) {
  if (name.size() != kOffsetDigits + suffix.size() || !name.ends_with(suffix)) return std::nullopt;
  const auto base = ParseDigits<int64_t>(name.substr(0, kOffsetDigits));
  if (!base) return std::nullopt;
  return Offset(*base);
}

std::optional<TopicPartition> ParsePartitionDirectory(std::string_view name) {
  const size_t dash = name.rfind('-');
  if (dash == std::string_view::npos || dash + 1 == name.size()) return std::nullopt;
  const std::string_view digits = name.substr(dash + 1);
  const auto number = ParseDigits<int32_t>(digits);
  if (!number || (digits.size() > 1 && digits.front() == '0')) return std::nullopt;
  const std::string_view topic = name.substr(0, dash);
  if (!IsTopicName(topic)) return std::nullopt;
  return TopicPartition{std::string(topic), PartitionId(*number)};
}

SegmentPaths::SegmentPaths(const std::string& log_directory, const TopicPartition& partition)
    : directory_(JoinPath(log_directory, partition.ToString())), name_(partition.ToString()) {}

std::string SegmentPaths::Path(Offset base_offset, std::string_view suffix) const {
  return JoinPath(directory_, SegmentFileName(base_offset, suffix));
}

std::string SegmentPaths::Where(Offset base_offset, std::string_view suffix) const {
  return fmt::format("log: {}/{}", name_, SegmentFileName(base_offset, suffix));
}

Status NeedPartition(FileSystem& files, const std::string& log_directory,
                     const TopicPartition& partition) {
  const SegmentPaths paths(log_directory, partition);
  const Result<FileInfo> info = files.Info(paths.directory());
  if (info && info->is_directory) return Ok();
  if (!info && info.error().code != ErrorCode::kNotFound) return info.error();
  return MakeError(ErrorCode::kNotFound, "log: {}: no such partition in {}", paths.name(),
                   log_directory);
}

Result<std::vector<Offset>> ListSegments(FileSystem& files, const SegmentPaths& paths) {
  TILLSTREAM_ASSIGN(const std::vector<std::string> names, files.List(paths.directory()));
  std::vector<Offset> bases;
  for (const std::string& name : names) {
    if (const auto base = ParseSegmentFileName(name, kLogSuffix)) bases.push_back(*base);
  }
  std::sort(bases.begin(), bases.end());
  return bases;
}

Error CorruptAt(const std::string& where, int64_t position, const std::string& what) {
  return MakeError(ErrorCode::kCorrupt,
                   "{}: byte {}: {}; replay --repair writes it again from the dataset", where,
                   position, what);
}

}  // namespace tillstream
