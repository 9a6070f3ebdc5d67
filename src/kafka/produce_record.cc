#include "kafka/produce_record.h"

#include <array>

#include "log/sequence_header.h"

namespace tillstream {
namespace {

const char* BytesOrEmpty(std::string_view bytes) {
  return bytes.data() == nullptr ? "" : bytes.data();
}

}  // namespace

KafkaErrorPtr ProduceRecord(rd_kafka_t* client, rd_kafka_topic_t* topic, PartitionId partition,
                            const RecordView& record, std::optional<int64_t> sequence,
                            void* opaque) {
  constexpr size_t kFieldCountMax = 8;
  std::array<rd_kafka_vu_t, kFieldCountMax> fields{};
  fields[0].vtype = RD_KAFKA_VTYPE_RKT;
  fields[0].u.rkt = topic;
  fields[1].vtype = RD_KAFKA_VTYPE_PARTITION;
  fields[1].u.i32 = partition.value();
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
  return KafkaErrorPtr(rd_kafka_produceva(client, fields.data(), field_count));
}

}  // namespace tillstream
