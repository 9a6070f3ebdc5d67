#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "dataset/dataset.h"
#include "log/event_log.h"
#include "replay/run_identity.h"

namespace tillstream {

/// What a partition of events is to have at the end of the data.
struct PartitionLoad {
  TopicPartition partition;
  std::string size_class;           ///< Empty under plans without classes.
  std::vector<std::string> stores;  ///< By id.
  int64_t events = 0;
  int64_t units = 0;
  int64_t bytes = 0;  ///< Framed records before compression.
};

/// Of every partition of events that `identity`, a plan for `dataset` with all its stores, has; by
/// encoding the whole of it.
Result<std::vector<PartitionLoad>> LoadsOf(const Dataset& dataset, const RunIdentity& identity,
                                           const std::string& topic);

/// The largest over the mean of one number of all partitions: 1 is even. 0 when there is nothing.
double ImbalanceOf(const std::vector<PartitionLoad>& loads, int64_t PartitionLoad::* number);

}  // namespace tillstream
