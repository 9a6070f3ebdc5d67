#pragma once

#include <cstdint>
#include <vector>

#include "dataset/store_table.h"

namespace tillstream {

/// The rows of a store that each of `partition_count` partitions has, in order: all of them where
/// there is one, else dealt out by the keys of their series (PartitionOfKey()).
std::vector<std::vector<int32_t>> DealRows(const StoreTable& table, int32_t partition_count);

}  // namespace tillstream
