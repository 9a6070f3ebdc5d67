#pragma once

// Private to this folder.

#include <cstdint>
#include <optional>

#include "kafka/kafka_client.h"
#include "log/record_block.h"

namespace tillstream {

/// Puts a copy of one record into the client's queue, with a sequence header if it has a
/// `sequence`. `opaque` comes back with its delivery report. None on success; the queue may be
/// full.
KafkaErrorPtr ProduceRecord(rd_kafka_t* client, rd_kafka_topic_t* topic, PartitionId partition,
                            const RecordView& record,
                            std::optional<int64_t> sequence = std::nullopt, void* opaque = nullptr);

}  // namespace tillstream
