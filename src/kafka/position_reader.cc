#include "kafka/position_reader.h"

#include "kafka/kafka_reader.h"
#include "kafka/kafka_waits.h"
#include "log/last_record.h"

namespace tillstream {

Result<std::optional<PositionRecord>> ReadLastPosition(const KafkaConfig& config,
                                                       const TopicPartition& positions,
                                                       Clock& clock) {
  TILLSTREAM_ASSIGN(const auto reader, KafkaReader::Open(config, positions, clock));
  std::optional<PositionRecord> last;
  TILLSTREAM_TRY(TakeLastRecord(*reader, [&](const RecordView& record) -> Status {
    auto position = DecodePosition(record.value);
    if (!position) return position.error().At(positions.ToString());
    last = *std::move(position);
    return Ok();
  }));
  return last;
}

Status CheckPartition(const KafkaConfig& config, const TopicPartition& events,
                      const std::optional<Position>& position, Clock& clock) {
  TILLSTREAM_ASSIGN(const auto reader, KafkaReader::Open(config, events, clock));
  TILLSTREAM_ASSIGN(const Offset end, reader->End());
  if (position) {
    if (end.value() >= position->value()) return Ok();
    return MakeError(
        ErrorCode::kRefused,
        "kafka: {}: {} events are said to be written, but it ends at offset {}; was the "
        "topic made again? delete its positions topic too, or use another topic",
        events.ToString(), position->value(), end.value());
  }
  if (end == Offset(0)) return Ok();
  TILLSTREAM_ASSIGN(const auto records, reader->Read(kNoWait));
  if (records.empty()) return Ok();
  return MakeError(
      ErrorCode::kRefused,
      "kafka: {}: has records (offset {}) but no position; another program wrote them; "
      "use another topic",
      events.ToString(), records.front().offset.value());
}

Status CheckStream(const KafkaConfig& config, const WriterSpec& spec,
                   const std::optional<PositionRecord>& position, Clock& clock) {
  if (position && !position->identity.empty() && !spec.identity.empty() &&
      position->identity != spec.identity) {
    return MakeError(ErrorCode::kRefused,
                     "kafka: {}: was written from {}, and this would write {}; use another topic",
                     spec.events.front().ToString(), position->identity, spec.identity);
  }
  // What is in a partition of several streams cannot be told from without.
  if (spec.is_shared) return Ok();
  const int64_t left_out = position ? position->left_out : 0;
  // Of which of several partitions it was left out is not kept.
  if (left_out > 0 && spec.events.size() > 1) return Ok();
  for (size_t i = 0; i < spec.events.size(); ++i) {
    std::optional<Position> events;
    if (position) events = Position(EventsDealtTo(spec.round, i, position->position - left_out));
    TILLSTREAM_TRY(CheckPartition(config, spec.events[i], events, clock));
  }
  return Ok();
}

}  // namespace tillstream
