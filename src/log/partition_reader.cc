#include "log/partition_reader.h"

#include <algorithm>
#include <limits>

#include "log/segment_walker.h"

namespace tillstream {
namespace {

constexpr std::chrono::milliseconds kPollInterval{5};

}  // namespace

PartitionReader::PartitionReader(FileSystem& files, Clock& clock, SegmentPaths paths)
    : files_(files),
      clock_(clock),
      paths_(std::move(paths)),
      cursor_(files, paths_, kReadAheadBytes) {}

Result<Offset> PartitionReader::Begin() {
  TILLSTREAM_ASSIGN(const std::vector<Offset> segments, ListSegments(files_, paths_));
  return segments.empty() ? Offset(0) : segments.front();
}

Result<Offset> PartitionReader::End() {
  PartitionCursor cursor(files_, paths_, kHeaderReadBytes);
  TILLSTREAM_TRY(cursor.Locate(Offset(std::numeric_limits<int64_t>::max())));
  for (;;) {
    TILLSTREAM_ASSIGN(const bool found, cursor.Look());
    if (!found) return cursor.EndOffset();
    cursor.Step();
  }
}

Result<Offset> PartitionReader::OffsetAt(Timestamp timestamp) {
  PartitionCursor cursor(files_, paths_, kHeaderReadBytes);
  TILLSTREAM_ASSIGN(const std::vector<Offset> segments, ListSegments(files_, paths_));
  for (size_t i = 0; i < segments.size(); ++i) {
    TILLSTREAM_TRY(cursor.LocateTimestamp(segments[i], timestamp));
    const bool last = i + 1 == segments.size();
    for (;;) {
      TILLSTREAM_ASSIGN(const bool found, cursor.Look());
      if (!found) break;
      if (!last && cursor.header().base_offset >= segments[i + 1]) break;
      if (cursor.header().max_timestamp >= timestamp) {
        TILLSTREAM_ASSIGN(const std::optional<Offset> offset, FirstRecordAt(cursor, timestamp));
        if (offset) return *offset;
      }
      cursor.Step();
    }
  }
  return End();
}

Result<std::optional<Offset>> PartitionReader::FirstRecordAt(PartitionCursor& cursor,
                                                             Timestamp timestamp) {
  TILLSTREAM_ASSIGN(const std::string_view bytes, cursor.Bytes());
  BatchDecoder decoder;
  const auto records = decoder.Decode(bytes, cursor.header().base_offset);
  if (!records) return CorruptAt(cursor.where(), cursor.position(), records.error().message);
  for (const RecordView& record : *records) {
    if (record.timestamp >= timestamp) return std::optional(record.offset);
  }
  return std::optional<Offset>();
}

Status PartitionReader::Seek(Offset offset) {
  target_ = offset;
  located_ = false;
  return Ok();
}

Result<std::span<const RecordView>> PartitionReader::Read(std::chrono::milliseconds wait) {
  const std::chrono::nanoseconds deadline = clock_.Monotonic() + wait;
  for (;;) {
    TILLSTREAM_ASSIGN(const std::span<const RecordView> records, ReadNow());
    const std::chrono::nanoseconds now = clock_.Monotonic();
    if (!records.empty() || now >= deadline) return records;
    clock_.SleepUntil(std::min<std::chrono::nanoseconds>(now + kPollInterval, deadline), {});
  }
}

Result<std::span<const RecordView>> PartitionReader::ReadNow() {
  Result<std::span<const RecordView>> records = ReadNextBatch();
  if (records || records.error().code != ErrorCode::kCorrupt) return records;
  // A recovery may have cut bytes that are in memory here, and others written in their place.
  located_ = false;
  records = ReadNextBatch();
  if (!records) located_ = false;
  return records;
}

Result<std::span<const RecordView>> PartitionReader::ReadNextBatch() {
  if (!located_) {
    TILLSTREAM_TRY(cursor_.Locate(target_));
    located_ = true;
  }
  for (;;) {
    TILLSTREAM_ASSIGN(const bool found, cursor_.Look());
    if (!found) return std::span<const RecordView>();
    const BatchHeader header = cursor_.header();
    if (header.next_offset() <= target_) {
      cursor_.Step();
      continue;
    }
    TILLSTREAM_ASSIGN(const std::string_view bytes, cursor_.Bytes());
    if (static_cast<int64_t>(bytes.size()) < header.size_bytes()) {  // Cut at this moment.
      located_ = false;
      return std::span<const RecordView>();
    }
    const auto records = decoder_.Decode(bytes, header.base_offset);
    if (!records) {
      TILLSTREAM_ASSIGN(const bool unfinished, cursor_.IsUnfinishedEnd());
      if (unfinished) {
        located_ = false;
        return std::span<const RecordView>();
      }
      return CorruptAt(cursor_.where(), cursor_.position(), records.error().message);
    }
    const int64_t skip = std::max<int64_t>(0, target_ - header.base_offset);
    target_ = header.next_offset();
    cursor_.Step();
    return records->subspan(static_cast<size_t>(skip));
  }
}

}  // namespace tillstream
