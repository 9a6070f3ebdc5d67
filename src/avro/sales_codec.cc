#include "avro/sales_codec.h"

#include <bit>
#include <optional>
#include <utility>

#include "avro/append.h"
#include "avro/datum_reader.h"
#include "avro/embedded_schemas.h"
#include "avro/value.h"
#include "base/check.h"

namespace tillstream {
namespace {

/// Walks over a well-formed payload whose last field is not a text. Any fault ends in false: what
/// it is is found out by reading the payload again the general way.
///
/// Between two fields `at_` is a byte that exists, since another field follows: one comparison a
/// field checks both its own end and the next one's first byte.
class FastCursor {
 public:
  explicit FastCursor(std::string_view payload) : data_(payload.data()), size_(payload.size()) {}

  bool ReadText(std::string_view* text) {
    const uint8_t first = Byte(at_);
    Number length{first >> 1, at_ + 1};
    if ((first & 0x81) != 0) [[unlikely]]
      length = ReadVarint(at_);
    // A negative length, or a varint that is none, is larger than any payload.
    if (static_cast<uint64_t>(length.value) >= size_) [[unlikely]]
      return false;
    *text = {data_ + length.end, static_cast<size_t>(length.value)};
    at_ = length.end + static_cast<size_t>(length.value);
    return at_ < size_;
  }

  /// Not for the last field.
  bool ReadInt(int32_t* number) {
    const uint8_t first = Byte(at_);
    if (first < 0x80) {
      *number = static_cast<int32_t>(UnZigZag(first));
      return ++at_ < size_;
    }
    if (at_ + 1 < size_ && Byte(at_ + 1) < 0x80) [[likely]] {
      *number = static_cast<int32_t>(UnZigZag((first & 0x7FU) | uint64_t{Byte(at_ + 1)} << 7));
      at_ += 2;
      return at_ < size_;
    }
    return ReadLastInt(number) && at_ < size_;
  }

  bool ReadLong(int64_t* number) {
    const Number read = ReadVarint(at_);
    *number = read.value;
    at_ = read.end;
    return at_ < size_;
  }

  bool ReadLastInt(int32_t* number) {
    const Number read = ReadVarint(at_);
    *number = static_cast<int32_t>(read.value);
    at_ = read.end;
    return at_ <= size_ && read.value == *number;
  }

  bool is_empty() const { return size_ == 0; }
  size_t left() const { return size_ - at_; }
  const char* in() const { return data_ + at_; }

 private:
  struct Number {
    int64_t value;
    size_t end;  ///< Of its bytes; beyond the payload when they are no number.
  };

  uint8_t Byte(size_t at) const { return static_cast<uint8_t>(data_[at]); }

  [[gnu::noinline]] Number ReadVarint(size_t at) const {
    Number number{-1, size_ + 1};
    int64_t value = 0;
    const char* const end = DecodeVarint(data_ + at, data_ + size_, &value);
    if (end != nullptr) number = {value, static_cast<size_t>(end - data_)};
    return number;
  }

  const char* const data_;
  const size_t size_;
  size_t at_ = 0;
};

bool DecodeTotalFast(std::string_view payload, StoreDay* total) {
  FastCursor cursor(payload);
  int32_t day = 0;
  int32_t date = 0;
  if (cursor.is_empty() || !cursor.ReadText(&total->store_id) ||
      !cursor.ReadText(&total->state_id) || !cursor.ReadInt(&day) || !cursor.ReadInt(&date) ||
      !cursor.ReadInt(&total->events) || !cursor.ReadLong(&total->units) ||
      !cursor.ReadLong(&total->revenue_cents) || !cursor.ReadLong(&total->unpriced_units) ||
      !cursor.ReadLastInt(&total->revision)) {
    return false;
  }
  total->day = Day(day);
  total->date = Date(std::chrono::days(date));
  return cursor.left() == 0;
}

}  // namespace

namespace internal {

bool DecodeSalesFast(std::string_view payload, SalesRecord* record) {
  FastCursor cursor(payload);
  int32_t day = 0;
  if (cursor.is_empty() || !cursor.ReadText(&record->item_id) ||
      !cursor.ReadText(&record->dept_id) || !cursor.ReadText(&record->cat_id) ||
      !cursor.ReadText(&record->store_id) || !cursor.ReadText(&record->state_id) ||
      !cursor.ReadInt(&day) || !cursor.ReadInt(&record->sold)) [[unlikely]] {
    return false;
  }
  record->day = Day(day);
  // What is left tells the branches apart: one byte for null, five for a price.
  const size_t left = cursor.left();
  const char* const in = cursor.in();
  if (left == 1 + sizeof(float) && *in == 2) {
    // Whole optionals are assigned: assigning its value would first read what it holds.
    record->sell_price =
        std::optional<float>(std::bit_cast<float>(LoadLittleEndian<uint32_t>(in + 1)));
    return true;
  }
  record->sell_price = std::optional<float>();
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
