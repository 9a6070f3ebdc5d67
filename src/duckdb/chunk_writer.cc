#include "duckdb/chunk_writer.h"

#include <cstring>
#include <utility>

#include "base/check.h"

namespace tillstream {
namespace {

DuckdbType MakeType(const DuckdbApi& api, DuckdbColumn column) {
  switch (column) {
    case DuckdbColumn::kText:
      return api.create_logical_type(kDuckdbVarchar);
    case DuckdbColumn::kInteger:
      return api.create_logical_type(kDuckdbInteger);
    case DuckdbColumn::kBigint:
      return api.create_logical_type(kDuckdbBigint);
    case DuckdbColumn::kDate:
      return api.create_logical_type(kDuckdbDate);
    case DuckdbColumn::kCents:
      return api.create_decimal_type(18, 2);
    case DuckdbColumn::kPrice:
      return api.create_decimal_type(10, 2);
  }
  return nullptr;
}

}  // namespace

Result<ChunkWriter> ChunkWriter::Open(DuckdbFile& file, const std::string& table,
                                      const std::vector<DuckdbColumn>& columns) {
  TILLSTREAM_CHECK(columns.size() <= kColumnsMax);
  const DuckdbApi& api = file.api();
  ChunkWriter writer(file);
  writer.columns_ = columns;
  writer.row_count_max_ = api.vector_size();
  if (api.appender_create(file.connection(), nullptr, table.c_str(), &writer.appender_) !=
      kDuckdbSuccess) {
    return file.ErrorOf(api.appender_error(writer.appender_));
  }
  std::vector<DuckdbType> types;
  for (const DuckdbColumn column : columns) types.push_back(MakeType(api, column));
  writer.chunk_ = api.create_data_chunk(types.data(), types.size());
  for (DuckdbType& type : types) api.destroy_logical_type(&type);
  TILLSTREAM_CHECK(writer.chunk_ != nullptr);
  writer.BeginChunk();
  return writer;
}

ChunkWriter::ChunkWriter(ChunkWriter&& other) noexcept
    : file_(other.file_),
      appender_(std::exchange(other.appender_, nullptr)),
      chunk_(std::exchange(other.chunk_, nullptr)),
      columns_(std::move(other.columns_)),
      vectors_(other.vectors_),
      data_(other.data_),
      validity_(other.validity_),
      row_(other.row_),
      row_count_max_(other.row_count_max_) {}

ChunkWriter::~ChunkWriter() {
  if (chunk_ != nullptr) file_->api().destroy_data_chunk(&chunk_);
  // Writes what is left; whether that is kept is the transaction's to say.
  if (appender_ != nullptr) file_->api().appender_destroy(&appender_);
}

void ChunkWriter::BeginChunk() {
  const DuckdbApi& api = file_->api();
  for (size_t column = 0; column < columns_.size(); ++column) {
    vectors_[column] = api.data_chunk_get_vector(chunk_, column);
    data_[column] = api.vector_get_data(vectors_[column]);
    validity_[column] = nullptr;
  }
  row_ = 0;
}

void ChunkWriter::SetText(size_t column, std::string_view text) {
  if (text.size() > kDuckdbInlineBytes) {
    file_->api().vector_assign_string_element_len(vectors_[column], row_, text.data(), text.size());
    return;
  }
  DuckdbText& place = Data<DuckdbText>(column)[row_];
  place = DuckdbText{static_cast<uint32_t>(text.size()), {}};
  std::memcpy(place.inlined, text.data(), text.size());
}

void ChunkWriter::SetNull(size_t column) {
  if (validity_[column] == nullptr) {
    file_->api().vector_ensure_validity_writable(vectors_[column]);
    validity_[column] = file_->api().vector_get_validity(vectors_[column]);
  }
  validity_[column][row_ / 64] &= ~(uint64_t{1} << (row_ % 64));
}

Status ChunkWriter::HandOver() {
  if (row_ == 0) return Ok();
  const DuckdbApi& api = file_->api();
  api.data_chunk_set_size(chunk_, row_);
  const DuckdbState appended = api.append_data_chunk(appender_, chunk_);
  if (appended != kDuckdbSuccess) return file_->ErrorOf(api.appender_error(appender_));
  api.data_chunk_reset(chunk_);
  BeginChunk();
  return Ok();
}

Status ChunkWriter::Flush() {
  TILLSTREAM_TRY(HandOver());
  if (file_->api().appender_flush(appender_) == kDuckdbSuccess) return Ok();
  return file_->ErrorOf(file_->api().appender_error(appender_));
}

}  // namespace tillstream
