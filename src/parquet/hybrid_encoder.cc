#include "parquet/hybrid_encoder.h"

#include <algorithm>
#include <bit>

namespace tillstream {
namespace {

/// Packed values come in groups of so many.
constexpr size_t kGroup = 8;

void AppendVarint(uint64_t value, std::string* out) {
  for (; value >= 0x80; value >>= 7) out->push_back(static_cast<char>(value | 0x80));
  out->push_back(static_cast<char>(value));
}

void AppendRun(uint32_t value, size_t count, int bits, std::string* out) {
  AppendVarint(count << 1, out);
  for (int written = 0; written < bits; written += 8) {
    out->push_back(static_cast<char>(value >> written));
  }
}

/// The last group is filled up with zeros.
void AppendPacked(std::span<const uint32_t> values, int bits, std::string* out) {
  if (values.empty()) return;
  const size_t groups = (values.size() + kGroup - 1) / kGroup;
  AppendVarint((groups << 1) | 1, out);
  const size_t end = out->size() + groups * static_cast<size_t>(bits);
  uint64_t pending = 0;
  int pending_bits = 0;
  for (const uint32_t value : values) {
    pending |= static_cast<uint64_t>(value) << pending_bits;
    pending_bits += bits;
    for (; pending_bits >= 8; pending_bits -= 8, pending >>= 8) {
      out->push_back(static_cast<char>(pending));
    }
  }
  if (pending_bits > 0) out->push_back(static_cast<char>(pending));
  out->resize(end, '\0');
}

}  // namespace

int BitsFor(uint64_t count) { return count <= 1 ? 0 : static_cast<int>(std::bit_width(count - 1)); }

void AppendHybrid(std::span<const uint32_t> values, int bits, std::string* out) {
  size_t packed_begin = 0;
  size_t at = 0;
  while (at < values.size()) {
    size_t run_end = at + 1;
    while (run_end < values.size() && values[run_end] == values[at]) ++run_end;
    // A run begins where a group of packed values ends: its first values fill the group up.
    const size_t packed = at - packed_begin;
    const size_t fill = (kGroup - packed % kGroup) % kGroup;
    if (run_end - at < fill + kGroup) {
      at = run_end;
      continue;
    }
    AppendPacked(values.subspan(packed_begin, packed + fill), bits, out);
    AppendRun(values[at], run_end - at - fill, bits, out);
    at = packed_begin = run_end;
  }
  AppendPacked(values.subspan(packed_begin), bits, out);
}

}  // namespace tillstream
