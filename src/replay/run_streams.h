#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "dataset/dataset.h"
#include "log/event_log.h"
#include "replay/run_identity.h"
#include "replay/stream_encoder.h"

namespace tillstream {

/// What one generator writes, and where.
struct RunStream {
  std::string name;                 ///< The store's id, or "CA_1+TX_2" of several.
  std::vector<std::string> stores;  ///< Whose events they are, by id.
  PartitionId partition;            ///< Of the totals, and of the events where they have but one.
  StreamSource source;
  WriterSpec spec;  ///< Without a holder.
};

/// What a store's own writer writes, and where. Without a holder, and whether other streams are in
/// its partitions.
WriterSpec SpecOfStore(const RunIdentity& identity, const std::string& topic,
                       const std::string& store_id);

/// The streams of the stores of `dataset`, by name. A stream is a store's; only where stores share
/// a partition (plan "size") that has one writer (`has_shared_partitions` is false: the embedded
/// log), it is that of all of them. kUsage when the dataset does not have all of those.
Result<std::vector<RunStream>> StreamsOf(const Dataset& dataset, const RunIdentity& identity,
                                         const std::string& topic, bool has_shared_partitions);

}  // namespace tillstream
