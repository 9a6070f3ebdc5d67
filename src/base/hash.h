#pragma once

#include <cstdint>
#include <string_view>

namespace tillstream {

/// XXH3 64-bit hash of `data`. Stable over machines and releases of the library, so it may be
/// stored; not a defence against a forger.
uint64_t Hash64(std::string_view data, uint64_t seed = 0);

}  // namespace tillstream
