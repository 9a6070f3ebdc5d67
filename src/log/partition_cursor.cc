#include "log/partition_cursor.h"

#include <algorithm>

#include "log/segment_index.h"

namespace tillstream {
namespace {

/// An index of a full segment of the smallest batches stays below.
constexpr int64_t kIndexBytesMax = int64_t{16} << 20;

/// The content of an index, empty when there is none that can be read: it is only a hint.
std::string ReadHint(FileSystem& files, const std::string& path) {
  Result<std::string> bytes = ReadFile(files, path, kIndexBytesMax);
  return bytes ? *std::move(bytes) : std::string();
}

}  // namespace

Status PartitionCursor::OpenSegment(Offset base) {
  TILLSTREAM_ASSIGN(std::unique_ptr<File> file,
                    files_.Open(paths_.Path(base, kLogSuffix), OpenMode::kRead));
  walker_.emplace(std::move(file), paths_.Where(base), base, read_ahead_bytes_);
  segment_base_ = base;
  last_.reset();
  return Ok();
}

void PartitionCursor::Step() {
  last_ = FoundBatch{walker_->position(), walker_->header()};
  walker_->Step();
}

Status PartitionCursor::Locate(Offset offset) {
  walker_.reset();
  TILLSTREAM_ASSIGN(const std::vector<Offset> segments, ListSegments(files_, paths_));
  if (segments.empty()) return Ok();
  const auto after = std::upper_bound(segments.begin(), segments.end(), offset);
  TILLSTREAM_TRY(OpenSegment(after == segments.begin() ? segments.front() : *(after - 1)));
  TILLSTREAM_ASSIGN(const bool hinted, StartFromOffsetIndex(offset));
  if (!hinted) walker_->MoveTo(0, segment_base_);
  for (;;) {
    TILLSTREAM_ASSIGN(const BatchState state, walker_->Look());
    if (state != BatchState::kComplete || walker_->header().next_offset() > offset) return Ok();
    Step();
  }
}

Result<bool> PartitionCursor::StartFromOffsetIndex(Offset offset) {
  const std::string bytes = ReadHint(files_, paths_.Path(segment_base_, kOffsetIndexSuffix));
  const auto entries = ParseOffsetIndex(bytes, segment_base_);
  if (!entries) return false;
  const auto after = std::upper_bound(
      entries->begin(), entries->end(), offset,
      [](Offset wanted, const OffsetEntry& entry) { return wanted < entry.last_offset; });
  if (after == entries->begin()) return false;
  return MoveToHint((after - 1)->position, (after - 1)->last_offset);
}

Result<bool> PartitionCursor::MoveToHint(int64_t position, Offset last_offset) {
  char bytes[kBatchHeaderBytes];
  TILLSTREAM_ASSIGN(const size_t got, walker_->file().ReadAt(position, bytes, sizeof(bytes)));
  if (got < sizeof(bytes)) return false;
  const BatchHeader header = LoadBatchHeader(bytes);
  if (header.base_offset < segment_base_ || header.last_offset() != last_offset ||
      !CheckBatchHeader(header, header.base_offset)) {
    return false;
  }
  walker_->MoveTo(position, header.base_offset);
  const Result<BatchState> state = walker_->Look();
  if (!state && state.error().code != ErrorCode::kCorrupt) return state.error();
  if (!state || *state != BatchState::kComplete) return false;
  TILLSTREAM_ASSIGN(const std::string_view batch, walker_->Bytes());
  return static_cast<int64_t>(batch.size()) == header.size_bytes() &&
         CheckBatchCrc(batch).has_value();
}

Status PartitionCursor::LocateTimestamp(Offset base, Timestamp timestamp) {
  TILLSTREAM_TRY(OpenSegment(base));
  const std::string bytes = ReadHint(files_, paths_.Path(base, kTimeIndexSuffix));
  const auto entries = ParseTimeIndex(bytes, base);
  if (!entries) return Ok();
  const auto after = std::lower_bound(
      entries->begin(), entries->end(), timestamp,
      [](const TimeEntry& entry, Timestamp wanted) { return entry.max_timestamp < wanted; });
  if (after == entries->begin()) return Ok();
  const TimeEntry entry = *(after - 1);
  const Status located = Locate(entry.last_offset);
  if (!located && located.error().code != ErrorCode::kCorrupt) return located;
  if (located && segment_base_ == base) {
    const Result<BatchState> state = walker_->Look();
    if (state && *state == BatchState::kComplete &&
        walker_->header().last_offset() == entry.last_offset &&
        walker_->header().max_timestamp == entry.max_timestamp) {
      return Ok();
    }
  }
  return OpenSegment(base);
}

Result<bool> PartitionCursor::Look() {
  if (!walker_) {
    TILLSTREAM_ASSIGN(const std::vector<Offset> segments, ListSegments(files_, paths_));
    if (segments.empty()) return false;
    TILLSTREAM_TRY(OpenSegment(segments.front()));
  }
  for (;;) {
    TILLSTREAM_ASSIGN(BatchState state, walker_->Look());
    if (state == BatchState::kComplete) return true;
    TILLSTREAM_ASSIGN(const int64_t file_size, walker_->FileSize());
    if (file_size < walker_->position()) {
      // A recovery cut the file. Whatever comes again stands behind what is left.
      TILLSTREAM_TRY(Locate(walker_->next_offset()));
      return false;
    }
    TILLSTREAM_ASSIGN(const bool later, LaterSegmentExists());
    if (!later) return false;
    // The segment is sealed, so that its end is final: look once more, now that this is known.
    TILLSTREAM_ASSIGN(state, walker_->Look());
    if (state == BatchState::kComplete) return true;
    if (state == BatchState::kUnfinished) {
      return CorruptAt(walker_->where(), walker_->position(),
                       fmt::format("batch at offset {}: unfinished, but not at the end of the log",
                                   walker_->next_offset().value()));
    }
    TILLSTREAM_ASSIGN(const bool followed, FollowRoll());
    if (!followed) return false;
  }
}

Result<bool> PartitionCursor::LaterSegmentExists() {
  // The usual way on is asked for first: most often there is none, and listing costs more.
  const Offset next = walker_->next_offset();
  if (next != segment_base_) {
    const Result<FileInfo> info = files_.Info(paths_.Path(next, kLogSuffix));
    if (info) return true;
    if (info.error().code != ErrorCode::kNotFound) return info.error();
  }
  TILLSTREAM_ASSIGN(const std::vector<Offset> segments, ListSegments(files_, paths_));
  return !segments.empty() && segments.back() > segment_base_;
}

Result<bool> PartitionCursor::FollowRoll() {
  const Offset next = walker_->next_offset();
  TILLSTREAM_ASSIGN(const std::vector<Offset> segments, ListSegments(files_, paths_));
  const auto later = std::upper_bound(segments.begin(), segments.end(), segment_base_);
  if (later == segments.end()) return false;
  if (*later != next) {
    return CorruptAt(walker_->where(), walker_->position(),
                     fmt::format("segment ends at offset {}, but the next begins at {}",
                                 next.value(), later->value()));
  }
  TILLSTREAM_TRY(OpenSegment(next));
  return true;
}

Result<bool> PartitionCursor::IsUnfinishedEnd() {
  TILLSTREAM_ASSIGN(const bool unwritten, walker_->EndsInUnwrittenBlocks());
  if (!unwritten) return false;
  TILLSTREAM_ASSIGN(const bool later, LaterSegmentExists());
  return !later;
}

Result<Offset> PartitionCursor::EndOffset() {
  if (!last_) return next_offset();
  // Blocks that were never written read as zeros, which no batch ends with.
  char tail[8];
  TILLSTREAM_ASSIGN(const int64_t file_size, walker_->FileSize());
  const auto at = std::max<int64_t>(0, file_size - static_cast<int64_t>(sizeof(tail)));
  TILLSTREAM_ASSIGN(const size_t got, walker_->file().ReadAt(at, tail, sizeof(tail)));
  if (std::any_of(tail, tail + got, [](char c) { return c != 0; })) return next_offset();
  const Offset end = next_offset();
  walker_->MoveTo(last_->position, last_->header.base_offset);
  TILLSTREAM_ASSIGN(const bool found, Look());
  if (!found) return next_offset();
  TILLSTREAM_ASSIGN(const std::string_view bytes, walker_->Bytes());
  if (static_cast<int64_t>(bytes.size()) == walker_->header().size_bytes() &&
      CheckBatchCrc(bytes)) {
    return end;
  }
  TILLSTREAM_ASSIGN(const bool unfinished, IsUnfinishedEnd());
  return unfinished ? next_offset() : end;
}

}  // namespace tillstream
