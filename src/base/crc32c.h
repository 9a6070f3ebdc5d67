#pragma once

#include <cstdint>
#include <string_view>

namespace tillstream {

/// CRC-32C (Castagnoli polynomial, as in RFC 3720) of `data`; `crc` is the CRC of what came before,
/// so that Crc32c(b, Crc32c(a)) == Crc32c(a + b). The instruction set is chosen at run time.
uint32_t Crc32c(std::string_view data, uint32_t crc = 0);

}  // namespace tillstream
