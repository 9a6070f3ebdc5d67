#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/ids.h"
#include "replay/run_identity.h"

namespace tillstream {

/// A store's place in the topics.
struct PlannedStore {
  std::string id;
  PartitionId partition;
  int64_t series_count = 0;
  int64_t day_count = 0;  ///< Days of the stream, which the data has.
  int64_t event_count() const { return series_count * day_count; }
};

/// Which partition each store has, and what is to be expected in it.
struct TopicPlan {
  int32_t partition_count = 0;
  std::string data_begins;           ///< Date of the first event, "2011-01-29".
  std::vector<PlannedStore> stores;  ///< By id.
};

/// The number of partitions that the stores of a run need.
int32_t PartitionCount(const RunIdentity& identity);

/// The date of the first event, "2011-01-29".
std::string DataBegins(const RunIdentity& identity);

/// The plan of a run as it is stored.
TopicPlan PlanOf(const RunIdentity& identity);

/// The plan of a run that goes on with other data, or begins with it: stored partitions stay, and
/// new stores take the next free ones. Whether the data is the run's is replay's to say.
TopicPlan PlanOf(const RunIdentity& data, const std::optional<RunIdentity>& stored);

}  // namespace tillstream
