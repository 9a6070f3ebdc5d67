#include "log/record_block.h"

#include <algorithm>
#include <cstring>

namespace tillstream {

void RecordBlock::Append(std::string_view key, std::string_view value, bool has_value) {
  const int64_t value_length = has_value ? static_cast<int64_t>(value.size()) : -1;
  if (!has_value) value = {};
  const auto key_length = static_cast<int64_t>(key.size());
  // Attributes, timestamp delta and header count are one byte each, all zero.
  const size_t body = 3 + VarintSize(count_) + VarintSize(key_length) + key.size() +
                      VarintSize(value_length) + value.size();
  char* out = ReserveRecord(kVarintBytesMax + body);
  out = EncodeVarint(static_cast<int64_t>(body), out);
  *out++ = 0;
  *out++ = 0;
  out = EncodeVarint(count_, out);
  out = EncodeVarint(key_length, out);
  out = std::copy(key.begin(), key.end(), out);
  out = EncodeVarint(value_length, out);
  out = std::copy(value.begin(), value.end(), out);
  *out++ = 0;
  CommitRecord(out);
}

void RecordBlock::Grow(size_t needed) {
  constexpr size_t kCapacityMin = 4096;
  bytes_.reserve(std::max({needed, bytes_.capacity() * 2, kCapacityMin}));
}

}  // namespace tillstream
