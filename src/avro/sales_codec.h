#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "avro/framing.h"
#include "avro/schema.h"
#include "base/endian.h"
#include "base/result.h"
#include "base/varint.h"
#include "model/ids.h"
#include "model/sales_record.h"

namespace tillstream {

/// Version 1 of the two events, as released in schemas/ (docs/formats/events.md has the bytes).
const Schema& SalesRecordSchema();
const Schema& StoreDaySchema();

/// Appends what is the same on every day of a series: the frame and the five texts. The day, units
/// and price of `fields` are not used.
void AppendSalesPrefix(SchemaId id, const SalesRecord& fields, std::string* out);

/// Bytes that WriteSalesSuffix() may touch: two numbers of five bytes, the union's branch, the
/// price.
inline constexpr size_t kSalesSuffixBytesMax = 15;

/// Writes what follows the prefix at `out`, which must have kSalesSuffixBytesMax bytes, and returns
/// one past the last byte of the record. `price` is written, and then not counted, when there is
/// none: a copy is cheaper than a branch that half the data takes.
inline char* WriteSalesSuffix(Day day, int32_t sold, bool has_price, float price, char* out) {
  out = EncodeVarint(day.value(), out);
  out = EncodeVarint(sold, out);
  const auto branch = static_cast<unsigned>(has_price);  // 0 null, 1 float
  *out++ = static_cast<char>(branch << 1);
  StoreLittleEndian(std::bit_cast<uint32_t>(price), out);
  return out + branch * sizeof(price);
}

/// Appends a whole framed record.
void EncodeSalesRecord(SchemaId id, const SalesRecord& record, std::string* out);
void EncodeStoreDay(SchemaId id, const StoreDay& total, std::string* out);

namespace internal {
/// Decodes by schema resolution and keeps the last value, whose texts records view.
class GeneralDecoder;
/// Whether `payload` was a whole record of version 1.
bool DecodeSalesFast(std::string_view payload, SalesRecord* record);
}  // namespace internal

/// Reads the payloads (behind the frame) of one writer schema as SalesRecords. Not thread safe.
///
/// A writer schema whose canonical form is version 1's is read by code made for it; any other is
/// resolved to version 1 by the rules of Avro, which takes several times as long.
class SalesDecoder {
 public:
  /// kBadInput when no data of `writer` can be read as a SalesRecord, with the reasons.
  static Result<SalesDecoder> Make(const Schema& writer);
  /// Always by resolution; for the test that holds the two ways equal.
  static Result<SalesDecoder> MakeGeneral(const Schema& writer);

  SalesDecoder(SalesDecoder&&) noexcept;
  SalesDecoder& operator=(SalesDecoder&&) noexcept;
  ~SalesDecoder();

  /// The texts of `record` are views: of `payload` when fast(), otherwise of memory that the next
  /// Decode() uses again. Texts are not checked to be UTF-8.
  ///
  /// Give the same record again and again: making a new one each time costs as much as decoding it.
  ///
  /// Errors: kCorrupt with field and byte (counted from the start of the payload); then `record` is
  /// unspecified. Bytes behind the last field are an error.
  Status Decode(std::string_view payload, SalesRecord* record) {
    if (general_ == nullptr && internal::DecodeSalesFast(payload, record)) [[likely]]
      return Ok();
    return DecodeSlowly(payload, record);
  }

  bool fast() const { return general_ == nullptr; }

 private:
  explicit SalesDecoder(std::unique_ptr<internal::GeneralDecoder> general);
  Status DecodeSlowly(std::string_view payload, SalesRecord* record);
  std::unique_ptr<internal::GeneralDecoder> general_;  ///< Null: the fast way.
};

/// The same for end-of-day totals.
class StoreDayDecoder {
 public:
  static Result<StoreDayDecoder> Make(const Schema& writer);
  static Result<StoreDayDecoder> MakeGeneral(const Schema& writer);

  StoreDayDecoder(StoreDayDecoder&&) noexcept;
  StoreDayDecoder& operator=(StoreDayDecoder&&) noexcept;
  ~StoreDayDecoder();

  Status Decode(std::string_view payload, StoreDay* total);

  bool fast() const { return general_ == nullptr; }

 private:
  explicit StoreDayDecoder(std::unique_ptr<internal::GeneralDecoder> general);
  std::unique_ptr<internal::GeneralDecoder> general_;
};

}  // namespace tillstream
