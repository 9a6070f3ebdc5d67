#include "parquet/parquet_writer.h"

#include <algorithm>

#include "base/check.h"
#include "base/endian.h"
#include "parquet/hybrid_encoder.h"
#include "parquet/thrift_writer.h"

namespace tillstream {
namespace {

constexpr std::string_view kMagic = "PAR1";
constexpr const char* kCreatedBy = "tillstream";

/// Rows of a data page: small enough that a reader of a few rows unpacks little.
constexpr size_t kPageRows = size_t{1} << 17;

// Numbers of the format's own.
constexpr int32_t kDataPage = 0;
constexpr int32_t kDictionaryPage = 2;
constexpr int32_t kPlain = 0;
constexpr int32_t kRle = 3;
constexpr int32_t kRleDictionary = 8;
constexpr int32_t kZstd = 6;
constexpr int32_t kPhysicalInt32 = 1;
constexpr int32_t kPhysicalInt64 = 2;
constexpr int32_t kPhysicalBytes = 6;

int32_t PhysicalType(ParquetType type) {
  switch (type) {
    case ParquetType::kText:
      return kPhysicalBytes;
    case ParquetType::kInteger:
    case ParquetType::kDate:
      return kPhysicalInt32;
    case ParquetType::kBigint:
    case ParquetType::kPrice:
    case ParquetType::kAmount:
      return kPhysicalInt64;
  }
  return kPhysicalBytes;
}

void AppendLittleEndian(uint64_t value, int size_bytes, std::string* out) {
  for (int i = 0; i < size_bytes; ++i) out->push_back(static_cast<char>(value >> (8 * i)));
}

std::string PlainNumber(int64_t number, ParquetType type) {
  std::string bytes;
  AppendLittleEndian(static_cast<uint64_t>(number), PhysicalType(type) == kPhysicalInt32 ? 4 : 8,
                     &bytes);
  return bytes;
}

}  // namespace

ParquetWriter::ParquetWriter(std::vector<ParquetColumn> columns)
    : columns_(std::move(columns)), compressor_(Codec::kZstd) {
  BeginFile();
}

void ParquetWriter::BeginFile() {
  buffer_ = kMagic;
  taken_bytes_ = 0;
  groups_.clear();
}

void ParquetWriter::BeginRowGroup(int64_t row_count) { groups_.push_back({row_count, {}}); }

void ParquetWriter::AddColumn(const ParquetValues& values) {
  RowGroup& group = groups_.back();
  TILLSTREAM_CHECK(static_cast<int64_t>(values.rows.size()) == group.row_count);
  const ParquetColumn& column = columns_.at(group.chunks.size());
  Chunk& chunk = group.chunks.emplace_back();
  const bool is_text = column.type == ParquetType::kText;
  const size_t value_count = is_text ? values.texts.size() : values.numbers.size();

  page_.clear();
  for (const std::string_view text : values.texts) {
    AppendLittleEndian(text.size(), 4, &page_);
    page_ += text;
  }
  for (const int64_t number : values.numbers) page_ += PlainNumber(number, column.type);
  chunk.dictionary_offset = size_bytes();
  AppendPage(true, value_count, &chunk);
  if (is_text && value_count > 0) {
    const auto [least, largest] = std::minmax_element(values.texts.begin(), values.texts.end());
    chunk.least = *least;
    chunk.largest = *largest;
  } else if (value_count > 0) {
    const auto [least, largest] = std::minmax_element(values.numbers.begin(), values.numbers.end());
    chunk.least = PlainNumber(*least, column.type);
    chunk.largest = PlainNumber(*largest, column.type);
  }

  chunk.null_count = std::count(values.rows.begin(), values.rows.end(), ParquetValues::kNull);
  TILLSTREAM_CHECK(column.is_optional || chunk.null_count == 0);
  chunk.data_offset = size_bytes();
  const std::span<const uint32_t> rows = values.rows;
  for (size_t begin = 0; begin < rows.size(); begin += kPageRows) {
    const auto part = rows.subspan(begin, std::min(kPageRows, rows.size() - begin));
    AppendRows(part, column.is_optional, BitsFor(value_count));
    AppendPage(false, part.size(), &chunk);
  }
  chunk.end_offset = size_bytes();
}

void ParquetWriter::AppendRows(std::span<const uint32_t> rows, bool is_optional, int bits) {
  page_.clear();
  if (is_optional) {
    scratch_.resize(rows.size());
    std::transform(rows.begin(), rows.end(), scratch_.begin(),
                   [](uint32_t row) { return row == ParquetValues::kNull ? 0U : 1U; });
    page_.resize(4);
    AppendHybrid(scratch_, 1, &page_);
    StoreLittleEndian(static_cast<uint32_t>(page_.size() - 4), page_.data());
    scratch_.resize(
        static_cast<size_t>(std::copy_if(rows.begin(), rows.end(), scratch_.begin(),
                                         [](uint32_t row) { return row != ParquetValues::kNull; }) -
                            scratch_.begin()));
    rows = scratch_;
  }
  page_.push_back(static_cast<char>(bits));
  AppendHybrid(rows, bits, &page_);
}

void ParquetWriter::AppendPage(bool is_dictionary, size_t value_count, Chunk* chunk) {
  compressed_.Clear();
  compressor_.Compress(page_, &compressed_);
  const size_t begin = buffer_.size();
  ThriftWriter header(&buffer_);
  header.Int32(1, is_dictionary ? kDictionaryPage : kDataPage);
  header.Int32(2, static_cast<int32_t>(page_.size()));
  header.Int32(3, static_cast<int32_t>(compressed_.size()));
  header.BeginStruct(is_dictionary ? 7 : 5);
  header.Int32(1, static_cast<int32_t>(value_count));
  header.Int32(2, is_dictionary ? kPlain : kRleDictionary);
  if (!is_dictionary) {
    header.Int32(3, kRle);
    header.Int32(4, kRle);
  }
  header.EndStruct();
  header.EndStruct();
  chunk->plain_bytes += static_cast<int64_t>(buffer_.size() - begin + page_.size());
  buffer_ += compressed_.view();
}

void ParquetWriter::EndRowGroup() {
  TILLSTREAM_CHECK(groups_.back().chunks.size() == columns_.size());
}

void ParquetWriter::AppendSchema(ThriftWriter* footer) const {
  footer->BeginStructs(2, columns_.size() + 1);
  footer->BeginElement();
  footer->Text(4, "schema");
  footer->Int32(5, static_cast<int32_t>(columns_.size()));
  footer->EndStruct();
  for (const ParquetColumn& column : columns_) {
    const bool is_decimal =
        column.type == ParquetType::kPrice || column.type == ParquetType::kAmount;
    const int32_t precision = column.type == ParquetType::kPrice ? 10 : 18;
    footer->BeginElement();
    footer->Int32(1, PhysicalType(column.type));
    footer->Int32(3, column.is_optional ? 1 : 0);
    footer->Text(4, column.name);
    // What the value means, twice: as old readers know it and as newer ones do.
    if (column.type == ParquetType::kText) {
      footer->Int32(6, 0);
      footer->BeginStruct(10);
      footer->BeginStruct(1);
      footer->EndStruct();
      footer->EndStruct();
    } else if (column.type == ParquetType::kDate) {
      footer->Int32(6, 6);
      footer->BeginStruct(10);
      footer->BeginStruct(6);
      footer->EndStruct();
      footer->EndStruct();
    } else if (is_decimal) {
      footer->Int32(6, 5);
      footer->Int32(7, 2);
      footer->Int32(8, precision);
      footer->BeginStruct(10);
      footer->BeginStruct(5);
      footer->Int32(1, 2);
      footer->Int32(2, precision);
      footer->EndStruct();
      footer->EndStruct();
    }
    footer->EndStruct();
  }
}

void ParquetWriter::AppendChunk(const ParquetColumn& column, const Chunk& chunk, int64_t row_count,
                                ThriftWriter* footer) const {
  footer->BeginElement();
  footer->Int64(2, chunk.dictionary_offset);
  footer->BeginStruct(3);
  footer->Int32(1, PhysicalType(column.type));
  footer->BeginNumbers(2, 3);
  for (const int32_t encoding : {kPlain, kRle, kRleDictionary}) footer->RawNumber(encoding);
  footer->BeginTexts(3, 1);
  footer->RawText(column.name);
  footer->Int32(4, kZstd);
  footer->Int64(5, row_count);
  footer->Int64(6, chunk.plain_bytes);
  footer->Int64(7, chunk.end_offset - chunk.dictionary_offset);
  footer->Int64(9, chunk.data_offset);
  footer->Int64(11, chunk.dictionary_offset);
  footer->BeginStruct(12);
  footer->Int64(3, chunk.null_count);
  if (chunk.null_count < row_count) {
    footer->Text(5, chunk.largest);
    footer->Text(6, chunk.least);
  }
  footer->EndStruct();
  footer->EndStruct();
  footer->EndStruct();
}

void ParquetWriter::AppendRowGroup(const RowGroup& group, ThriftWriter* footer) const {
  int64_t plain_bytes = 0;
  for (const Chunk& chunk : group.chunks) plain_bytes += chunk.plain_bytes;
  footer->BeginElement();
  footer->BeginStructs(1, group.chunks.size());
  for (size_t i = 0; i < columns_.size(); ++i) {
    AppendChunk(columns_[i], group.chunks[i], group.row_count, footer);
  }
  footer->Int64(2, plain_bytes);
  footer->Int64(3, group.row_count);
  footer->EndStruct();
}

void ParquetWriter::EndFile() {
  int64_t row_count = 0;
  for (const RowGroup& group : groups_) row_count += group.row_count;
  const size_t begin = buffer_.size();
  ThriftWriter footer(&buffer_);
  footer.Int32(1, 1);
  AppendSchema(&footer);
  footer.Int64(3, row_count);
  footer.BeginStructs(4, groups_.size());
  for (const RowGroup& group : groups_) AppendRowGroup(group, &footer);
  footer.Text(6, kCreatedBy);
  // Least and largest values are by the order that each type has.
  footer.BeginStructs(7, columns_.size());
  for (size_t i = 0; i < columns_.size(); ++i) {
    footer.BeginElement();
    footer.BeginStruct(1);
    footer.EndStruct();
    footer.EndStruct();
  }
  footer.EndStruct();
  AppendLittleEndian(buffer_.size() - begin, 4, &buffer_);
  buffer_ += kMagic;
}

}  // namespace tillstream
