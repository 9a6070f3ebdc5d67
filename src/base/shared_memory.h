#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "base/result.h"

namespace tillstream {

/// Memory that a process shares with those that it starts: they map the descriptor that they
/// inherit. It has no name in the file system and is gone with the last process that has it.
///
/// What lies in it must be lock-free atomics: a process may die between any two instructions.
class SharedMemory {
 public:
  /// New memory of `size_bytes`, all zero. The descriptor is closed on exec; whoever starts a
  /// process hands it on. kFailed when the system has none left.
  static Result<std::unique_ptr<SharedMemory>> Make(size_t size_bytes);

  /// Maps the memory behind `fd`, which this takes over. kUsage when `fd` is no shared memory of at
  /// least `size_bytes`.
  static Result<std::unique_ptr<SharedMemory>> Map(int fd, size_t size_bytes);

  ~SharedMemory();
  SharedMemory(const SharedMemory&) = delete;
  SharedMemory& operator=(const SharedMemory&) = delete;

  void* data() const { return data_; }
  int fd() const { return fd_; }

 private:
  SharedMemory(int fd, void* data, size_t size_bytes)
      : fd_(fd), data_(data), size_bytes_(size_bytes) {}

  const int fd_;
  void* const data_;
  const size_t size_bytes_;
};

}  // namespace tillstream
