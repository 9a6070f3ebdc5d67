#include "base/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace tillstream {
namespace {

/// The process, or the machine, has no descriptors left: nothing is wrong with the storage.
bool IsShortage(int error) { return error == EMFILE || error == ENFILE; }

Error SystemError(const std::string& path, int error) {
  const ErrorCode code = error == ENOENT     ? ErrorCode::kNotFound
                         : IsShortage(error) ? ErrorCode::kFailed
                                             : ErrorCode::kIoError;
  std::string reason = std::strerror(error);
  if (!reason.empty()) reason[0] = static_cast<char>(std::tolower(reason[0]));
  return MakeError(code, "{}: {}", path, reason);
}

/// As SystemError(), for calls on which a missing file is no answer but a failure.
Error StorageError(const std::string& path, int error) {
  Error result = SystemError(path, error);
  if (!IsShortage(error)) result.code = ErrorCode::kIoError;
  return result;
}

std::string FolderOf(const std::string& path) {
  const size_t slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  Descriptor& operator=(Descriptor&&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

FileInfo InfoFromStat(const struct stat& status) {
  FileInfo info;
  info.size_bytes = status.st_size;
  info.modified_ns = int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec;
  info.inode = status.st_ino;
  info.is_directory = S_ISDIR(status.st_mode);
  info.is_regular = S_ISREG(status.st_mode);
  return info;
}

class PosixFile final : public File {
 public:
  PosixFile(std::string path, Descriptor descriptor)
      : path_(std::move(path)), descriptor_(std::move(descriptor)) {}

  Result<size_t> ReadAt(int64_t offset, char* buffer, size_t size) override {
    size_t done = 0;
    while (done < size) {
      const ssize_t n = ::pread(descriptor_.get(), buffer + done, size - done,
                                offset + static_cast<int64_t>(done));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return StorageError(path_, errno);
      if (n == 0) break;
      done += static_cast<size_t>(n);
    }
    return done;
  }

  Status Append(std::string_view data) override {
    while (!data.empty()) {
      const ssize_t n = ::write(descriptor_.get(), data.data(), data.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return StorageError(path_, errno);
      data.remove_prefix(static_cast<size_t>(n));
    }
    return Ok();
  }

  Status WriteAt(int64_t offset, std::string_view data) override {
    // O_APPEND makes pwrite() append on Linux, so the flag is lifted for the call.
    const int flags = ::fcntl(descriptor_.get(), F_GETFL);
    if (flags < 0 || ::fcntl(descriptor_.get(), F_SETFL, flags & ~O_APPEND) < 0) {
      return StorageError(path_, errno);
    }
    while (!data.empty()) {
      const ssize_t n = ::pwrite(descriptor_.get(), data.data(), data.size(), offset);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return StorageError(path_, errno);
      offset += n;
      data.remove_prefix(static_cast<size_t>(n));
    }
    if (::fcntl(descriptor_.get(), F_SETFL, flags) < 0) return StorageError(path_, errno);
    return Ok();
  }

  Status Truncate(int64_t size_bytes) override {
    if (::ftruncate(descriptor_.get(), size_bytes) != 0) return StorageError(path_, errno);
    return Ok();
  }

  Status Sync() override {
    if (::fdatasync(descriptor_.get()) != 0) return StorageError(path_, errno);
    return Ok();
  }

  Result<FileInfo> Info() override {
    struct stat status{};
    if (::fstat(descriptor_.get(), &status) != 0) return StorageError(path_, errno);
    return InfoFromStat(status);
  }

  const std::string& path() const override { return path_; }

 private:
  std::string path_;
  Descriptor descriptor_;
};

class PosixFileLock final : public FileLock {
 public:
  explicit PosixFileLock(Descriptor descriptor) : descriptor_(std::move(descriptor)) {}

 private:
  Descriptor descriptor_;
};

class PosixFileSystem final : public FileSystem {
 public:
  Result<std::unique_ptr<File>> Open(const std::string& path, OpenMode mode) override {
    const int flags = mode == OpenMode::kRead ? O_RDONLY : O_RDWR | O_CREAT | O_APPEND;
    Descriptor descriptor(::open(path.c_str(), flags | O_CLOEXEC, 0644));
    if (descriptor.get() < 0) return SystemError(path, errno);
    return std::make_unique<PosixFile>(path, std::move(descriptor));
  }

  Result<FileInfo> Info(const std::string& path) override {
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0) return SystemError(path, errno);
    return InfoFromStat(status);
  }

  Result<std::vector<std::string>> List(const std::string& path) override {
    DIR* directory = ::opendir(path.c_str());
    if (directory == nullptr) return SystemError(path, errno);
    std::vector<std::string> names;
    while (const dirent* entry = ::readdir(directory)) {
      const std::string_view name = entry->d_name;
      if (name != "." && name != "..") names.emplace_back(name);
    }
    ::closedir(directory);
    std::sort(names.begin(), names.end());
    return names;
  }

  Status MakeDirectory(const std::string& path) override {
    if (::mkdir(path.c_str(), 0755) == 0) return SyncDirectory(FolderOf(path));
    if (errno == EEXIST) {
      TILLSTREAM_ASSIGN(const FileInfo info, Info(path));
      if (!info.is_directory) return MakeError(ErrorCode::kIoError, "{}: is not a folder", path);
      return Ok();
    }
    const int error = errno;
    const std::string parent = FolderOf(path);
    if (error != ENOENT || parent == path || parent == ".") return StorageError(path, error);
    TILLSTREAM_TRY(MakeDirectory(parent));
    if (::mkdir(path.c_str(), 0755) != 0 && errno != EEXIST) return StorageError(path, errno);
    return SyncDirectory(parent);
  }

  Status Rename(const std::string& source, const std::string& target) override {
    if (::rename(source.c_str(), target.c_str()) != 0) return StorageError(source, errno);
    return Ok();
  }

  Status Remove(const std::string& path) override {
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) return StorageError(path, errno);
    return Ok();
  }

  Status SyncDirectory(const std::string& path) override {
    Descriptor descriptor(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (descriptor.get() < 0 || ::fsync(descriptor.get()) != 0) return StorageError(path, errno);
    return Ok();
  }

  Result<std::unique_ptr<FileLock>> Lock(const std::string& path,
                                         std::string_view holder) override {
    Descriptor descriptor(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
    if (descriptor.get() < 0) return StorageError(path, errno);
    if (::flock(descriptor.get(), LOCK_EX | LOCK_NB) != 0) {
      if (errno != EWOULDBLOCK) return StorageError(path, errno);
      char text[256];
      const ssize_t n = ::pread(descriptor.get(), text, sizeof(text), 0);
      std::string found(text, n > 0 ? static_cast<size_t>(n) : 0);
      found.resize(std::min(found.size(), found.find('\n')));
      return Error{ErrorCode::kRefused, found.empty() ? "another process" : found};
    }
    const std::string line = std::string(holder) + "\n";
    if (::ftruncate(descriptor.get(), 0) != 0 ||
        ::pwrite(descriptor.get(), line.data(), line.size(), 0) < 0) {
      return StorageError(path, errno);
    }
    return std::make_unique<PosixFileLock>(std::move(descriptor));
  }

 private:
};

}  // namespace

std::unique_ptr<FileSystem> MakePosixFileSystem() { return std::make_unique<PosixFileSystem>(); }

Result<std::string> ReadFile(FileSystem& files, const std::string& path, int64_t size_bytes_max) {
  TILLSTREAM_ASSIGN(std::unique_ptr<File> file, files.Open(path, OpenMode::kRead));
  TILLSTREAM_ASSIGN(const FileInfo info, file->Info());
  if (info.size_bytes > size_bytes_max) {
    return MakeError(ErrorCode::kIoError, "{}: {} bytes, needed at most {}", path, info.size_bytes,
                     size_bytes_max);
  }
  std::string content(static_cast<size_t>(info.size_bytes), '\0');
  TILLSTREAM_ASSIGN(const size_t size, file->ReadAt(0, content.data(), content.size()));
  content.resize(size);
  return content;
}

Status CheckReplaceable(FileSystem& files, const std::string& path) {
  const auto there = files.Info(path);
  if (there) {
    if (there->is_directory) return MakeError(ErrorCode::kIoError, "{}: is a folder", path);
    if (there->is_regular) return Ok();
    return MakeError(ErrorCode::kIoError, "{}: is a device or a pipe; give a file", path);
  }
  if (there.error().code != ErrorCode::kNotFound) return there.error();
  const std::string folder = FolderOf(path);
  if (folder == "." || files.Info(folder)) return Ok();
  return MakeError(ErrorCode::kIoError, "{}: its folder is not there; make {}", path, folder);
}

Status WriteFileAtomically(FileSystem& files, const std::string& path, std::string_view content) {
  TILLSTREAM_TRY(CheckReplaceable(files, path));
  const std::string temporary = path + ".tmp";
  TILLSTREAM_TRY(files.Remove(temporary));
  {
    TILLSTREAM_ASSIGN(std::unique_ptr<File> file, files.Open(temporary, OpenMode::kAppend));
    TILLSTREAM_TRY(file->Append(content));
    TILLSTREAM_TRY(file->Sync());
  }
  TILLSTREAM_TRY(files.Rename(temporary, path));
  return files.SyncDirectory(FolderOf(path));
}

std::string JoinPath(std::string_view directory, std::string_view name) {
  std::string path(directory);
  if (!path.empty() && path.back() != '/') path += '/';
  path += name;
  return path;
}

}  // namespace tillstream
