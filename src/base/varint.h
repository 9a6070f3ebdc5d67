#pragma once

#include <cstddef>
#include <cstdint>

namespace tillstream {

/// Variable-length integers as Avro and Kafka's record format share them: zigzag, then seven bits a
/// byte, least significant first.

/// The longest encoding of a 64-bit integer.
inline constexpr size_t kVarintBytesMax = 10;

constexpr uint64_t ZigZag(int64_t value) {
  return (static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63);
}
constexpr int64_t UnZigZag(uint64_t value) {
  return static_cast<int64_t>(value >> 1) ^ -static_cast<int64_t>(value & 1);
}

/// Bytes that EncodeVarint() writes for `value`.
constexpr size_t VarintSize(int64_t value) {
  uint64_t rest = ZigZag(value);
  size_t size = 1;
  while (rest >= 0x80) {
    rest >>= 7;
    ++size;
  }
  return size;
}

/// Writes `value` at `out`, which must have kVarintBytesMax bytes; returns one past the last.
inline char* EncodeVarint(int64_t value, char* out) {
  uint64_t rest = ZigZag(value);
  while (rest >= 0x80) {
    *out++ = static_cast<char>(rest | 0x80);
    rest >>= 7;
  }
  *out++ = static_cast<char>(rest);
  return out;
}

/// Reads a varint from [in, end) into `value`. Returns one past its last byte, or nullptr when the
/// bytes end first or the number does not fit 64 bits; then `value` is unspecified.
inline const char* DecodeVarint(const char* in, const char* end, int64_t* value) {
  uint64_t result = 0;
  for (unsigned shift = 0; shift < 70; shift += 7) {
    if (in == end) return nullptr;
    const auto byte = static_cast<uint8_t>(*in++);
    if (shift == 63 && byte > 1) return nullptr;
    result |= static_cast<uint64_t>(byte & 0x7F) << shift;
    if (byte < 0x80) {
      *value = UnZigZag(result);
      return in;
    }
  }
  return nullptr;
}

}  // namespace tillstream
