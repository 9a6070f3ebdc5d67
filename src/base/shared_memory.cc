#include "base/shared_memory.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace tillstream {
namespace {

/// The mapping, or nullptr.
void* MapAll(int fd, size_t size_bytes) {
  void* const data = ::mmap(nullptr, size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  return data == MAP_FAILED ? nullptr : data;
}

}  // namespace

Result<std::unique_ptr<SharedMemory>> SharedMemory::Make(size_t size_bytes) {
  const int fd = ::memfd_create("tillstream", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (fd < 0) return MakeError(ErrorCode::kFailed, "shared memory: {}", std::strerror(errno));
  void* data = nullptr;
  // Sealed, so that nobody can cut it under those who map it.
  if (::ftruncate(fd, static_cast<off_t>(size_bytes)) == 0 &&
      ::fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) == 0) {
    data = MapAll(fd, size_bytes);
  }
  if (data == nullptr) {
    const int error = errno;
    ::close(fd);
    return MakeError(ErrorCode::kFailed, "shared memory: {} bytes: {}", size_bytes,
                     std::strerror(error));
  }
  return std::unique_ptr<SharedMemory>(new SharedMemory(fd, data, size_bytes));
}

Result<std::unique_ptr<SharedMemory>> SharedMemory::Map(int fd, size_t size_bytes) {
  // Whoever cannot be cut any more is not a file that happens to have this number.
  const int seals = ::fcntl(fd, F_GET_SEALS);
  struct stat status{};
  if (seals < 0 || (seals & F_SEAL_SHRINK) == 0 || ::fstat(fd, &status) != 0 ||
      status.st_size < static_cast<off_t>(size_bytes)) {
    return MakeError(ErrorCode::kUsage, "descriptor {}: is no shared memory of {} bytes", fd,
                     size_bytes);
  }
  // Not for processes that this one starts.
  ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  void* const data = MapAll(fd, size_bytes);
  if (data == nullptr) {
    return MakeError(ErrorCode::kFailed, "shared memory: {}", std::strerror(errno));
  }
  return std::unique_ptr<SharedMemory>(new SharedMemory(fd, data, size_bytes));
}

SharedMemory::~SharedMemory() {
  ::munmap(data_, size_bytes_);
  ::close(fd_);
}

}  // namespace tillstream
