#include "model/partitioner.h"

#include "base/murmur2.h"

namespace tillstream {

PartitionId PartitionOfKey(std::string_view key, int32_t partition_count) {
  constexpr uint32_t kPositive = 0x7fffffff;
  return PartitionId(
      static_cast<int32_t>((Murmur2(key) & kPositive) % static_cast<uint32_t>(partition_count)));
}

}  // namespace tillstream
