#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/endian.h"
#include "log/record_block.h"

namespace tillstream {

/// The header of records of an at-least-once stream: the record's index in its store stream, by
/// which a reader knows repeats. docs/formats/sequence_header.md.
inline constexpr std::string_view kSequenceHeader = "sequence";

/// The header's value: 8 bytes, big endian.
using SequenceBytes = std::array<char, sizeof(int64_t)>;

inline SequenceBytes EncodeSequence(int64_t sequence) {
  SequenceBytes bytes{};
  StoreBigEndian(sequence, bytes.data());
  return bytes;
}

/// None when the record has no such header, or one that is no index.
inline std::optional<int64_t> SequenceOf(const RecordView& record) {
  for (const HeaderView& header : record.headers) {
    if (header.key != kSequenceHeader || header.value.size() != sizeof(int64_t)) continue;
    const auto sequence = LoadBigEndian<int64_t>(header.value.data());
    if (sequence >= 0) return sequence;
  }
  return std::nullopt;
}

}  // namespace tillstream
