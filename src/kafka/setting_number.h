#pragma once

#include <charconv>
#include <cstdint>
#include <string_view>

namespace tillstream {

/// A broker's or topic's setting as a number; `otherwise` when it does not begin with one.
inline int64_t NumberOf(std::string_view text, int64_t otherwise) {
  int64_t value = otherwise;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace tillstream
