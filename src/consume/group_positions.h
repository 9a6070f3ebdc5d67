#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/result.h"
#include "log/event_log.h"
#include "log/reader_group.h"

namespace tillstream {

/// A named consumer's positions on an embedded log, in <log>/.groups/<group>.json: for each
/// partition the next offset to read. Held by one process at a time. Not thread safe.
class GroupPositions final : public ReaderGroup {
 public:
  /// kUsage for a name that no file can have, kRefused when another process reads as this group,
  /// kCorrupt for a damaged file.
  static Result<std::unique_ptr<GroupPositions>> Open(FileSystem& files,
                                                      const std::string& log_directory,
                                                      const std::string& group,
                                                      const std::string& holder);

  /// The positions as they are stored now, without being the group's reader. Not to be stored.
  static Result<std::unique_ptr<GroupPositions>> Look(FileSystem& files,
                                                      const std::string& log_directory,
                                                      const std::string& group);

  /// The only reader of its name reads what it likes.
  bool assigns_partitions() const override { return false; }
  Result<std::optional<std::vector<TopicPartition>>> Assign(
      const BeforeChange& /*before_change*/) override {
    return std::optional<std::vector<TopicPartition>>();
  }

  Result<std::optional<GroupPosition>> Find(const TopicPartition& partition) override;
  void Set(const TopicPartition& partition, const GroupPosition& position) override;

  /// Atomic.
  Status Store() override;

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
