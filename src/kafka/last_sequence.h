#pragma once

#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "kafka/kafka_config.h"
#include "log/event_log.h"

namespace tillstream {

/// The sequence of the last record in a partition (sequence_header.h); none when it is empty.
/// kRefused when that record has none, so another program wrote it, or another mode of ours. Other
/// errors: those of KafkaReader.
Result<std::optional<int64_t>> ReadLastSequence(const KafkaConfig& config,
                                                const TopicPartition& partition, Clock& clock);

}  // namespace tillstream
