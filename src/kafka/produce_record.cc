#include "kafka/produce_record.h"

#include <array>
#include <utility>

#include "log/sequence_header.h"

namespace tillstream {
namespace {

const char* BytesOrEmpty(std::string_view bytes) {
  return bytes.data() == nullptr ? "" : bytes.data();
}

/// For a message, which destroys them.
rd_kafka_headers_t* CopyHeaders(std::span<const HeaderView> headers) {
  rd_kafka_headers_t* const copy = rd_kafka_headers_new(headers.size());
  for (const HeaderView& header : headers) {
    rd_kafka_header_add(copy, BytesOrEmpty(header.key), static_cast<ssize_t>(header.key.size()),
                        BytesOrEmpty(header.value), static_cast<ssize_t>(header.value.size()));
  }
  return copy;
}

}  // namespace

Result<ProduceTarget> ProduceTarget::Open(KafkaClient& client, const TopicPartition& partition) {
  TILLSTREAM_ASSIGN(KafkaTopicPtr topic, client.OpenTopic(partition.topic));
  return ProduceTarget{partition, std::move(topic)};
}

Status CheckEventTime(const TopicPartition& partition, Timestamp timestamp) {
  if (timestamp != Timestamp(0)) return Ok();
  return MakeError(ErrorCode::kBadInput,
                   "kafka: {}: an event of 1970-01-01T00:00 cannot be written with its time; "
                   "--rebase-to another date",
                   partition.ToString());
}

KafkaErrorPtr ProduceRecord(KafkaClient& client, const ProduceTarget& target,
                            const RecordView& record, std::optional<int64_t> sequence,
                            void* opaque) {
  constexpr size_t kFieldCountMax = 8;
  std::array<rd_kafka_vu_t, kFieldCountMax> fields{};
  fields[0].vtype = RD_KAFKA_VTYPE_RKT;
  fields[0].u.rkt = target.topic.get();
  fields[1].vtype = RD_KAFKA_VTYPE_PARTITION;
  fields[1].u.i32 = target.partition.partition.value();
  fields[2].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
  fields[2].u.i = RD_KAFKA_MSG_F_COPY;
  fields[3].vtype = RD_KAFKA_VTYPE_KEY;
  fields[3].u.mem = {record.has_key ? const_cast<char*>(BytesOrEmpty(record.key)) : nullptr,
                     record.key.size()};
  fields[4].vtype = RD_KAFKA_VTYPE_VALUE;
  fields[4].u.mem = {record.has_value ? const_cast<char*>(BytesOrEmpty(record.value)) : nullptr,
                     record.value.size()};
  fields[5].vtype = RD_KAFKA_VTYPE_TIMESTAMP;
  fields[5].u.i64 = record.timestamp.value();
  fields[6].vtype = RD_KAFKA_VTYPE_OPAQUE;
  fields[6].u.ptr = opaque;
  size_t field_count = kFieldCountMax - 1;
  SequenceBytes bytes{};
  if (sequence) {
    bytes = EncodeSequence(*sequence);
    fields[7].vtype = RD_KAFKA_VTYPE_HEADER;
    fields[7].u.header = {kSequenceHeader.data(), bytes.data(), static_cast<ssize_t>(bytes.size())};
    ++field_count;
  }
  rd_kafka_headers_t* headers = nullptr;
  if (!sequence && !record.headers.empty()) {
    headers = CopyHeaders(record.headers);
    fields[7].vtype = RD_KAFKA_VTYPE_HEADERS;
    fields[7].u.headers = headers;
    ++field_count;
  }
  KafkaErrorPtr error(rd_kafka_produceva(client.handle(), fields.data(), field_count));
  // They belong to the message only once it is in the queue.
  if (error != nullptr && headers != nullptr) rd_kafka_headers_destroy(headers);
  return error;
}

}  // namespace tillstream
