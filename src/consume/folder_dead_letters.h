#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/file.h"
#include "consume/dead_letters.h"

namespace tillstream {

/// Dead letters in files of a folder, one for each partition that has any, a line of JSON each:
/// docs/formats/dead_letters.md. One process at a time.
class FolderDeadLetters final : public DeadLetters {
 public:
  /// Makes the folder if it is not there. kRefused when another process keeps dead letters in it.
  /// `files` must outlive the object.
  static Result<std::unique_ptr<FolderDeadLetters>> Open(FileSystem& files, std::string directory,
                                                         const std::string& holder);

  Status Put(const DeadLetter& letter) override;
  Status Sync() override;

 private:
  struct Target {
    std::unique_ptr<File> file;
    std::string lines;  ///< Not written yet.
    bool is_synced = true;
  };

  FolderDeadLetters(FileSystem& files, std::string directory, std::unique_ptr<FileLock> lock)
      : files_(files), directory_(std::move(directory)), lock_(std::move(lock)) {}
  Result<Target*> TargetOf(const TopicPartition& partition);
  static Status Write(Target& target);

  FileSystem& files_;
  const std::string directory_;
  const std::unique_ptr<FileLock> lock_;
  std::map<TopicPartition, Target> targets_;
  bool has_new_files_ = false;
};

}  // namespace tillstream
