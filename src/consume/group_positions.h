#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/file.h"
#include "base/result.h"
#include "log/event_log.h"

namespace tillstream {

/// A named consumer's positions on an embedded log, in <log>/.groups/<group>.json: for each
/// partition the next offset to read. Held by one process at a time. Not thread safe.
class GroupPositions {
 public:
  /// kUsage for a name that no file can have, kRefused when another process reads as this group,
  /// kCorrupt for a damaged file.
  static Result<std::unique_ptr<GroupPositions>> Open(FileSystem& files,
                                                      const std::string& log_directory,
                                                      const std::string& group,
                                                      const std::string& holder);

  std::optional<Offset> Find(const TopicPartition& partition) const;
  void Set(const TopicPartition& partition, Offset next);

  /// Writes what was set, atomically and durably, if anything changed.
  Status Store();

 private:
  GroupPositions(FileSystem& files, std::string path) : files_(files), path_(std::move(path)) {}
  Status Load();

  FileSystem& files_;
  const std::string path_;
  std::unique_ptr<FileLock> lock_;
  std::map<TopicPartition, Offset> positions_;
  bool changed_ = false;
};

}  // namespace tillstream
