#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/endian.h"

namespace tillstream {

/// CRC-32 as gzip has it, a bit at a time.
inline uint32_t GzipCrc32(std::string_view text) {
  uint32_t crc = ~uint32_t{0};
  for (const char c : text) {
    crc ^= static_cast<uint8_t>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xEDB88320 : 0);
  }
  return ~crc;
}

/// Bytes before the text of the first block of StoredGzip(), and after the last.
inline constexpr size_t kStoredGzipHeadBytes = 15;
inline constexpr size_t kStoredGzipTailBytes = 8;

/// `text` as a gzip member that is not compressed, so that a test knows which byte of it is which:
/// a 10-byte header, for every 65,535 bytes of text 5 bytes and the text, CRC-32, length.
inline std::string StoredGzip(std::string_view text) {
  const auto append = [](std::string* out, auto number) {
    char bytes[sizeof(number)];
    StoreLittleEndian(number, bytes);
    out->append(bytes, sizeof(bytes));
  };
  std::string result("\x1F\x8B\x08\0\0\0\0\0\0\xFF", 10);
  std::string_view rest = text;
  do {
    const std::string_view block = rest.substr(0, 65'535);
    rest.remove_prefix(block.size());
    result += rest.empty() ? '\1' : '\0';
    append(&result, static_cast<uint16_t>(block.size()));
    append(&result, static_cast<uint16_t>(~block.size()));
    result += block;
  } while (!rest.empty());
  append(&result, GzipCrc32(text));
  append(&result, static_cast<uint32_t>(text.size()));
  return result;
}

}  // namespace tillstream
