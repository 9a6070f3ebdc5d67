#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "consume/event_decoder.h"
#include "dataset/dataset.h"
#include "log/event_log.h"
#include "registry/schema_registry.h"

namespace tillstream {

/// Differences that are kept with their text, a store; the rest is counted.
inline constexpr size_t kDifferencesKept = 10;

struct VerifyOptions {
  std::string topic = "sales";  ///< Of the run.
  PartitionId partition;        ///< Of the store's totals, and of its events.
  /// Where the store's events are instead, dealt out by their keys. Empty: `partition` of `topic`.
  std::vector<TopicPartition> events = {};
  /// Other stores in the partition, whose records are passed over.
  std::vector<std::string> beside = {};
  /// Whether records of no store that belongs there count as foreign: one of those beside does
  /// that.
  bool counts_strangers = true;
  Day stream_from{1};  ///< First day of the stream, as the run began.
  Day from{1};         ///< First day to compare.
  /// First day not to compare. One past the data's last for all of it; what the log holds beyond is
  /// then foreign.
  Day to{0};
};

/// What the comparison of one store found. All counts are of the days compared.
struct StoreVerification {
  std::string store_id;
  PartitionId partition;
  int64_t events_expected = 0;  ///< What the data has.
  int64_t events_equal = 0;
  int64_t events_different = 0;  ///< There, with another value, key or timestamp.
  int64_t events_missing = 0;    ///< Passed over, with later events behind them.
  int64_t events_repeated = 0;
  int64_t events_foreign = 0;  ///< Not of this store and these days, or not a SalesRecord.
  int64_t totals_expected = 0;
  int64_t totals_equal = 0;
  int64_t totals_wrong = 0;  ///< Different, missing, repeated or foreign.
  Day next_day{1};           ///< First day whose events and total are not all there.
  bool complete = false;     ///< Everything expected is there.
  std::vector<std::string> differences;

  bool clean() const {
    return events_different + events_missing + events_repeated + events_foreign + totals_wrong == 0;
  }
};

/// Recomputes from a store's table what the log must hold and compares every event and every total.
///
/// Errors: those of the log (kCorrupt with file and byte) and of the registry; differences are not
/// errors. A record that cannot be decoded counts as foreign. Stops early, with what was compared
/// so far, when a stop is requested.
Result<StoreVerification> VerifyStore(EventLog& log, SchemaRegistry& registry,
                                      const StoreTable& table, const Calendar& calendar,
                                      const VerifyOptions& options, const std::stop_token& stop);

}  // namespace tillstream
