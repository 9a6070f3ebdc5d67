#include "log/partition_writer.h"

#include <limits>

#include "log/partition_lock.h"
#include "log/recovery.h"

namespace tillstream {
namespace {

/// Batches are handed to the operating system when this much has come together: large enough that
/// the call does not matter, small enough to stay in the cache.
constexpr size_t kWriteBytes = size_t{256} << 10;

/// Offsets in an index are relative and have 31 bits.
constexpr int64_t kSegmentRecordsMax = std::numeric_limits<int32_t>::max();

/// As with the log: what a failed sync lost must not be found again.
Status SyncIndex(File& index) {
  const Status synced = index.Sync();
  if (!synced) (void)index.Truncate(0);
  return synced;
}

}  // namespace

PartitionWriter::PartitionWriter(FileSystem& files, const SegmentLogOptions& options,
                                 SegmentPaths paths, std::unique_ptr<FileLock> lock)
    : files_(files),
      segment_bytes_max_(options.segment_bytes_max),
      paths_(std::move(paths)),
      lock_(std::move(lock)),
      encoder_(options.codec) {}

Result<std::unique_ptr<PartitionWriter>> PartitionWriter::Open(FileSystem& files,
                                                               const SegmentLogOptions& options,
                                                               const TopicPartition& partition,
                                                               const std::string& holder) {
  SegmentPaths paths(options.directory, partition);
  TILLSTREAM_ASSIGN(std::unique_ptr<FileLock> lock,
                    TakePartitionLock(files, options.directory, partition, holder));
  TILLSTREAM_ASSIGN(const std::vector<Offset> segments, ListSegments(files, paths));
  std::unique_ptr<PartitionWriter> writer(
      new PartitionWriter(files, options, paths, std::move(lock)));
  // A process that ended between making a directory and syncing its parent left it at risk.
  TILLSTREAM_TRY(files.SyncDirectory(options.directory));
  if (segments.empty()) {
    TILLSTREAM_TRY(writer->CreateSegment(Offset(0)));
    return writer;
  }
  for (size_t i = 0; i + 1 < segments.size(); ++i) {
    TILLSTREAM_TRY(RepairSealedIndexes(files, paths, segments[i]));
  }
  const Offset base = segments.back();
  TILLSTREAM_ASSIGN(
      RecoveredSegment found,
      RecoverLastSegment(files, paths, base, options.recovery_bytes, options.on_warning));
  TILLSTREAM_TRY(writer->OpenSegmentFiles(base));
  Segment& segment = writer->segment_;
  TILLSTREAM_TRY(BringIndexTo(*segment.offset_index, found.indexes.offset_index()));
  TILLSTREAM_TRY(BringIndexTo(*segment.time_index, found.indexes.time_index()));
  found.indexes.ClearPending();
  segment.indexes = std::move(found.indexes);
  segment.size_bytes = found.size_bytes;
  // What the last process left may be in memory only.
  if (const Status synced = segment.log->Sync(); !synced) {
    MakeUnsyncedAgain(*segment.log, found.checked_from, found.size_bytes);
    return synced.error();
  }
  TILLSTREAM_TRY(files.SyncDirectory(paths.directory()));
  segment.durable_size_bytes = found.size_bytes;
  writer->end_ = found.end;
  writer->durable_end_ = found.end;
  return writer;
}

Status PartitionWriter::OpenSegmentFiles(Offset base) {
  segment_ = Segment();
  segment_.base = base;
  segment_.indexes = IndexBuilder(base);
  const auto open = [&](std::string_view suffix) {
    return files_.Open(paths_.Path(base, suffix), OpenMode::kAppend);
  };
  TILLSTREAM_ASSIGN(segment_.log, open(kLogSuffix));
  TILLSTREAM_ASSIGN(segment_.offset_index, open(kOffsetIndexSuffix));
  TILLSTREAM_ASSIGN(segment_.time_index, open(kTimeIndexSuffix));
  return Ok();
}

Status PartitionWriter::CreateSegment(Offset base) {
  TILLSTREAM_TRY(OpenSegmentFiles(base));
  // A power cut may have kept an index of a segment whose log it did not keep.
  TILLSTREAM_TRY(BringIndexTo(*segment_.offset_index, ""));
  TILLSTREAM_TRY(BringIndexTo(*segment_.time_index, ""));
  TILLSTREAM_TRY(files_.SyncDirectory(paths_.directory()));
  end_ = base;
  durable_end_ = base;
  return Ok();
}

Status PartitionWriter::Append(const FramedRecords& records) {
  const size_t begin = buffer_.size();
  const auto size = static_cast<int64_t>(encoder_.Encode(records, end_, &buffer_));
  const bool full = segment_.size_bytes + size > segment_bytes_max_ ||
                    end_ + records.count - segment_.base > kSegmentRecordsMax;
  if (segment_.size_bytes > 0 && full) {
    // The new batch goes into the next segment: all before it is sealed first.
    ByteBuffer batch;
    batch.Append(buffer_.view().substr(begin));
    buffer_.Cut(begin);
    TILLSTREAM_TRY(Roll());
    buffer_.Append(batch.view());
  }
  const BatchHeader header =
      LoadBatchHeader(buffer_.data() + buffer_.size() - static_cast<size_t>(size));
  segment_.indexes.Add(header, segment_.size_bytes);
  segment_.size_bytes += size;
  end_ = header.next_offset();
  return buffer_.size() >= kWriteBytes ? Flush() : Ok();
}

Status PartitionWriter::Flush() {
  if (buffer_.empty()) return Ok();
  TILLSTREAM_TRY(segment_.log->Append(buffer_.view()));
  buffer_.Clear();
  return Ok();
}

Status PartitionWriter::Sync() {
  TILLSTREAM_TRY(SyncLog());
  return WriteIndexes();
}

Status PartitionWriter::SyncLog() {
  TILLSTREAM_TRY(Flush());
  if (segment_.durable_size_bytes == segment_.size_bytes) return Ok();
  const Status synced = segment_.log->Sync();
  if (!synced) {
    // The pages that were lost may still read as if they were there, and the next writer would take
    // them for durable: it must not see them. Best effort, the failure stands anyway.
    (void)segment_.log->Truncate(segment_.durable_size_bytes);
    return synced.error();
  }
  segment_.durable_size_bytes = segment_.size_bytes;
  durable_end_ = end_;
  return Ok();
}

Status PartitionWriter::WriteIndexes() {
  if (!segment_.indexes.offset_index().empty()) {
    TILLSTREAM_TRY(segment_.offset_index->Append(segment_.indexes.offset_index()));
  }
  if (!segment_.indexes.time_index().empty()) {
    TILLSTREAM_TRY(segment_.time_index->Append(segment_.indexes.time_index()));
  }
  segment_.indexes.ClearPending();
  return Ok();
}

Status PartitionWriter::Roll() {
  // In this order a sealed segment always has whole indexes, and a segment is only there when the
  // one before it is durable.
  TILLSTREAM_TRY(SyncLog());
  segment_.indexes.Seal();
  TILLSTREAM_TRY(WriteIndexes());
  TILLSTREAM_TRY(SyncIndex(*segment_.offset_index));
  TILLSTREAM_TRY(SyncIndex(*segment_.time_index));
  return CreateSegment(end_);
}

}  // namespace tillstream
