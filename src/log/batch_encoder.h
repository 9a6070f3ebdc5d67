#pragma once

#include <cstdint>
#include <string_view>

#include "log/byte_buffer.h"
#include "log/compression.h"
#include "log/record_batch.h"
#include "log/record_block.h"

namespace tillstream {

/// Records framed for a batch, with what its header says of them.
struct FramedRecords {
  std::string_view bytes;
  int32_t count = 0;
  Timestamp timestamp;

  static FramedRecords Of(const RecordBlock& block) {
    return {block.bytes(), block.record_count(), block.timestamp()};
  }
};

/// Turns blocks of records into batches. The bytes are a function of records, base offset and codec
/// alone: the same run written again gives the same files. Not thread safe.
class BatchEncoder {
 public:
  explicit BatchEncoder(Codec codec) : codec_(codec), compressor_(codec) {}

  /// Appends one batch to `out` and returns its size. `records` has at least one record and at most
  /// kBatchBytesMax - kBatchHeaderBytes bytes.
  size_t Encode(const FramedRecords& records, Offset base_offset, ByteBuffer* out);

 private:
  const Codec codec_;
  Compressor compressor_;
};

}  // namespace tillstream
