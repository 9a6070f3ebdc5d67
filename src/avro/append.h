#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/varint.h"

namespace tillstream {

/// Appends an Avro int, long, or number of a union's branch.
inline void AppendNumber(int64_t number, std::string* out) {
  char bytes[kVarintBytesMax];
  out->append(bytes, static_cast<size_t>(EncodeVarint(number, bytes) - bytes));
}

/// Appends an Avro string or bytes.
inline void AppendText(std::string_view text, std::string* out) {
  AppendNumber(static_cast<int64_t>(text.size()), out);
  out->append(text);
}

}  // namespace tillstream
