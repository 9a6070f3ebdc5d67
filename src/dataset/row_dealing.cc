#include "dataset/row_dealing.h"

#include <string>

#include "model/names.h"
#include "model/partitioner.h"

namespace tillstream {

std::vector<std::vector<int32_t>> DealRows(const StoreTable& table, int32_t partition_count) {
  std::vector<std::vector<int32_t>> rows(static_cast<size_t>(partition_count));
  std::string key;
  int32_t row = 0;
  for (const Series& series : table.series()) {
    key.clear();
    AppendSeriesKey(series.item_id, table.store_id(), &key);
    const PartitionId partition =
        partition_count == 1 ? PartitionId(0) : PartitionOfKey(key, partition_count);
    rows[static_cast<size_t>(partition.value())].push_back(row);
    ++row;
  }
  return rows;
}

}  // namespace tillstream
