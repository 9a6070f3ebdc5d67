#include "consume/event_decoder.h"

#include "avro/framing.h"

namespace tillstream {

Result<EventDecoder::Reader*> EventDecoder::ReaderOf(SchemaId id) {
  const auto known = readers_.find(id);
  if (known != readers_.end()) return &known->second;
  Result<Schema> schema = registry_.Find(id);
  if (!schema && (schema.error().code == ErrorCode::kNotFound ||
                  schema.error().code == ErrorCode::kBadInput)) {
    return MakeError(ErrorCode::kCorrupt, "{}", schema.error().message);
  }
  if (!schema) return schema.error();
  Reader reader;
  reader.schema = *schema;
  const SchemaNode& root = reader.schema->root();
  // A record that only happens to have the name of one of ours is read as what it says it is.
  if (root.type == AvroType::kRecord && root.name == SalesRecordSchema().root().name) {
    if (Result<SalesDecoder> sales = SalesDecoder::Make(*schema)) reader.sales = *std::move(sales);
  } else if (root.type == AvroType::kRecord && root.name == StoreDaySchema().root().name) {
    if (Result<StoreDayDecoder> totals = StoreDayDecoder::Make(*schema)) {
      reader.totals = *std::move(totals);
    }
  }
  if (!reader.sales && !reader.totals) {
    TILLSTREAM_ASSIGN(reader.other, DatumReader::Make(*schema, *schema));
  }
  return &readers_.emplace(id, std::move(reader)).first->second;
}

Status EventDecoder::Decode(const RecordView& record, Event* event) {
  if (!record.has_value) {
    *event = std::monostate();
    return Ok();
  }
  TILLSTREAM_ASSIGN(const Frame frame, ParseFrame(record.value));
  if (last_reader_ == nullptr || frame.schema != last_id_) {
    TILLSTREAM_ASSIGN(last_reader_, ReaderOf(frame.schema));
    last_id_ = frame.schema;
  }
  Reader& reader = *last_reader_;
  if (reader.sales) {
    if (!std::holds_alternative<SalesRecord>(*event)) event->emplace<SalesRecord>();
    return reader.sales->Decode(frame.payload, &std::get<SalesRecord>(*event));
  }
  if (reader.totals) {
    if (!std::holds_alternative<StoreDay>(*event)) event->emplace<StoreDay>();
    return reader.totals->Decode(frame.payload, &std::get<StoreDay>(*event));
  }
  if (!std::holds_alternative<OtherEvent>(*event)) event->emplace<OtherEvent>();
  auto& other = std::get<OtherEvent>(*event);
  other.schema = &reader.schema->root();
  return reader.other->Read(frame.payload, &other.value);
}

}  // namespace tillstream
