// Record batches: whatever the bytes, BatchDecoder gives records that lie inside what it decoded,
// or an Error. The first byte of the input chooses; the rest is a batch, or the records of one
// whose header and CRC are made right, so that the decompressors and the parser are reached.

#include <cstdint>
#include <string>

#include "base/check.h"
#include "log/batch_decoder.h"

namespace {

using tillstream::BatchDecoder;
using tillstream::BatchHeader;
using tillstream::Codec;
using tillstream::kBatchHeaderBytes;
using tillstream::Offset;
using tillstream::RecordView;

uint64_t Touch(std::string_view bytes) {
  uint64_t sum = 0;
  for (const char c : bytes) sum += static_cast<uint8_t>(c);
  return sum;
}

void Decode(std::string_view batch, Offset expected) {
  static BatchDecoder decoder;
  const auto records = decoder.Decode(batch, expected);
  if (!records) return;
  volatile uint64_t sum = 0;
  Offset next = expected;
  for (const RecordView& record : *records) {
    TILLSTREAM_CHECK(record.offset == next);
    ++next;
    sum = sum + Touch(record.key) + Touch(record.value);
    for (const auto& header : record.headers) sum = sum + Touch(header.key) + Touch(header.value);
  }
  TILLSTREAM_CHECK(decoder.framed().size() <= tillstream::kBatchReadBytesMax);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 3) return 0;
  const uint8_t choice = data[0];
  const std::string_view rest(reinterpret_cast<const char*>(data) + 2, size - 2);
  if (choice % 4 == 3) {
    Decode(rest, Offset(0));
    return 0;
  }
  constexpr Codec kCodecs[] = {Codec::kNone, Codec::kLz4, Codec::kZstd};
  std::string batch(kBatchHeaderBytes, '\0');
  batch += rest;
  BatchHeader header;
  header.batch_length = static_cast<int32_t>(batch.size() - 12);
  header.attributes = static_cast<int16_t>(kCodecs[choice % 4]);
  header.record_count = 1 + data[1];
  header.last_offset_delta = data[1];
  tillstream::StoreBatchHeader(header, batch.data());
  tillstream::StoreBatchCrc(batch.data(), batch.size());
  Decode(batch, Offset(0));
  return 0;
}
