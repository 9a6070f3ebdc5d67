#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "app/command.h"
#include "app/log_options.h"
#include "log/event_log.h"
#include "log/position_store.h"
#include "log/reader_group.h"
#include "log/run_store.h"
#include "log/segment_log.h"
#include "replay/run_identity.h"

namespace tillstream {

class KafkaLog;

/// How what is written is laid out; readers need nothing of it.
struct LogTuning {
  Codec codec = Codec::kZstd;
  int64_t segment_bytes_max = kSegmentBytesDefault;  ///< Of the embedded log.
};

/// A log with the documents of its runs.
struct OpenedLog {
  /// Where the writers of `log` keep their positions, unless in the log itself.
  std::unique_ptr<PositionStore> positions;
  std::unique_ptr<EventLog> log;
  std::unique_ptr<RunStore> runs;
  SegmentLog* segments = nullptr;  ///< `log` where it is embedded, else null.
  KafkaLog* kafka = nullptr;       ///< `log` where it is Kafka, else null.
};

/// Opens the log of completed options; contacts nobody yet, touches nothing on disk. kUsage for
/// properties that librdkafka does not take.
Result<OpenedLog> OpenEventLog(Context& context, const LogOptions& options,
                               const LogTuning& tuning = {});

/// The identity of the run that writes `topic`; kNotFound, with what to do, when there is none.
Result<RunIdentity> RequireRun(Context& context, OpenedLog& opened, const std::string& topic);

/// The run that writes `topic`, for a reader: none, too, where the user may not read what the run
/// is, since who reads events need not be allowed to.
Result<std::optional<NamedRun>> FindRunToRead(Context& context, OpenedLog& opened,
                                              const std::string& topic);

/// How far a store's stream is durable.
struct StreamPosition {
  int64_t events = 0;
  int64_t totals = 0;
  int64_t days = 0;      ///< Whole days, in each of its partitions: where its generator goes on.
  int64_t left_out = 0;  ///< PositionRecord::left_out.
  bool is_kept = false;  ///< Whether Kafka has a record of it, which `position set` can follow.
};

/// Of a store of the run; 0 where nothing was written yet. On the embedded log, where several
/// partitions may end on different days, the number of events that there are.
Result<StreamPosition> PositionOf(Context& context, OpenedLog& opened, const std::string& topic,
                                  const RunIdentity& identity, const std::string& store_id);

/// Where `group` stands on `opened`, to look at: its partitions are not read. kUsage for a name
/// that cannot be one.
Result<std::unique_ptr<ReaderGroup>> LookAtGroup(Context& context, OpenedLog& opened,
                                                 const std::string& group,
                                                 const std::vector<std::string>& topics);

}  // namespace tillstream
