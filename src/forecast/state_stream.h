#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/endian.h"

namespace tillstream {

/// Appends plain numbers and arrays of them, little-endian, an array with its length before it.
class StateWriter {
 public:
  explicit StateWriter(std::string* out) : out_(out) {}

  template <typename T>
  void Put(T value) {
    static_assert(std::is_arithmetic_v<T>);
    char bytes[sizeof(T)];
    StoreLittleEndian(std::bit_cast<Bits<T>>(value), bytes);
    out_->append(bytes, sizeof(T));
  }
  template <typename T>
  void PutAll(const std::vector<T>& values) {
    Put(static_cast<uint64_t>(values.size()));
    if constexpr (std::endian::native == std::endian::little) {
      out_->append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T));
    } else {
      for (const T value : values) Put(value);
    }
  }

  template <typename T>
  using Bits =
      std::conditional_t<sizeof(T) == 8, uint64_t,
                         std::conditional_t<sizeof(T) == 4, uint32_t,
                                            std::conditional_t<sizeof(T) == 2, uint16_t, uint8_t>>>;

 private:
  std::string* const out_;
};

/// Reads what StateWriter wrote. After the first mismatch everything fails.
class StateReader {
 public:
  explicit StateReader(std::string_view in) : in_(in) {}

  template <typename T>
  bool Get(T* value) {
    if (failed_ || in_.size() < sizeof(T)) return Fail();
    *value = std::bit_cast<T>(LoadLittleEndian<StateWriter::Bits<T>>(in_.data()));
    in_.remove_prefix(sizeof(T));
    return true;
  }
  /// An array of exactly as many elements as `values` has.
  template <typename T>
  bool GetAll(std::vector<T>* values) {
    uint64_t count = 0;
    if (!Get(&count)) return false;
    if (count != values->size() || in_.size() < count * sizeof(T)) return Fail();
    if constexpr (std::endian::native == std::endian::little) {
      std::memcpy(values->data(), in_.data(), count * sizeof(T));
      in_.remove_prefix(count * sizeof(T));
    } else {
      for (T& value : *values) Get(&value);
    }
    return true;
  }
  bool at_end() const { return !failed_ && in_.empty(); }

 private:
  bool Fail() {
    failed_ = true;
    return false;
  }
  std::string_view in_;
  bool failed_ = false;
};

}  // namespace tillstream
