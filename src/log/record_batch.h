#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/ids.h"

namespace tillstream {

/// How the records of a batch are compressed: the low three bits of Kafka's batch attributes.
enum class Codec : int8_t { kNone = 0, kLz4 = 3, kZstd = 4 };

/// "none", "lz4", "zstd".
const char* CodecName(Codec codec);
/// The codec of that name.
std::optional<Codec> CodecFromName(std::string_view name);

/// Size at which a partition begins its next segment file; Kafka's segment.bytes has the same.
inline constexpr int64_t kSegmentBytesDefault = int64_t{1} << 30;

/// Twice what is written between two syncs by default, so that everything that may not have been
/// durable when a writer ended is read again by the next.
inline constexpr int64_t kRecoveryBytesDefault = int64_t{32} << 20;

/// A batch before compression, header included. A broker takes 1,048,588 bytes by default
/// (message.max.bytes); the rest is room for what a codec adds to bytes that do not compress.
inline constexpr size_t kBatchBytesMax = 1'000'000;

/// Bytes of a batch before its records.
inline constexpr size_t kBatchHeaderBytes = 61;

/// The largest batch that is read, as stored, and the most that its records may take when they are
/// decompressed. Sixteen times what is written: room for logs of other writers, and a bound on the
/// memory that damaged or hostile sizes can claim.
inline constexpr size_t kBatchReadBytesMax = size_t{16} << 20;

/// The header of a record batch (magic 2), as docs/formats/segment_log.md lays it out: plain
/// values, of which nothing is known to be right before CheckBatchHeader().
struct BatchHeader {
  Offset base_offset;
  int32_t batch_length = 0;  ///< Bytes behind this field: 49 of the header, then the records.
  int32_t leader_epoch = 0;
  int8_t magic = 2;
  uint32_t crc = 0;  ///< CRC-32C from `attributes` to the end of the batch.
  int16_t attributes = 0;
  int32_t last_offset_delta = 0;
  Timestamp base_timestamp;
  Timestamp max_timestamp;
  int64_t producer_id = -1;
  int16_t producer_epoch = -1;
  int32_t base_sequence = -1;
  int32_t record_count = 0;

  Codec codec() const { return static_cast<Codec>(attributes & 7); }
  int64_t size_bytes() const { return int64_t{12} + batch_length; }
  Offset last_offset() const { return base_offset + last_offset_delta; }
  Offset next_offset() const { return last_offset() + 1; }
};

/// Reads the kBatchHeaderBytes at `bytes`.
BatchHeader LoadBatchHeader(const char* bytes);
/// Writes kBatchHeaderBytes to `out`.
void StoreBatchHeader(const BatchHeader& header, char* out);

/// Whether a batch that Tillstream could have written can have this header and follow on the record
/// before `expected`. kCorrupt: "batch at offset 9147: magic is 7, needed 2". Not checked are the
/// CRC, which needs the batch, and the leader epoch, which a broker may have set.
Status CheckBatchHeader(const BatchHeader& header, Offset expected);

/// Compares the CRC of a whole batch, at least kBatchHeaderBytes, with its header's. kCorrupt:
/// "batch at offset 9147: CRC is 1a2b3c4d, needed 5e6f7a8b".
Status CheckBatchCrc(std::string_view batch);

/// Computes the CRC of a batch whose other bytes are in place and writes it into its header.
void StoreBatchCrc(char* batch, size_t size_bytes);

}  // namespace tillstream
