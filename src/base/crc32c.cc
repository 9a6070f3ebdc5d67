#include "base/crc32c.h"

#include <isa-l/crc.h>

#include <algorithm>
#include <climits>

namespace tillstream {

uint32_t Crc32c(std::string_view data, uint32_t crc) {
  // ISA-L's function neither inverts its input nor its output, and takes an int length.
  constexpr size_t kChunk = size_t{1} << 30;
  static_assert(kChunk <= INT_MAX);
  uint32_t state = ~crc;
  while (!data.empty()) {
    const size_t size = std::min(data.size(), kChunk);
    state = crc32_iscsi(reinterpret_cast<unsigned char*>(const_cast<char*>(data.data())),
                        static_cast<int>(size), state);
    data.remove_prefix(size);
  }
  return ~state;
}

}  // namespace tillstream
