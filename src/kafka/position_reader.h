#pragma once

#include <optional>

#include "base/clock.h"
#include "kafka/kafka_config.h"
#include "log/event_log.h"
#include "log/position_record.h"

namespace tillstream {

/// The last committed position in a partition of a positions topic; none when there is none. While
/// a transaction is open there, the one before it. Errors: those of KafkaReader, and kCorrupt.
Result<std::optional<PositionRecord>> ReadLastPosition(const KafkaConfig& config,
                                                       const TopicPartition& positions,
                                                       Clock& clock);

/// Whether a partition of events can hold as many of them as `position` says; without a position it
/// must have no records. kRefused otherwise: another program wrote there, or the topic was made
/// again.
Status CheckPartition(const KafkaConfig& config, const TopicPartition& events,
                      const std::optional<Position>& position, Clock& clock);

/// CheckPartition() of the partitions of `spec`, if no other stream shares them; kRefused also when
/// the stream was made from something else than `spec` says.
Status CheckStream(const KafkaConfig& config, const WriterSpec& spec,
                   const std::optional<PositionRecord>& position, Clock& clock);

}  // namespace tillstream
