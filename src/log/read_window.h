#pragma once

#include <cstdint>
#include <string_view>

#include "base/file.h"
#include "base/result.h"
#include "log/byte_buffer.h"

namespace tillstream {

/// A piece of a file in memory, read ahead so that small batches do not cost a system call each.
/// Read, not mapped: mapped pages would count as memory of the process. Not thread safe.
class ReadWindow {
 public:
  /// A read takes at least `read_ahead_bytes`, where the file has them.
  explicit ReadWindow(size_t read_ahead_bytes) : read_ahead_bytes_(read_ahead_bytes) {}

  /// The bytes [position, position + size) of `file`, fewer only where it ends. Valid until the
  /// next call. Always the same file between two Drop().
  Result<std::string_view> At(File& file, int64_t position, size_t size);

  /// Whether At() would not have to read.
  bool Holds(int64_t position, size_t size) const {
    return position >= begin_ && position + static_cast<int64_t>(size) <= end();
  }

  /// Forgets everything from `position` on: those bytes may have changed.
  void DropFrom(int64_t position);
  void Drop() { bytes_.Clear(); }

 private:
  int64_t end() const { return begin_ + static_cast<int64_t>(bytes_.size()); }

  const size_t read_ahead_bytes_;
  int64_t begin_ = 0;
  ByteBuffer bytes_;
};

}  // namespace tillstream
