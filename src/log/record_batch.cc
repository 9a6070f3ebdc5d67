#include "log/record_batch.h"

#include "base/crc32c.h"
#include "base/endian.h"

namespace tillstream {
namespace {

// Where each field of the header stands.
constexpr size_t kLengthAt = 8;
constexpr size_t kLeaderEpochAt = 12;
constexpr size_t kMagicAt = 16;
constexpr size_t kCrcAt = 17;
constexpr size_t kAttributesAt = 21;
constexpr size_t kLastOffsetDeltaAt = 23;
constexpr size_t kBaseTimestampAt = 27;
constexpr size_t kMaxTimestampAt = 35;
constexpr size_t kProducerIdAt = 43;
constexpr size_t kProducerEpochAt = 51;
constexpr size_t kBaseSequenceAt = 53;
constexpr size_t kRecordCountAt = 57;

constexpr int16_t kCodecMask = 7;

}  // namespace

const char* CodecName(Codec codec) {
  switch (codec) {
    case Codec::kNone:
      return "none";
    case Codec::kLz4:
      return "lz4";
    case Codec::kZstd:
      return "zstd";
  }
  return "unknown";
}

std::optional<Codec> CodecFromName(std::string_view name) {
  for (const Codec codec : {Codec::kNone, Codec::kLz4, Codec::kZstd}) {
    if (name == CodecName(codec)) return codec;
  }
  return std::nullopt;
}

BatchHeader LoadBatchHeader(const char* bytes) {
  BatchHeader header;
  header.base_offset = Offset(LoadBigEndian<int64_t>(bytes));
  header.batch_length = LoadBigEndian<int32_t>(bytes + kLengthAt);
  header.leader_epoch = LoadBigEndian<int32_t>(bytes + kLeaderEpochAt);
  header.magic = LoadBigEndian<int8_t>(bytes + kMagicAt);
  header.crc = LoadBigEndian<uint32_t>(bytes + kCrcAt);
  header.attributes = LoadBigEndian<int16_t>(bytes + kAttributesAt);
  header.last_offset_delta = LoadBigEndian<int32_t>(bytes + kLastOffsetDeltaAt);
  header.base_timestamp = Timestamp(LoadBigEndian<int64_t>(bytes + kBaseTimestampAt));
  header.max_timestamp = Timestamp(LoadBigEndian<int64_t>(bytes + kMaxTimestampAt));
  header.producer_id = LoadBigEndian<int64_t>(bytes + kProducerIdAt);
  header.producer_epoch = LoadBigEndian<int16_t>(bytes + kProducerEpochAt);
  header.base_sequence = LoadBigEndian<int32_t>(bytes + kBaseSequenceAt);
  header.record_count = LoadBigEndian<int32_t>(bytes + kRecordCountAt);
  return header;
}

void StoreBatchHeader(const BatchHeader& header, char* out) {
  StoreBigEndian(header.base_offset.value(), out);
  StoreBigEndian(header.batch_length, out + kLengthAt);
  StoreBigEndian(header.leader_epoch, out + kLeaderEpochAt);
  StoreBigEndian(header.magic, out + kMagicAt);
  StoreBigEndian(header.crc, out + kCrcAt);
  StoreBigEndian(header.attributes, out + kAttributesAt);
  StoreBigEndian(header.last_offset_delta, out + kLastOffsetDeltaAt);
  StoreBigEndian(header.base_timestamp.value(), out + kBaseTimestampAt);
  StoreBigEndian(header.max_timestamp.value(), out + kMaxTimestampAt);
  StoreBigEndian(header.producer_id, out + kProducerIdAt);
  StoreBigEndian(header.producer_epoch, out + kProducerEpochAt);
  StoreBigEndian(header.base_sequence, out + kBaseSequenceAt);
  StoreBigEndian(header.record_count, out + kRecordCountAt);
}

Status CheckBatchHeader(const BatchHeader& header, Offset expected) {
  const auto fault = [&](const std::string& what) {
    return MakeError(ErrorCode::kCorrupt, "batch at offset {}: {}", expected.value(), what);
  };
  if (header.magic != 2) return fault(fmt::format("magic is {}, needed 2", header.magic));
  if (header.base_offset != expected) {
    return fault(
        fmt::format("base offset is {}, needed {}", header.base_offset.value(), expected.value()));
  }
  constexpr auto kLengthMin = static_cast<int64_t>(kBatchHeaderBytes);
  constexpr auto kLengthMax = static_cast<int64_t>(kBatchReadBytesMax);
  if (header.size_bytes() <= kLengthMin || header.size_bytes() > kLengthMax) {
    return fault(fmt::format("size is {} bytes, needed {} to {}", header.size_bytes(),
                             kLengthMin + 1, kLengthMax));
  }
  if ((header.attributes & ~kCodecMask) != 0 ||
      CodecName(header.codec()) == std::string("unknown")) {
    return fault(fmt::format("attributes are 0x{:04x}, needed a codec 0, 3 or 4 and no flag",
                             static_cast<uint16_t>(header.attributes)));
  }
  if (header.record_count < 1 || header.last_offset_delta != header.record_count - 1) {
    return fault(fmt::format("{} records and a last offset delta of {}, needed one less",
                             header.record_count, header.last_offset_delta));
  }
  return Ok();
}

Status CheckBatchCrc(std::string_view batch) {
  const BatchHeader header = LoadBatchHeader(batch.data());
  const uint32_t crc = Crc32c(batch.substr(kAttributesAt));
  if (crc == header.crc) return Ok();
  return MakeError(ErrorCode::kCorrupt, "batch at offset {}: CRC is {:08x}, needed {:08x}",
                   header.base_offset.value(), crc, header.crc);
}

void StoreBatchCrc(char* batch, size_t size_bytes) {
  const std::string_view covered(batch + kAttributesAt, size_bytes - kAttributesAt);
  StoreBigEndian(Crc32c(covered), batch + kCrcAt);
}

}  // namespace tillstream
