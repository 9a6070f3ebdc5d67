#pragma once

#include <memory>
#include <string>

#include "base/file.h"
#include "base/result.h"
#include "log/batch_encoder.h"
#include "log/segment_files.h"
#include "log/segment_index.h"
#include "log/segment_log.h"

namespace tillstream {

/// Appends batches to one partition's segment files, rolls them and keeps their indexes. Holds the
/// partition's lock. Not thread safe.
///
/// After an error nothing more may be called but the getters: what reached the disk is unknown.
class PartitionWriter {
 public:
  /// Takes the lock and recovers: cuts an unfinished end, completes the indexes, syncs what is
  /// there, so that all of it is durable. `files` must outlive the writer.
  static Result<std::unique_ptr<PartitionWriter>> Open(FileSystem& files,
                                                       const SegmentLogOptions& options,
                                                       const TopicPartition& partition,
                                                       const std::string& holder);

  /// One past the last record that was appended, and that is durable.
  Offset end() const { return end_; }
  Offset durable_end() const { return durable_end_; }

  /// Appends one batch; writes when kWriteBytes have come together.
  Status Append(const FramedRecords& records);
  /// Hands everything to the operating system.
  Status Flush();
  /// Makes everything durable, then writes the index entries that are due.
  Status Sync();

 private:
  struct Segment {
    Offset base;
    std::unique_ptr<File> log;
    std::unique_ptr<File> offset_index;
    std::unique_ptr<File> time_index;
    int64_t size_bytes = 0;          ///< With what is still in buffer_.
    int64_t durable_size_bytes = 0;  ///< Of the file, as of the last sync.
    IndexBuilder indexes{Offset(0)};
  };

  PartitionWriter(FileSystem& files, const SegmentLogOptions& options, SegmentPaths paths,
                  std::unique_ptr<FileLock> lock);

  Status CreateSegment(Offset base);
  Status OpenSegmentFiles(Offset base);
  Status Roll();
  Status SyncLog();
  Status WriteIndexes();

  FileSystem& files_;
  const int64_t segment_bytes_max_;
  const SegmentPaths paths_;
  const std::unique_ptr<FileLock> lock_;
  BatchEncoder encoder_;
  ByteBuffer buffer_;
  Segment segment_;
  Offset end_;
  Offset durable_end_;
};

}  // namespace tillstream
