#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "log/byte_buffer.h"
#include "log/compression.h"

namespace tillstream {

/// What a column of a Parquet file holds.
enum class ParquetType {
  kText,     ///< UTF-8.
  kInteger,  ///< 32 bits.
  kDate,     ///< Days since 1970.
  kBigint,   ///< 64 bits.
  kPrice,    ///< Cents, as DECIMAL(10, 2).
  kAmount,   ///< Cents, as DECIMAL(18, 2).
};

struct ParquetColumn {
  const char* name;
  ParquetType type;
  bool is_optional = false;
};

/// One column of a row group: the values that there are, and for each row which it has.
struct ParquetValues {
  static constexpr uint32_t kNull = UINT32_MAX;

  /// Distinct values: `texts` for kText, else `numbers`.
  std::vector<std::string_view> texts;
  std::vector<int64_t> numbers;
  std::vector<uint32_t> rows;  ///< Index into those, or kNull.

  void Clear() {
    texts.clear();
    numbers.clear();
    rows.clear();
  }
};

/// Makes Parquet files in memory: docs/formats/parquet_folder.md. Every column has a dictionary,
/// pages are compressed with zstd, and the footer has least and largest values. The bytes depend on
/// nothing but the values. Not thread safe.
///
/// Of one row group at a time all columns are given in order: BeginRowGroup(), AddColumn() for
/// each, EndRowGroup(). The bytes gather in buffer() and may be taken away between two calls.
class ParquetWriter {
 public:
  explicit ParquetWriter(std::vector<ParquetColumn> columns);

  /// Begins a file; what an unfinished one had is forgotten.
  void BeginFile();
  void BeginRowGroup(int64_t row_count);
  void AddColumn(const ParquetValues& values);
  void EndRowGroup();
  void EndFile();

  /// Bytes of the file that were not taken yet.
  std::string& buffer() { return buffer_; }
  /// Bytes of the file so far, taken ones too.
  int64_t size_bytes() const { return taken_bytes_ + static_cast<int64_t>(buffer_.size()); }
  /// Forgets the bytes in the buffer, which have been written elsewhere.
  void TakeBuffer() {
    taken_bytes_ += static_cast<int64_t>(buffer_.size());
    buffer_.clear();
  }

 private:
  struct Chunk {
    int64_t dictionary_offset = 0;
    int64_t data_offset = 0;
    int64_t end_offset = 0;
    int64_t plain_bytes = 0;  ///< With headers, as if nothing were compressed.
    int64_t null_count = 0;
    std::string least;
    std::string largest;
  };
  struct RowGroup {
    int64_t row_count = 0;
    std::vector<Chunk> chunks;
  };

  /// Appends a page whose bytes are in page_.
  void AppendPage(bool is_dictionary, size_t value_count, Chunk* chunk);
  void AppendRows(std::span<const uint32_t> rows, bool is_optional, int bits);
  void AppendSchema(class ThriftWriter* footer) const;
  void AppendRowGroup(const RowGroup& group, class ThriftWriter* footer) const;
  void AppendChunk(const ParquetColumn& column, const Chunk& chunk, int64_t row_count,
                   class ThriftWriter* footer) const;

  const std::vector<ParquetColumn> columns_;
  Compressor compressor_;
  std::string buffer_;
  int64_t taken_bytes_ = 0;
  std::vector<RowGroup> groups_;
  std::string page_;
  ByteBuffer compressed_;
  std::vector<uint32_t> scratch_;
};

}  // namespace tillstream
