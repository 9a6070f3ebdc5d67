#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

namespace tillstream {

/// `text` in double quotes for a message: control characters and invalid UTF-8 as \xNN, cut at
/// `length_max` bytes with "..." behind it.
std::string Quote(std::string_view text, size_t length_max = 60);

/// `text` for a message that repeats another program's words: as it is when it is one printable
/// line of at most `length_max` bytes, else as Quote().
std::string PlainOrQuoted(std::string_view text, size_t length_max);

/// Whether the texts are equal, without a call for short ones: for comparisons made once an event.
inline bool SameText(std::string_view a, std::string_view b) {
  const auto differ = [&]<typename Word>(Word, size_t at) {
    Word x;
    Word y;
    std::memcpy(&x, a.data() + at, sizeof(Word));
    std::memcpy(&y, b.data() + at, sizeof(Word));
    return x ^ y;
  };
  const size_t size = a.size();
  if (size != b.size()) return false;
  if (size > 2 * sizeof(uint64_t)) return a == b;
  // Two words that may overlap are all of it.
  if (size >= sizeof(uint64_t)) {
    return (differ(uint64_t{}, 0) | differ(uint64_t{}, size - sizeof(uint64_t))) == 0;
  }
  if (size >= sizeof(uint32_t)) {
    return (differ(uint32_t{}, 0) | differ(uint32_t{}, size - sizeof(uint32_t))) == 0;
  }
  for (size_t i = 0; i < size; ++i) {
    if (a[i] != b[i]) return false;
  }
  return true;
}

/// Bytes of the valid UTF-8 sequence (no surrogates, no overlong forms) at the start of `text`,
/// which must not be empty; 0 if there is none.
size_t Utf8SequenceLength(std::string_view text);

/// Whether `text` is valid UTF-8, control characters included.
bool IsUtf8(std::string_view text);

/// Whether `text` is valid UTF-8 (no surrogates, no overlong forms) without ASCII control
/// characters.
bool IsPrintableUtf8(std::string_view text);

/// 1234567 -> "1,234,567".
std::string WithThousands(int64_t number);

/// 1610612736 -> "1.5 GiB".
std::string HumanBytes(int64_t size_bytes);

/// The candidate nearest to `name` by edit distance, for "did you mean"; empty when none is near
/// (at most a third of the letters differ).
std::string Nearest(std::string_view name, std::span<const std::string> candidates);

}  // namespace tillstream
