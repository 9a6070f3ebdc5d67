#pragma once

#include <cstdint>
#include <string_view>

#include "model/ids.h"

namespace tillstream {

/// The partition, of `partition_count`, of a record with `key`: where Kafka's Java client puts it
/// by default, and librdkafka with partitioner=murmur2_random.
PartitionId PartitionOfKey(std::string_view key, int32_t partition_count);

}  // namespace tillstream
