#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "log/byte_buffer.h"
#include "log/compression.h"
#include "log/record_batch.h"
#include "log/record_block.h"

namespace tillstream {

/// Turns batches into records. Every length is checked against the bytes that are there, and memory
/// is bounded by kBatchReadBytesMax whatever the bytes say. Not thread safe.
class BatchDecoder {
 public:
  /// The records of a whole batch. Views are valid until the next call and, for codec none, as long
  /// as `batch` is.
  ///
  /// Checked: header (base offset `expected`), CRC, framing of each record, offsets one after the
  /// other, the count, no byte left over. kCorrupt: "batch at offset 9147: <what>".
  Result<std::span<const RecordView>> Decode(std::string_view batch, Offset expected);

  /// The records' bytes of the last batch as framed, decompressed.
  std::string_view framed() const { return framed_; }

 private:
  /// Headers of a record that has any, while headers_ may still move.
  struct HeaderRange {
    size_t record;
    size_t first;
    size_t count;
  };

  const char* ParseRecord(const char* in, const char* end, const BatchHeader& header, int32_t index,
                          RecordView* record);
  const char* ParseHeaders(const char* in, const char* end, int64_t count, int32_t index);

  Decompressor decompressor_;
  ByteBuffer decompressed_;
  std::string_view framed_;
  std::vector<RecordView> records_;
  std::vector<HeaderView> headers_;
  std::vector<HeaderRange> header_ranges_;
};

}  // namespace tillstream
