#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "log/event_log.h"
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
  std::vector<TopicInfo> topics;     ///< Of events, and last that of end-of-day totals.
  bool places_keys = false;          ///< Whether keys say which partition of a topic of events.
  int32_t stream_count = 0;          ///< Stores that a positions topic has a place for.
  std::string data_begins;           ///< Date of the first event, "2011-01-29".
  std::vector<PlannedStore> stores;  ///< By id.
};

/// The date of the first event, "2011-01-29".
std::string DataBegins(const RunIdentity& identity);

/// The plan of a run as it is stored, or is to be, in `topic`.
TopicPlan PlanOf(const RunIdentity& identity, const std::string& topic);

}  // namespace tillstream
