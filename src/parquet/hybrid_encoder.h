#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace tillstream {

/// Bits that every number below `count` fits in; 0 when 0 is the only one.
int BitsFor(uint64_t count);

/// Appends `values`, each of at most `bits` bits (0 to 32), in Parquet's hybrid of run lengths and
/// bit packing: what dictionary indices and definition levels are in.
void AppendHybrid(std::span<const uint32_t> values, int bits, std::string* out);

}  // namespace tillstream
