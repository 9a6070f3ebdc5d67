#include "avro/sales_codec.h"

#include <bit>
#include <limits>
#include <utility>

#include "avro/datum_reader.h"
#include "avro/embedded_schemas.h"
#include "avro/value.h"
#include "base/check.h"

namespace tillstream {
namespace {

Schema ParseReleased(std::string_view json) {
  auto schema = Schema::Parse(json);
  TILLSTREAM_CHECK_MSG(schema.has_value(), schema.error().message);
  return *std::move(schema);
}

void AppendNumber(int64_t number, std::string* out) {
  char bytes[kVarintBytesMax];
  out->append(bytes, static_cast<size_t>(EncodeVarint(number, bytes) - bytes));
}

void AppendText(std::string_view text, std::string* out) {
  AppendNumber(static_cast<int64_t>(text.size()), out);
  out->append(text);
}

/// Readers of one field of a well-formed payload: each moves `in` past it. False when there is any
/// fault: what it is is found out by reading the payload again the general way.
inline bool ReadText(const char*& in, const char* end, std::string_view* text) {
  if (in == end) [[unlikely]]
    return false;
  const auto first = static_cast<uint8_t>(*in);
  auto size = static_cast<uint64_t>(first >> 1);
  if ((first & 0x81) == 0) [[likely]] {  // one byte, not negative
    ++in;
  } else {
    int64_t wide = 0;
    in = DecodeVarint(in, end, &wide);
    if (in == nullptr) return false;
    size = static_cast<uint64_t>(wide);  // a negative one is larger than any payload
  }
  if (size > static_cast<uint64_t>(end - in)) [[unlikely]]
    return false;
  *text = {in, size};
  in += size;
  return true;
}

inline bool ReadLong(const char*& in, const char* end, int64_t* number) {
  in = DecodeVarint(in, end, number);
  return in != nullptr;
}

inline bool ReadInt(const char*& in, const char* end, int32_t* number) {
  // One and two bytes hold every day number and nearly all units.
  if (end - in >= 2) [[likely]] {
    const auto first = static_cast<uint8_t>(in[0]);
    const auto second = static_cast<uint8_t>(in[1]);
    if (first < 0x80) {
      *number = static_cast<int32_t>(UnZigZag(first));
      ++in;
      return true;
    }
    if (second < 0x80) {
      *number = static_cast<int32_t>(UnZigZag((first & 0x7FU) | (uint64_t{second} << 7)));
      in += 2;
      return true;
    }
  }
  int64_t wide = 0;
  in = DecodeVarint(in, end, &wide);
  *number = static_cast<int32_t>(wide);
  return in != nullptr && wide == *number;
}

bool DecodeTotalFast(std::string_view payload, StoreDay* total) {
  const char* in = payload.data();
  const char* const end = in + payload.size();
  int32_t day = 0;
  int32_t date = 0;
  if (!ReadText(in, end, &total->store_id) || !ReadText(in, end, &total->state_id) ||
      !ReadInt(in, end, &day) || !ReadInt(in, end, &date) || !ReadInt(in, end, &total->events) ||
      !ReadLong(in, end, &total->units) || !ReadLong(in, end, &total->revenue_cents) ||
      !ReadLong(in, end, &total->unpriced_units) || !ReadInt(in, end, &total->revision)) {
    return false;
  }
  total->day = Day(day);
  total->date = Date(std::chrono::days(date));
  return in == end;
}

}  // namespace

namespace internal {

bool DecodeSalesFast(std::string_view payload, SalesRecord* record) {
  const char* in = payload.data();
  const char* const end = in + payload.size();
  int32_t day = 0;
  if (!ReadText(in, end, &record->item_id) || !ReadText(in, end, &record->dept_id) ||
      !ReadText(in, end, &record->cat_id) || !ReadText(in, end, &record->store_id) ||
      !ReadText(in, end, &record->state_id) || !ReadInt(in, end, &day) ||
      !ReadInt(in, end, &record->sold)) [[unlikely]] {
    return false;
  }
  record->day = Day(day);
  // What is left tells the branches apart: one byte for null, five for a price.
  const auto left = static_cast<size_t>(end - in);
  if (left == 1 + sizeof(float) && *in == 2) {
    record->sell_price = std::bit_cast<float>(LoadLittleEndian<uint32_t>(in + 1));
    return true;
  }
  record->sell_price.reset();
  return left == 1 && *in == 0;
}

class GeneralDecoder {
 public:
  static Result<std::unique_ptr<GeneralDecoder>> Make(const Schema& writer, const Schema& reader) {
    TILLSTREAM_ASSIGN(DatumReader datum_reader, DatumReader::Make(writer, reader));
    return std::unique_ptr<GeneralDecoder>(new GeneralDecoder(std::move(datum_reader)));
  }

  Status Decode(std::string_view payload, SalesRecord* record) {
    TILLSTREAM_TRY(reader_.Read(payload, &value_));
    record->item_id = Text(0);
    record->dept_id = Text(1);
    record->cat_id = Text(2);
    record->store_id = Text(3);
    record->state_id = Text(4);
    record->day = Day(Field(5).as<int32_t>());
    record->sold = Field(6).as<int32_t>();
    record->sell_price.reset();
    if (Field(7).is<float>()) record->sell_price = Field(7).as<float>();
    return Ok();
  }

  Status Decode(std::string_view payload, StoreDay* total) {
    TILLSTREAM_TRY(reader_.Read(payload, &value_));
    total->store_id = Text(0);
    total->state_id = Text(1);
    total->day = Day(Field(2).as<int32_t>());
    total->date = Date(std::chrono::days(Field(3).as<int32_t>()));
    total->events = Field(4).as<int32_t>();
    total->units = Field(5).as<int64_t>();
    total->revenue_cents = Field(6).as<int64_t>();
    total->unpriced_units = Field(7).as<int64_t>();
    total->revision = Field(8).as<int32_t>();
    return Ok();
  }

 private:
  explicit GeneralDecoder(DatumReader reader) : reader_(std::move(reader)) {}

  const Value& Field(size_t index) const { return value_.as<Value::Record>().fields[index]; }
  std::string_view Text(size_t index) const { return Field(index).as<std::string>(); }

  DatumReader reader_;
  Value value_;
};

}  // namespace internal

namespace {

/// The Error that the general way finds in a payload that the fast way has refused.
template <typename Record>
[[gnu::cold, gnu::noinline]] Error ExplainFault(const Schema& schema, std::string_view payload) {
  auto general = internal::GeneralDecoder::Make(schema, schema);
  TILLSTREAM_CHECK(general.has_value());
  Record scratch;
  auto decoded = (*general)->Decode(payload, &scratch);
  TILLSTREAM_CHECK_MSG(!decoded.has_value(), "the fast decoder refused what the general one reads");
  return std::move(decoded).error();
}

}  // namespace

const Schema& SalesRecordSchema() {
  static const Schema kSchema = ParseReleased(kSalesRecordAvsc);
  return kSchema;
}

const Schema& StoreDaySchema() {
  static const Schema kSchema = ParseReleased(kStoreDayAvsc);
  return kSchema;
}

void AppendSalesPrefix(SchemaId id, const SalesRecord& fields, std::string* out) {
  AppendFrame(id, out);
  AppendText(fields.item_id, out);
  AppendText(fields.dept_id, out);
  AppendText(fields.cat_id, out);
  AppendText(fields.store_id, out);
  AppendText(fields.state_id, out);
}

void EncodeSalesRecord(SchemaId id, const SalesRecord& record, std::string* out) {
  AppendSalesPrefix(id, record, out);
  char suffix[kSalesSuffixBytesMax];
  const char* const end = WriteSalesSuffix(record.day, record.sold, record.sell_price.has_value(),
                                           record.sell_price.value_or(0), suffix);
  out->append(suffix, static_cast<size_t>(end - suffix));
}

void EncodeStoreDay(SchemaId id, const StoreDay& total, std::string* out) {
  AppendFrame(id, out);
  AppendText(total.store_id, out);
  AppendText(total.state_id, out);
  AppendNumber(total.day.value(), out);
  AppendNumber(total.date.time_since_epoch().count(), out);
  AppendNumber(total.events, out);
  AppendNumber(total.units, out);
  AppendNumber(total.revenue_cents, out);
  AppendNumber(total.unpriced_units, out);
  AppendNumber(total.revision, out);
}

SalesDecoder::SalesDecoder(std::unique_ptr<internal::GeneralDecoder> general)
    : general_(std::move(general)) {}
SalesDecoder::SalesDecoder(SalesDecoder&&) noexcept = default;
SalesDecoder& SalesDecoder::operator=(SalesDecoder&&) noexcept = default;
SalesDecoder::~SalesDecoder() = default;

Result<SalesDecoder> SalesDecoder::Make(const Schema& writer) {
  if (writer.CanonicalForm() == SalesRecordSchema().CanonicalForm()) return SalesDecoder(nullptr);
  return MakeGeneral(writer);
}

Result<SalesDecoder> SalesDecoder::MakeGeneral(const Schema& writer) {
  TILLSTREAM_ASSIGN(auto general, internal::GeneralDecoder::Make(writer, SalesRecordSchema()));
  return SalesDecoder(std::move(general));
}

Status SalesDecoder::DecodeSlowly(std::string_view payload, SalesRecord* record) {
  if (general_ != nullptr) return general_->Decode(payload, record);
  return ExplainFault<SalesRecord>(SalesRecordSchema(), payload);
}

StoreDayDecoder::StoreDayDecoder(std::unique_ptr<internal::GeneralDecoder> general)
    : general_(std::move(general)) {}
StoreDayDecoder::StoreDayDecoder(StoreDayDecoder&&) noexcept = default;
StoreDayDecoder& StoreDayDecoder::operator=(StoreDayDecoder&&) noexcept = default;
StoreDayDecoder::~StoreDayDecoder() = default;

Result<StoreDayDecoder> StoreDayDecoder::Make(const Schema& writer) {
  if (writer.CanonicalForm() == StoreDaySchema().CanonicalForm()) return StoreDayDecoder(nullptr);
  return MakeGeneral(writer);
}

Result<StoreDayDecoder> StoreDayDecoder::MakeGeneral(const Schema& writer) {
  TILLSTREAM_ASSIGN(auto general, internal::GeneralDecoder::Make(writer, StoreDaySchema()));
  return StoreDayDecoder(std::move(general));
}

Status StoreDayDecoder::Decode(std::string_view payload, StoreDay* total) {
  if (general_ != nullptr) return general_->Decode(payload, total);
  if (DecodeTotalFast(payload, total)) [[likely]]
    return Ok();
  return ExplainFault<StoreDay>(StoreDaySchema(), payload);
}

}  // namespace tillstream
