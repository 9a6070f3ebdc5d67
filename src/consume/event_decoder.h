#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <variant>

#include "avro/datum_reader.h"
#include "avro/sales_codec.h"
#include "avro/value.h"
#include "base/result.h"
#include "log/record_block.h"
#include "registry/schema_registry.h"

namespace tillstream {

/// A datum of a schema that is none of ours.
struct OtherEvent {
  const SchemaNode* schema = nullptr;
  Value value;
};

/// What a record's value says: a sale, an end-of-day total, anything else that is framed Avro, or
/// nothing (a tombstone).
using Event = std::variant<std::monostate, SalesRecord, StoreDay, OtherEvent>;

/// Decodes framed values without being given a schema: the writer's is looked up in the registry by
/// the id in the frame. Records of version 1 and of what resolves to it become SalesRecord and
/// StoreDay. Not thread safe.
class EventDecoder {
 public:
  /// `registry` must outlive the decoder.
  explicit EventDecoder(SchemaRegistry& registry) : registry_(registry) {}

  /// The event of `record`; it views the record's bytes and memory that the next call uses again.
  ///
  /// Errors: kCorrupt when the value is no frame, its schema id is not in the registry or none of
  /// Avro, or the payload does not fit the schema; those of the registry's store otherwise.
  Status Decode(const RecordView& record, Event* event);

 private:
  struct Reader {
    std::optional<SalesDecoder> sales;
    std::optional<StoreDayDecoder> totals;
    std::optional<DatumReader> other;
    std::optional<Schema> schema;
  };

  Result<Reader*> ReaderOf(SchemaId id);

  SchemaRegistry& registry_;
  std::map<SchemaId, Reader> readers_;
  SchemaId last_id_;
  Reader* last_reader_ = nullptr;
};

}  // namespace tillstream
