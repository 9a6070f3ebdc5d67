#pragma once

#include "base/clock.h"
#include "log/batch_decoder.h"
#include "log/event_log.h"
#include "log/partition_cursor.h"

namespace tillstream {

/// LogReader on segment files. Every batch is checked against its CRC when it is read.
class PartitionReader final : public LogReader {
 public:
  /// `files` and `clock` must outlive the reader.
  PartitionReader(FileSystem& files, Clock& clock, SegmentPaths paths);

  Result<Offset> Begin() override;
  Result<Offset> End() override;
  Result<Offset> OffsetAt(Timestamp timestamp) override;
  Status Seek(Offset offset) override;
  Result<std::span<const RecordView>> Read(std::chrono::milliseconds wait) override;

 private:
  Result<std::span<const RecordView>> ReadNow();
  Result<std::span<const RecordView>> ReadNextBatch();
  Result<std::optional<Offset>> FirstRecordAt(PartitionCursor& cursor, Timestamp timestamp);

  FileSystem& files_;
  Clock& clock_;
  const SegmentPaths paths_;
  PartitionCursor cursor_;
  BatchDecoder decoder_;
  Offset target_;         ///< No record before it is to be returned.
  bool located_ = false;  ///< Whether cursor_ stands at or before target_'s batch.
};

}  // namespace tillstream
