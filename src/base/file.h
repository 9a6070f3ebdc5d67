#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tillstream {

/// What stat() says of a file, as far as anyone here asks.
struct FileInfo {
  int64_t size_bytes = 0;
  int64_t modified_ns = 0;  ///< Since 1970; with size and inode it tells that a file has changed.
  uint64_t inode = 0;
  bool is_directory = false;
  bool is_regular = true;  ///< False also for devices and pipes.
};

/// An open file. Not thread safe, except ReadAt(), which may run beside everything else.
///
/// Errors are kIoError with the path and the system's reason (kFailed where only descriptors are
/// short). After an error of Write() or Sync()
/// what reached the disk is unknown: the caller must not go on with this file.
class File {
 public:
  virtual ~File() = default;

  /// Reads up to `size` bytes at `offset` into `buffer`; fewer only at the end of the file.
  virtual Result<size_t> ReadAt(int64_t offset, char* buffer, size_t size) = 0;

  /// Writes all of `data` at the end of the file.
  virtual Status Append(std::string_view data) = 0;

  /// Writes all of `data` over what stands at `offset`; for repair only.
  virtual Status WriteAt(int64_t offset, std::string_view data) = 0;

  /// Cuts the file to `size_bytes`.
  virtual Status Truncate(int64_t size_bytes) = 0;

  /// fdatasync(): on success everything written before is durable. Failure is final: never call it
  /// again on this file, since the kernel forgets the failed pages.
  virtual Status Sync() = 0;

  virtual Result<FileInfo> Info() = 0;
  virtual const std::string& path() const = 0;
};

/// A lock that ends with its holder's process, however that ends. Destruction releases it.
class FileLock {
 public:
  virtual ~FileLock() = default;
};

enum class OpenMode {
  kRead,    ///< Must exist.
  kAppend,  ///< Read and write; made when it is not there.
};

/// The file system, as a seam: tests inject failures and power cuts here. Thread safe.
class FileSystem {
 public:
  virtual ~FileSystem() = default;

  /// kNotFound when the file is to be read and is not there; kIoError otherwise.
  virtual Result<std::unique_ptr<File>> Open(const std::string& path, OpenMode mode) = 0;

  /// kNotFound when nothing is there.
  virtual Result<FileInfo> Info(const std::string& path) = 0;

  /// Names (not paths) in a directory, sorted, without "." and "..".
  virtual Result<std::vector<std::string>> List(const std::string& path) = 0;

  /// Makes a directory and its parents, and syncs the parent of each that it made. No error when
  /// it is there.
  virtual Status MakeDirectory(const std::string& path) = 0;

  /// Replaces `target` atomically. The caller syncs the directory.
  virtual Status Rename(const std::string& source, const std::string& target) = 0;

  /// No error when it is not there.
  virtual Status Remove(const std::string& path) = 0;

  /// Makes renames, creations and removals in a directory durable.
  virtual Status SyncDirectory(const std::string& path) = 0;

  /// Takes the lock file `path` (made when it is not there, its directory must exist) without
  /// waiting, and writes `holder` (one line: who holds it) into it. kRefused, with the holder's
  /// line as the whole message, when someone else has it.
  virtual Result<std::unique_ptr<FileLock>> Lock(const std::string& path,
                                                 std::string_view holder) = 0;
};

/// The machine's file system.
std::unique_ptr<FileSystem> MakePosixFileSystem();

/// Reads a whole file of at most `size_bytes_max` bytes.
Result<std::string> ReadFile(FileSystem& files, const std::string& path,
                             int64_t size_bytes_max = int64_t{64} << 20);

/// Whether a file may be written beside `path` and take its name: what stands there is a file or
/// nothing, in a folder that is there. kIoError otherwise.
Status CheckReplaceable(FileSystem& files, const std::string& path);

/// Writes a file so that a crash leaves the old content or the new, never a mixture: temporary
/// file beside it, sync, rename, sync of the directory. Errors also as CheckReplaceable().
Status WriteFileAtomically(FileSystem& files, const std::string& path, std::string_view content);

/// "a/b" from "a" and "b".
std::string JoinPath(std::string_view directory, std::string_view name);

}  // namespace tillstream
