#pragma once

// Private to this folder.

#include <cstdint>
#include <optional>

#include "kafka/kafka_client.h"
#include "log/event_log.h"
#include "log/record_block.h"

namespace tillstream {

/// Where a writer puts records. The handle belongs to the client, so it goes before it.
struct ProduceTarget {
  TopicPartition partition;
  KafkaTopicPtr topic;

  static Result<ProduceTarget> Open(KafkaClient& client, const TopicPartition& partition);
};

/// kBadInput for the one time in whose place the client would put the wall clock: 1970-01-01T00:00.
Status CheckEventTime(const TopicPartition& partition, Timestamp timestamp);

/// Puts a copy of one record into the client's queue, with its headers or, instead of those, a
/// sequence header if it has a `sequence`. `opaque` comes back with its delivery report. None on
/// success; the queue may be full.
KafkaErrorPtr ProduceRecord(KafkaClient& client, const ProduceTarget& target,
                            const RecordView& record,
                            std::optional<int64_t> sequence = std::nullopt, void* opaque = nullptr);

}  // namespace tillstream
