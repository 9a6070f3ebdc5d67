// Feeds everything of avro/ and the reader of `_schemas` records. The first byte of the input says
// what the rest is: an event's payload, an end-of-day total's, a framed value, a `_schemas` key and
// value, or two schemas and a datum of the first, parted by zero bytes.
//
// Beside not crashing: the compiled decoders and schema resolution agree, a schema's text reads
// back as itself, as it is and normalised, also with another schema as its reference, a datum that
// is read is written and read again the same, and what is called compatible decodes.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "avro/compatibility.h"
#include "avro/datum_reader.h"
#include "avro/datum_writer.h"
#include "avro/sales_codec.h"
#include "base/check.h"
#include "registry/schema_history.h"

namespace tillstream {
namespace {

std::string Encoded(const SalesRecord& record) {
  std::string out;
  EncodeSalesRecord(SchemaId(1), record, &out);
  return out;
}

std::string Encoded(const StoreDay& total) {
  std::string out;
  EncodeStoreDay(SchemaId(1), total, &out);
  return out;
}

template <typename Decoder, typename Record>
void DecodeBothWays(const Schema& schema, std::string_view payload) {
  static Decoder fast = *Decoder::Make(schema);
  static Decoder general = *Decoder::MakeGeneral(schema);
  Record a;
  Record b;
  const Status fast_done = fast.Decode(payload, &a);
  const Status general_done = general.Decode(payload, &b);
  TILLSTREAM_CHECK(fast_done.has_value() == general_done.has_value());
  if (!fast_done) {
    TILLSTREAM_CHECK(fast_done.error().message == general_done.error().message);
    return;
  }
  TILLSTREAM_CHECK(Encoded(a) == Encoded(b));  // by bytes, since NaN is not itself
}

void ParseFrameOf(std::string_view value) {
  const auto frame = ParseFrame(value);
  if (!frame) return;
  std::string again;
  AppendFrame(frame->schema, &again);
  again += frame->payload;
  TILLSTREAM_CHECK(again == value);
}

/// Splits off what stands before the next zero byte.
std::string_view Next(std::string_view* rest) {
  const size_t end = std::min(rest->find('\0'), rest->size());
  const std::string_view part = rest->substr(0, end);
  rest->remove_prefix(std::min(end + 1, rest->size()));
  return part;
}

void ApplySchemaRecord(std::string_view input) {
  RecordView record;
  record.key = Next(&input);
  record.value = input;
  record.has_value = !input.empty();
  SchemaHistory history;
  if (!history.Apply(record)) return;
  for (const auto& [subject, versions] : history.subjects()) {
    for (const auto& [number, version] : versions) {
      TILLSTREAM_CHECK(history.FindId(version.id) == version.schema.get());
      TILLSTREAM_CHECK(version.id < history.NextId());
      TILLSTREAM_CHECK(number < history.NextVersion(subject));
    }
  }
}

bool IsLimit(const Error& error) {
  return error.message.find("deeper than") != std::string::npos ||
         error.message.find("comes to more than") != std::string::npos ||
         error.message.find("comparisons") != std::string::npos;
}

/// All texts of a schema are schemas that print the same.
void CheckTexts(const Schema& schema, std::span<const Schema> references) {
  const std::string json = schema.ToJson();
  const std::string normalized = schema.ToNormalizedJson();
  const std::string canonical = schema.CanonicalForm();
  const auto again = Schema::Parse(json, references);
  TILLSTREAM_CHECK_MSG(again.has_value(), json);
  TILLSTREAM_CHECK_MSG(again->ToJson() == json, json);
  TILLSTREAM_CHECK_MSG(again->CanonicalForm() == canonical, json);
  const auto normal = Schema::Parse(normalized, references);
  TILLSTREAM_CHECK_MSG(normal.has_value(), normalized);
  TILLSTREAM_CHECK_MSG(normal->ToNormalizedJson() == normalized, normalized);
  TILLSTREAM_CHECK_MSG(normal->CanonicalForm() == canonical, normalized);
  const auto bare = Schema::Parse(canonical);
  TILLSTREAM_CHECK_MSG(bare || IsLimit(bare.error()), canonical);
  TILLSTREAM_CHECK_MSG(!bare || bare->CanonicalForm() == canonical, canonical);
}

void CheckFaults(const std::vector<CompatibilityFault>& faults) {
  TILLSTREAM_CHECK(faults.size() <= kCompatibilityFaultsMax);
  for (const CompatibilityFault& fault : faults) {
    TILLSTREAM_CHECK(fault.path.starts_with('/') && !fault.text.empty());
    TILLSTREAM_CHECK(fault.ToString().ends_with(')'));
  }
}

void ResolveSchemas(std::string_view input) {
  const auto writer = Schema::Parse(Next(&input));
  if (!writer) return;
  CheckTexts(*writer, {});
  const std::string_view reader_text = Next(&input);
  if (const auto referring = Schema::Parse(reader_text, {&*writer, 1})) {
    CheckTexts(*referring, {&*writer, 1});
    CheckFaults(CompatibilityFaults(*referring, *writer));
  }
  const auto reader = Schema::Parse(reader_text);
  if (!reader) return;
  CheckTexts(*reader, {});
  const auto faults = CompatibilityFaults(*reader, *writer);
  CheckFaults(faults);
  const bool is_compatible = faults.empty();
  const auto resolving = DatumReader::Make(*writer, *reader);
  TILLSTREAM_CHECK(!is_compatible || resolving.has_value() || IsLimit(resolving.error()));
  const auto plain = DatumReader::Make(*writer, *writer);
  if (!plain) {
    TILLSTREAM_CHECK(IsLimit(plain.error()));
    return;
  }
  Value value;
  const bool is_datum = plain->Read(input, &value).has_value();
  if (is_datum) {
    std::string bytes;
    TILLSTREAM_CHECK(DatumWriter(*writer).Append(value, &bytes).has_value());
    Value value_again;
    TILLSTREAM_CHECK(plain->Read(bytes, &value_again).has_value());
    std::string bytes_again;
    TILLSTREAM_CHECK(DatumWriter(*writer).Append(value_again, &bytes_again).has_value());
    TILLSTREAM_CHECK(bytes == bytes_again);
  }
  if (!resolving) return;
  Value resolved;
  const Status read = resolving->Read(input, &resolved);
  if (read) {
    TILLSTREAM_CHECK(is_datum);
    std::string bytes;
    TILLSTREAM_CHECK(DatumWriter(*reader).Append(resolved, &bytes).has_value());
  } else if (is_datum && is_compatible) {
    TILLSTREAM_CHECK_MSG(IsLimit(read.error()), read.error().message);
  }
}

}  // namespace
}  // namespace tillstream

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace tillstream;
  if (size == 0) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data + 1), size - 1);
  switch (data[0] % 5) {
    case 0:
      DecodeBothWays<SalesDecoder, SalesRecord>(SalesRecordSchema(), rest);
      break;
    case 1:
      DecodeBothWays<StoreDayDecoder, StoreDay>(StoreDaySchema(), rest);
      break;
    case 2:
      ParseFrameOf(rest);
      break;
    case 3:
      ApplySchemaRecord(rest);
      break;
    default:
      ResolveSchemas(rest);
  }
  return 0;
}
