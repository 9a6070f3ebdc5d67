#pragma once

#include <bit>
#include <cstdint>

namespace tillstream {

/// The bin of a positive float by its leading bits: its octave, and a linear part of it in
/// 2^part_bits steps. Bin 0 begins at 2^first_octave; smaller ones are negative.
inline int32_t BitBin(float value, int part_bits, int first_octave) {
  constexpr int kMantissaBits = 23;
  constexpr int kBias = 127;
  const auto bits = static_cast<int32_t>(std::bit_cast<uint32_t>(value));
  return (bits >> (kMantissaBits - part_bits)) - ((kBias + first_octave) << part_bits);
}

}  // namespace tillstream
