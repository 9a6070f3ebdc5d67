#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

namespace tillstream {

namespace internal {
template <typename T>
T SwapIfLittle(T value) {
  if constexpr (std::endian::native == std::endian::big || sizeof(T) == 1) return value;
  if constexpr (sizeof(T) == 2)
    return static_cast<T>(__builtin_bswap16(static_cast<uint16_t>(value)));
  if constexpr (sizeof(T) == 4)
    return static_cast<T>(__builtin_bswap32(static_cast<uint32_t>(value)));
  if constexpr (sizeof(T) == 8)
    return static_cast<T>(__builtin_bswap64(static_cast<uint64_t>(value)));
}
template <typename T>
T SwapIfBig(T value) {
  if constexpr (std::endian::native == std::endian::little || sizeof(T) == 1) return value;
  if constexpr (sizeof(T) == 4)
    return static_cast<T>(__builtin_bswap32(static_cast<uint32_t>(value)));
  if constexpr (sizeof(T) == 8)
    return static_cast<T>(__builtin_bswap64(static_cast<uint64_t>(value)));
}
}  // namespace internal

/// Integers in network order at any address.
template <typename T>
void StoreBigEndian(T value, char* out) {
  value = internal::SwapIfLittle(value);
  std::memcpy(out, &value, sizeof(value));
}
template <typename T>
T LoadBigEndian(const char* in) {
  T value;
  std::memcpy(&value, in, sizeof(value));
  return internal::SwapIfLittle(value);
}

/// Integers least significant byte first (Avro's float and double), at any address.
template <typename T>
void StoreLittleEndian(T value, char* out) {
  value = internal::SwapIfBig(value);
  std::memcpy(out, &value, sizeof(value));
}
template <typename T>
T LoadLittleEndian(const char* in) {
  T value;
  std::memcpy(&value, in, sizeof(value));
  return internal::SwapIfBig(value);
}

}  // namespace tillstream
