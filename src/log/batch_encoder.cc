#include "log/batch_encoder.h"

#include <string>

#include "base/check.h"

namespace tillstream {

size_t BatchEncoder::Encode(const FramedRecords& records, Offset base_offset, ByteBuffer* out) {
  TILLSTREAM_CHECK(records.count > 0);
  TILLSTREAM_CHECK_MSG(records.bytes.size() <= kBatchBytesMax - kBatchHeaderBytes,
                       std::to_string(records.bytes.size()));
  const size_t begin = out->size();
  out->Reserve(kBatchHeaderBytes);
  out->Commit(kBatchHeaderBytes);
  compressor_.Compress(records.bytes, out);
  const size_t size = out->size() - begin;

  BatchHeader header;
  header.base_offset = base_offset;
  header.batch_length = static_cast<int32_t>(size - 12);
  header.attributes = static_cast<int16_t>(codec_);
  header.last_offset_delta = records.count - 1;
  header.base_timestamp = records.timestamp;
  header.max_timestamp = records.timestamp;
  header.record_count = records.count;
  char* batch = out->data() + begin;
  StoreBatchHeader(header, batch);
  StoreBatchCrc(batch, size);
  return size;
}

}  // namespace tillstream
