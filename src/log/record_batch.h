#pragma once
#include <cstdint>
namespace tillstream {
enum class Codec : int8_t { kNone = 0, kLz4 = 3, kZstd = 4 };
inline constexpr int64_t kSegmentBytesDefault = int64_t{1} << 30;
inline constexpr int64_t kRecoveryBytesDefault = int64_t{32} << 20;
}  // namespace tillstream
