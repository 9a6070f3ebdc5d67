#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/result.h"
#include "log/event_log.h"

namespace tillstream {

/// The folder for lock files inside a log directory.
inline constexpr const char* kLockDirectory = ".locks";

inline constexpr const char* kLogSuffix = ".log";
inline constexpr const char* kOffsetIndexSuffix = ".index";
inline constexpr const char* kTimeIndexSuffix = ".timeindex";

/// "00000000000000012398.log": a segment's files are named by the offset of its first record.
std::string SegmentFileName(Offset base_offset, std::string_view suffix);

/// The base offset in the name of a file with `suffix`; nothing when the name is another.
std::optional<Offset> ParseSegmentFileName(std::string_view name, std::string_view suffix);

/// The partition whose directory has this name: split at the last dash.
std::optional<TopicPartition> ParsePartitionDirectory(std::string_view name);

/// Where one partition's files are, and what messages call them.
class SegmentPaths {
 public:
  SegmentPaths(const std::string& log_directory, const TopicPartition& partition);

  const std::string& directory() const { return directory_; }
  const std::string& name() const { return name_; }
  std::string Path(Offset base_offset, std::string_view suffix) const;
  /// "log: sales-3/00000000000000000000.log".
  std::string Where(Offset base_offset, std::string_view suffix = kLogSuffix) const;

 private:
  std::string directory_;
  std::string name_;
};

/// kNotFound, as a message for a user, when there is no such partition.
Status NeedPartition(FileSystem& files, const std::string& log_directory,
                     const TopicPartition& partition);

/// Base offsets of the segments in a partition's directory, ascending. kNotFound when there is no
/// such directory.
Result<std::vector<Offset>> ListSegments(FileSystem& files, const SegmentPaths& paths);

/// The message for damaged bytes: "<where>: byte 261234: <what>; <what to do>".
Error CorruptAt(const std::string& where, int64_t position, const std::string& what);

}  // namespace tillstream
