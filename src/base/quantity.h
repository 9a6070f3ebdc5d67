#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tillstream {

/// Reads a whole number of bytes, alone or in B, kB, KiB, MB, MiB, GB, GiB: "16MiB". None for
/// anything else, and for more than `maximum`.
std::optional<int64_t> ParseByteCount(std::string_view text, int64_t maximum);

/// Reads a whole number of ms, s or min: "250ms". None for anything else, and for more than
/// `maximum`.
std::optional<std::chrono::milliseconds> ParseDuration(std::string_view text,
                                                       std::chrono::milliseconds maximum);

/// For messages: "100 ms", "1.5 s", "30 s".
std::string DurationText(std::chrono::milliseconds time);

}  // namespace tillstream
