#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include "base/file.h"
#include "base/result.h"

namespace tillstream {

/// Writes a file under a temporary name and gives it its own at the end, so that what was
/// interrupted is not taken for something shorter. Not thread safe; errors are the file system's.
class OutputFile {
 public:
  static Result<OutputFile> Create(FileSystem& files, std::string path) {
    TILLSTREAM_TRY(CheckReplaceable(files, path));
    TILLSTREAM_TRY(files.Remove(path + ".tmp"));
    TILLSTREAM_ASSIGN(std::unique_ptr<File> file, files.Open(path + ".tmp", OpenMode::kAppend));
    return OutputFile(files, std::move(path), std::move(file));
  }

  /// What is appended here is written by the next call that writes.
  std::string& buffer() { return buffer_; }

  /// Writes when enough has gathered.
  Status WriteWhenFull() { return buffer_.size() < kBufferBytes ? Ok() : Write(); }

  /// Writes the rest, makes it durable, and gives the file its name. The caller syncs the
  /// directory.
  Status Close() {
    TILLSTREAM_TRY(Write());
    TILLSTREAM_TRY(file_->Sync());
    return files_->Rename(path_ + ".tmp", path_);
  }

 private:
  static constexpr size_t kBufferBytes = size_t{1} << 20;

  OutputFile(FileSystem& files, std::string path, std::unique_ptr<File> file)
      : files_(&files), path_(std::move(path)), file_(std::move(file)) {}

  Status Write() {
    TILLSTREAM_TRY(file_->Append(buffer_));
    buffer_.clear();
    return Ok();
  }

  FileSystem* files_;
  std::string path_;
  std::unique_ptr<File> file_;
  std::string buffer_;
};

}  // namespace tillstream
