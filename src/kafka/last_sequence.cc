#include "kafka/last_sequence.h"

#include "kafka/kafka_reader.h"
#include "log/last_record.h"
#include "log/sequence_header.h"

namespace tillstream {

Result<std::optional<int64_t>> ReadLastSequence(const KafkaConfig& config,
                                                const TopicPartition& partition, Clock& clock) {
  TILLSTREAM_ASSIGN(const auto reader, KafkaReader::Open(config, partition, clock));
  std::optional<Offset> last;
  std::optional<int64_t> sequence;
  TILLSTREAM_TRY(TakeLastRecord(*reader, [&](const RecordView& record) {
    last = record.offset;
    sequence = SequenceOf(record);
    return Ok();
  }));
  if (!last || sequence) return sequence;
  return MakeError(ErrorCode::kRefused,
                   "kafka: {}: its last record (offset {}) has no header \"{}\", so it was not "
                   "written at least once; use another topic, or the --positions that wrote it",
                   partition.ToString(), last->value(), kSequenceHeader);
}

}  // namespace tillstream
