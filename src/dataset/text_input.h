#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/file.h"
#include "base/gzip.h"
#include "base/result.h"

namespace tillstream {

/// The text of one input file from its first byte to its last; inflated when the name ends in
/// ".gz". Not thread safe.
class TextInput {
 public:
  /// Called with the bytes of the file (as it lies on disk) that were read since the last call.
  using Progress = std::function<void(int64_t file_bytes)>;

  /// Errors: kNotFound and kIoError of the file system.
  static Result<std::unique_ptr<TextInput>> Open(FileSystem& files, const std::string& path,
                                                 Progress progress = {});

  /// Writes up to `size` bytes to `out`; 0 only at the end. Errors: kBadInput when the file is not
  /// what gzip should be (GzipReader), kIoError.
  Result<size_t> Read(char* out, size_t size);

  /// What has changed about the file (size, time of change, identity) since it was opened, for a
  /// message ("its size changed from 7 to 9 bytes"); empty when nothing has.
  Result<std::string> FindChange();

 private:
  TextInput(FileSystem& files, std::unique_ptr<File> file, FileInfo info, Progress progress);

  FileSystem& files_;
  const std::unique_ptr<File> file_;
  const FileInfo info_;
  const Progress progress_;
  std::unique_ptr<GzipReader> gzip_;  ///< None for plain text.
  int64_t offset_ = 0;                ///< Bytes of the file that were read.
};

}  // namespace tillstream
