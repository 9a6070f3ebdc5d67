#pragma once

#include <cstdint>
#include <string_view>

namespace tillstream {

/// A secret of the process, from the system's random source.
struct SecretKey {
  uint64_t low = 0;
  uint64_t high = 0;
};

/// SipHash-2-4: a 64-bit hash that nobody can compute, or find a second text for, without the key.
uint64_t SipHash(const SecretKey& key, std::string_view text);

}  // namespace tillstream
