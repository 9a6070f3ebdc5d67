#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "duckdb/duckdb_file.h"

namespace tillstream {

/// What a column holds.
enum class DuckdbColumn {
  kText,
  kInteger,
  kBigint,
  kDate,   ///< Days since 1970.
  kCents,  ///< DECIMAL(18, 2).
  kPrice,  ///< DECIMAL(10, 2), may be null.
};

/// Appends rows to a table of a DuckDB file, a chunk of a few thousand rows at a time: what its own
/// appender takes fastest. Within a transaction of the file's connection they are part of it. Not
/// thread safe.
class ChunkWriter {
 public:
  /// `file` must outlive the writer. The table must have exactly these columns.
  static Result<ChunkWriter> Open(DuckdbFile& file, const std::string& table,
                                  const std::vector<DuckdbColumn>& columns);
  ChunkWriter(ChunkWriter&& other) noexcept;
  ChunkWriter& operator=(ChunkWriter&&) = delete;
  ~ChunkWriter();

  /// The values of the row, each of its column's type; EndRow() takes them in.
  void SetText(size_t column, std::string_view text);
  void SetInteger(size_t column, int32_t value) { Data<int32_t>(column)[row_] = value; }
  void SetBigint(size_t column, int64_t value) { Data<int64_t>(column)[row_] = value; }
  void SetNull(size_t column);
  /// Ends the row; hands the chunk over when it is full.
  Status EndRow() { return ++row_ < row_count_max_ ? Ok() : HandOver(); }

  /// Everything that was written is the transaction's.
  Status Flush();

 private:
  static constexpr size_t kColumnsMax = 9;

  explicit ChunkWriter(DuckdbFile& file) : file_(&file) {}

  template <typename T>
  T* Data(size_t column) {
    return static_cast<T*>(data_[column]);
  }
  Status HandOver();
  void BeginChunk();

  DuckdbFile* file_;
  DuckdbAppender appender_ = nullptr;
  DuckdbChunk chunk_ = nullptr;
  std::vector<DuckdbColumn> columns_;
  std::array<DuckdbVector, kColumnsMax> vectors_{};
  std::array<void*, kColumnsMax> data_{};
  std::array<uint64_t*, kColumnsMax> validity_{};
  uint64_t row_ = 0;
  uint64_t row_count_max_ = 0;
};

}  // namespace tillstream
