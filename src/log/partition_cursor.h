#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/file.h"
#include "base/result.h"
#include "log/segment_files.h"
#include "log/segment_walker.h"

namespace tillstream {

/// Walks the batches of a partition in offset order over all its segments, beside a live writer and
/// without a lock. Indexes are hints: what they point to is checked against the batch that is
/// there, and without a usable one the segment is walked. Not thread safe.
class PartitionCursor {
 public:
  /// `files` and `paths` must outlive the cursor. `read_ahead_bytes` as in SegmentWalker.
  PartitionCursor(FileSystem& files, const SegmentPaths& paths, size_t read_ahead_bytes)
      : files_(files), paths_(paths), read_ahead_bytes_(read_ahead_bytes) {}

  /// Goes to the batch that holds `offset`, or the first behind it, or the end.
  Status Locate(Offset offset);

  /// Goes to a batch of segment `base`, or its end, such that every batch of the segment before it
  /// has only records with timestamps < `timestamp`.
  Status LocateTimestamp(Offset base, Timestamp timestamp);

  /// Whether a batch stands here; false at the end of what is there now, an unfinished batch
  /// included. Follows the writer into the next segment.
  Result<bool> Look();

  /// After Look() was true.
  const BatchHeader& header() const { return walker_->header(); }
  Result<std::string_view> Bytes() { return walker_->Bytes(); }
  void Step();
  const std::string& where() const { return walker_->where(); }
  int64_t position() const { return walker_->position(); }

  /// After the bytes of the batch turned out damaged: whether it is the unfinished end instead.
  Result<bool> IsUnfinishedEnd();

  /// At the end: one past the last record. The batch before may turn out to be unfinished though
  /// its header is not: then its base offset.
  Result<Offset> EndOffset();

  /// Base offset of the batch here, or of the next to come.
  Offset next_offset() const { return walker_ ? walker_->next_offset() : Offset(0); }

 private:
  Status OpenSegment(Offset base);
  /// Goes where an index says that a batch ends with `last_offset`; false when it is not so.
  Result<bool> MoveToHint(int64_t position, Offset last_offset);
  Result<bool> StartFromOffsetIndex(Offset offset);
  Result<bool> FollowRoll();
  Result<bool> LaterSegmentExists();

  FileSystem& files_;
  const SegmentPaths& paths_;
  const size_t read_ahead_bytes_;
  Offset segment_base_;
  std::optional<FoundBatch> last_;       ///< The batch in this segment that was stepped over last.
  std::optional<SegmentWalker> walker_;  ///< Nothing while the partition has no segment.
};

}  // namespace tillstream
