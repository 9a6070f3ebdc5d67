#include "replay/day_encoder.h"

#include <algorithm>
#include <cstring>

#include "avro/sales_codec.h"
#include "base/check.h"
#include "dataset/day_total.h"
#include "model/names.h"

namespace tillstream {
namespace {

/// Constant bytes are copied in chunks of this size: one load and store each instead of a call. So
/// up to kCopyChunk - 1 bytes behind a copy are read and written; both sides leave that much room.
constexpr size_t kCopyChunk = 32;

inline char* CopyChunks(const char* in, size_t size, char* out) {
  for (size_t i = 0; i < size; i += kCopyChunk) std::memcpy(out + i, in + i, kCopyChunk);
  return out + size;
}

/// Length, attributes, timestamp delta, offset delta, value length and header count of a record.
constexpr size_t kFramingBytesMax = 5 + 1 + 1 + 5 + 5 + 1;

}  // namespace

DayEncoder::DayEncoder(const StoreTable& table, const Calendar& calendar, SchemaId sales_schema,
                       SchemaId totals_schema, std::span<const int32_t> order)
    : table_(table), calendar_(calendar), totals_schema_(totals_schema) {
  const size_t row_count = table.series().size();
  TILLSTREAM_CHECK(order.empty() || order.size() == row_count);
  rows_.reserve(row_count);
  size_t constant_bytes_max = 0;
  std::string key;
  for (size_t place = 0; place < row_count; ++place) {
    const int32_t table_row = order.empty() ? static_cast<int32_t>(place) : order[place];
    const Series& series = table.series()[static_cast<size_t>(table_row)];
    Row row;
    row.table_row = table_row;
    row.offset = static_cast<uint32_t>(arena_.size());
    key.clear();
    AppendSeriesKey(series.item_id, table.store_id(), &key);
    char length[kVarintBytesMax];
    arena_.append(length, EncodeVarint(static_cast<int64_t>(key.size()), length));
    arena_ += key;
    row.key_bytes = static_cast<uint16_t>(arena_.size() - row.offset);
    const size_t prefix_begin = arena_.size();
    SalesRecord fields;
    fields.item_id = series.item_id;
    fields.dept_id = series.dept_id;
    fields.cat_id = series.cat_id;
    fields.store_id = table.store_id();
    fields.state_id = table.state_id();
    AppendSalesPrefix(sales_schema, fields, &arena_);
    TILLSTREAM_CHECK(arena_.size() - prefix_begin <= UINT16_MAX);
    row.prefix_bytes = static_cast<uint16_t>(arena_.size() - prefix_begin);
    rows_.push_back(row);
    constant_bytes_max = std::max(constant_bytes_max, arena_.size() - row.offset);
  }
  arena_.append(kCopyChunk, '\0');
  TILLSTREAM_CHECK(arena_.size() <= UINT32_MAX);
  record_bytes_max_ = constant_bytes_max + kFramingBytesMax + kSalesSuffixBytesMax + 2 * kCopyChunk;
  TILLSTREAM_CHECK(record_bytes_max_ < kBatchPayloadBytesMax);
}

void DayEncoder::SelectDay(Day day) {
  day_ = day;
  table_.CopyDay(day, &slice_);
  prices_.resize(slice_.price_cents.size());
  for (size_t i = 0; i < prices_.size(); ++i) {
    prices_[i] = static_cast<float>(static_cast<double>(slice_.price_cents[i]) / 100.0);
  }
}

inline char* DayEncoder::EncodeRow(size_t place, int32_t offset_delta, char* out) const {
  const Row& row = rows_[place];
  const auto index = static_cast<size_t>(row.table_row);
  const char* constant = arena_.data() + row.offset;
  char suffix[kSalesSuffixBytesMax];
  const char* suffix_end = WriteSalesSuffix(
      day_, slice_.units[index], slice_.price_cents[index] != kNoPrice, prices_[index], suffix);
  const auto suffix_bytes = static_cast<size_t>(suffix_end - suffix);
  const auto value_bytes = static_cast<int64_t>(row.prefix_bytes + suffix_bytes);
  const size_t body_bytes = 1 + 1 + VarintSize(offset_delta) + row.key_bytes +
                            VarintSize(value_bytes) + static_cast<size_t>(value_bytes) + 1;
  out = EncodeVarint(static_cast<int64_t>(body_bytes), out);
  *out++ = 0;  // attributes
  *out++ = 0;  // timestamp delta: all events of a day have the day's timestamp
  out = EncodeVarint(offset_delta, out);
  out = CopyChunks(constant, row.key_bytes, out);
  out = EncodeVarint(value_bytes, out);
  out = CopyChunks(constant + row.key_bytes, row.prefix_bytes, out);
  std::memcpy(out, suffix, sizeof(suffix));
  out += suffix_bytes;
  *out++ = 0;  // headers
  return out;
}

int32_t DayEncoder::EncodeRows(int32_t first, int32_t end, RecordBlock* block) const {
  block->Clear(StartOf(calendar_.at(day_).date));
  const int32_t block_end = std::min(end, first + kBatchRecordsMax);
  int32_t place = first;
  for (; place < block_end; ++place) {
    if (block->size_bytes() + record_bytes_max_ > kBatchPayloadBytesMax) break;
    char* out = block->ReserveRecord(record_bytes_max_);
    block->CommitRecord(EncodeRow(static_cast<size_t>(place), place - first, out));
  }
  return place;
}

void DayEncoder::EncodeTotal(RecordBlock* block) const {
  const StoreDay total = TotalOf(table_, calendar_, day_, slice_);
  std::string value;
  EncodeStoreDay(totals_schema_, total, &value);
  block->Clear(StartOf(total.date));
  block->Append(table_.store_id(), value);
}

}  // namespace tillstream
