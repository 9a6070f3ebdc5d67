#pragma once

#include <cstddef>
#include <cstdint>
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
