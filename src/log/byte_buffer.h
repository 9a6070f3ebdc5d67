#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>

namespace tillstream {

/// A growing array of bytes whose new bytes are not initialised: a std::string would write every
/// byte twice. Not thread safe.
class ByteBuffer {
 public:
  char* data() { return bytes_.get(); }
  const char* data() const { return bytes_.get(); }
  size_t size() const { return size_; }
  size_t capacity() const { return capacity_; }
  bool empty() const { return size_ == 0; }
  std::string_view view() const { return {bytes_.get(), size_}; }

  /// Forgets the bytes; the memory stays.
  void Clear() { size_ = 0; }

  /// Makes room for `size` more bytes and returns where they go; Commit() takes them in.
  char* Reserve(size_t size) {
    if (capacity_ - size_ < size) Grow(size_ + size);
    return bytes_.get() + size_;
  }
  void Commit(size_t size) { size_ += size; }

  void Append(std::string_view bytes) {
    if (bytes.empty()) return;
    std::memcpy(Reserve(bytes.size()), bytes.data(), bytes.size());
    Commit(bytes.size());
  }

  /// Cuts to `size` bytes.
  void Cut(size_t size) { size_ = std::min(size_, size); }

  /// Removes the first `size` bytes.
  void RemoveFront(size_t size) {
    size_ -= size;
    if (size_ > 0) std::memmove(bytes_.get(), bytes_.get() + size, size_);
  }

 private:
  void Grow(size_t needed) {
    const size_t capacity = std::max(needed, capacity_ * 2);
    auto bytes = std::make_unique_for_overwrite<char[]>(capacity);
    if (size_ > 0) std::memcpy(bytes.get(), bytes_.get(), size_);
    bytes_ = std::move(bytes);
    capacity_ = capacity;
  }

  std::unique_ptr<char[]> bytes_;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

}  // namespace tillstream
