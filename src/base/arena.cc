#include "base/arena.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>

#include "base/check.h"

namespace tillstream {
namespace {

constexpr size_t kAlignment = 64;
constexpr size_t kHugePageBytes = size_t{2} << 20;
/// The first block is small, since a dataset may be; each one is twice as large as the one before,
/// up to this, so that no more than a huge page is ever wasted.
constexpr size_t kFirstBlockBytes = size_t{64} << 10;
constexpr size_t kBlockBytesMax = size_t{16} << 20;

constexpr size_t RoundUp(size_t size, size_t unit) { return (size + unit - 1) / unit * unit; }

}  // namespace

void Arena::Free::operator()(void* memory) const { std::free(memory); }

void* Arena::Allocate(size_t size_bytes) {
  size_bytes = RoundUp(size_bytes, kAlignment);
  if (size_bytes > left_bytes_) {
    block_bytes_ = std::clamp(2 * block_bytes_, kFirstBlockBytes, kBlockBytesMax);
    const bool is_huge = std::max(size_bytes, block_bytes_) >= kHugePageBytes;
    left_bytes_ =
        RoundUp(std::max(size_bytes, block_bytes_), is_huge ? kHugePageBytes : kAlignment);
    void* const block = std::aligned_alloc(is_huge ? kHugePageBytes : kAlignment, left_bytes_);
    TILLSTREAM_CHECK_MSG(block != nullptr, "out of memory");
    blocks_.emplace_back(block);
    // Advice only: without it the block works all the same.
    if (is_huge) ::madvise(block, left_bytes_, MADV_HUGEPAGE);
    next_ = static_cast<std::byte*>(block);
  }
  void* const result = next_;
  next_ += size_bytes;
  left_bytes_ -= size_bytes;
  return result;
}

}  // namespace tillstream
