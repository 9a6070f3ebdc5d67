#pragma once

#include <string>

#include "app/opened_log.h"
#include "app/topic_plan.h"
#include "log/reader_group.h"
#include "model/event_dates.h"

namespace tillstream {

/// The log on the Kafka cluster of `options`, which are completed; CompleteLog() has refused them
/// in a build without Kafka.
Result<OpenedLog> OpenKafkaLog(Context& context, const LogOptions& options,
                               const LogTuning& tuning);

/// Whether `kafka.positions` of completed options is one of the ways that there are, and there is a
/// Kafka to have it. kUsage.
Status CheckPositions(const LogOptions& options);

/// Whether it is the default, by which streams are exactly once.
bool KeepsPositionsInTransactions(const LogOptions& options);

/// What the way of keeping positions means for readers, in one line; empty when that is exactly
/// once.
std::string DescribePositions(const LogOptions& options);

/// What a run needs of Kafka before its first event.
struct KafkaRun {
  std::string topic;
  TopicPlan plan;
  int32_t writer_count = 0;
  EventDates dates;
};

/// Makes the topics of events, totals and positions where they are missing, and refuses those whose
/// settings would lose or spoil events (kFailed, with the first deviation and what to do), and a
/// cluster whose settings keep it from transactions (kUnavailable).
Status PrepareKafkaRun(Context& context, OpenedLog& opened, const KafkaRun& run);

/// PositionOf() on Kafka.
Result<StreamPosition> PositionOnKafka(Context& context, OpenedLog& opened,
                                       const std::string& topic, const RunIdentity& identity,
                                       const std::string& store_id);

/// Commits `target` as the position of a stream that keeps it with its transactions, and returns
/// how many events it was at before. A generator that has the stream is ended by that.
Result<int64_t> MoveOnKafka(OpenedLog& opened, const WriterSpec& spec,
                            const StreamPosition& target);

/// A reader of `topics` under the name of a consumer group; `is_member` says whether the group
/// gives it its partitions.
Result<std::unique_ptr<ReaderGroup>> OpenKafkaGroup(OpenedLog& opened, const std::string& group,
                                                    const std::vector<std::string>& topics,
                                                    bool is_member);

}  // namespace tillstream
