#pragma once

#include <cstdint>
#include <string_view>

namespace tillstream {

/// MurmurHash2 (Austin Appleby, public domain) of `data` with the seed that Kafka's Java client
/// uses: what its default partitioner takes of a record's key. Not a defence against a forger.
uint32_t Murmur2(std::string_view data);

}  // namespace tillstream
