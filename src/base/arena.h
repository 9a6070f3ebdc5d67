#pragma once

#include <cstddef>
#include <memory>
#include <vector>

namespace tillstream {

/// Memory that is handed out piece by piece and given back all at once. Large pieces of it are made
/// of huge pages where the system has them, which spares a page fault every 4 KiB.
class Arena {
 public:
  Arena() = default;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  /// Bytes at a multiple of 64, not cleared; valid as long as the arena.
  void* Allocate(size_t size_bytes);

 private:
  struct Free {
    void operator()(void* memory) const;
  };

  std::vector<std::unique_ptr<void, Free>> blocks_;
  std::byte* next_ = nullptr;
  size_t left_bytes_ = 0;
  size_t block_bytes_ = 0;  ///< Of the last block.
};

}  // namespace tillstream
