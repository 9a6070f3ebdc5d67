#include "log/segment_walker.h"

#include <algorithm>
#include <string>

#include "base/crc32c.h"
#include "log/segment_files.h"

namespace tillstream {
namespace {

/// A run of zeros at the end of a file counts as blocks that were never written when it is at least
/// this long, which is more than a record ends with, and goes on to the end from ...
constexpr int64_t kZeroRunMin = 8;
/// ... the beginning of a disk block.
constexpr int64_t kBlockBytes = 512;

/// Length of the run of zeros that ends `file`, of which [begin, end) is looked at.
Result<int64_t> ZeroRunAtEnd(File& file, int64_t begin, int64_t end) {
  constexpr int64_t kChunk = 256 << 10;
  ByteBuffer buffer;
  int64_t at = end;
  while (at > begin) {
    const int64_t chunk = std::min(kChunk, at - begin);
    buffer.Clear();
    TILLSTREAM_ASSIGN(const size_t got, file.ReadAt(at - chunk, buffer.Reserve(chunk), chunk));
    if (got < static_cast<size_t>(chunk)) return int64_t{0};  // Cut meanwhile.
    buffer.Commit(got);
    const size_t last = buffer.view().find_last_not_of('\0');
    if (last != std::string_view::npos) {
      return end - (at - chunk + static_cast<int64_t>(last) + 1);
    }
    at -= chunk;
  }
  return end - begin;
}

}  // namespace

Result<std::optional<FoundBatch>> FindNextBatch(File& file, int64_t position, int64_t end,
                                                Offset offset_min) {
  constexpr size_t kChunk = size_t{1} << 20;
  constexpr size_t kMagicAt = 16;
  ReadWindow window(kChunk);
  ReadWindow batches(0);
  while (position + static_cast<int64_t>(kBatchHeaderBytes) < end) {
    TILLSTREAM_ASSIGN(const std::string_view bytes, window.At(file, position, kChunk));
    if (bytes.size() < kBatchHeaderBytes) break;
    const size_t steps = bytes.size() - kBatchHeaderBytes + 1;
    for (size_t at = 0; at < steps; ++at, ++position) {
      if (bytes[at + kMagicAt] != 2) continue;
      const BatchHeader header = LoadBatchHeader(bytes.data() + at);
      if (header.base_offset < offset_min || !CheckBatchHeader(header, header.base_offset) ||
          position + header.size_bytes() > end) {
        continue;
      }
      const auto size = static_cast<size_t>(header.size_bytes());
      TILLSTREAM_ASSIGN(const std::string_view batch, batches.At(file, position, size));
      if (batch.size() == size && CheckBatchCrc(batch)) return FoundBatch{position, header};
    }
  }
  return std::optional<FoundBatch>();
}

SegmentWalker::SegmentWalker(std::unique_ptr<File> file, std::string where, Offset base,
                             size_t read_ahead_bytes)
    : file_(std::move(file)),
      where_(std::move(where)),
      window_(read_ahead_bytes),
      next_offset_(base) {}

Error SegmentWalker::Corrupt(const std::string& what) const {
  return CorruptAt(where_, position_, what);
}

Result<int64_t> SegmentWalker::FileSize() {
  TILLSTREAM_ASSIGN(const FileInfo info, file_->Info());
  return info.size_bytes;
}

Result<BatchState> SegmentWalker::Look() {
  TILLSTREAM_ASSIGN(const std::string_view bytes, window_.At(*file_, position_, kBatchHeaderBytes));
  if (bytes.size() == kBatchHeaderBytes) {
    header_ = LoadBatchHeader(bytes.data());
    const bool sane = CheckBatchHeader(header_, next_offset_).has_value();
    if (sane && (position_ + header_.size_bytes() <= known_file_size_ ||
                 window_.Holds(position_, static_cast<size_t>(header_.size_bytes())))) {
      return BatchState::kComplete;
    }
  }
  TILLSTREAM_ASSIGN(known_file_size_, FileSize());
  return LookAtRest(known_file_size_);
}

Result<BatchState> SegmentWalker::LookAtRest(int64_t file_size) {
  // What stands at the end may change, so that it is read again each time.
  window_.DropFrom(position_);
  if (file_size <= position_) return BatchState::kEnd;
  TILLSTREAM_ASSIGN(const std::string_view bytes, window_.At(*file_, position_, kBatchHeaderBytes));
  const int64_t rest = file_size - position_;
  if (bytes.size() == kBatchHeaderBytes) {
    header_ = LoadBatchHeader(bytes.data());
    const Status sane = CheckBatchHeader(header_, next_offset_);
    if (sane && header_.size_bytes() <= rest) return BatchState::kComplete;
    if (!sane) {
      const int64_t header_end = position_ + static_cast<int64_t>(kBatchHeaderBytes);
      TILLSTREAM_ASSIGN(const bool unwritten, ReachesUnwrittenBlocks(header_end, file_size));
      if (unwritten) return BatchState::kUnfinished;
      return Corrupt(sane.error().message);
    }
  }
  return JudgeIncomplete(file_size);
}

Result<BatchState> SegmentWalker::JudgeIncomplete(int64_t file_size) {
  if (judged_position_ == position_ && judged_file_size_ == file_size) {
    return BatchState::kUnfinished;
  }
  const auto rest_size = static_cast<size_t>(file_size - position_);
  TILLSTREAM_ASSIGN(const std::string_view rest, window_.At(*file_, position_, rest_size));
  if (rest.size() >= kBatchHeaderBytes) {
    // The header is sane but says more bytes than there are. If it is the length that is damaged,
    // then the rest holds this batch to its end, or others behind it.
    constexpr size_t kAttributesAt = 21;
    if (Crc32c(rest.substr(kAttributesAt)) == header_.crc) {
      return Corrupt(fmt::format("batch at offset {}: size is {} bytes, needed {}",
                                 next_offset_.value(), header_.size_bytes(), rest.size()));
    }
    TILLSTREAM_ASSIGN(const auto later,
                      FindNextBatch(*file_, position_ + 1, file_size, next_offset_ + 1));
    if (later) {
      return Corrupt(
          fmt::format("batch at offset {}: size is {} bytes, but a later batch stands {} "
                      "bytes behind its beginning",
                      next_offset_.value(), header_.size_bytes(), later->position - position_));
    }
  }
  judged_position_ = position_;
  judged_file_size_ = file_size;
  return BatchState::kUnfinished;
}

Result<std::string_view> SegmentWalker::Bytes() {
  return window_.At(*file_, position_, static_cast<size_t>(header_.size_bytes()));
}

void SegmentWalker::Step() { MoveTo(position_ + header_.size_bytes(), header_.next_offset()); }

void SegmentWalker::MoveTo(int64_t position, Offset next_offset) {
  position_ = position;
  next_offset_ = next_offset;
}

void SegmentWalker::Forget() {
  window_.Drop();
  known_file_size_ = 0;
}

Result<bool> SegmentWalker::EndsInUnwrittenBlocks() {
  TILLSTREAM_ASSIGN(const int64_t file_size, FileSize());
  return ReachesUnwrittenBlocks(position_ + header_.size_bytes(), file_size);
}

/// Whether [position_, end) reaches into a run of zeros that goes on to the end of the file and
/// looks like blocks that were never written.
Result<bool> SegmentWalker::ReachesUnwrittenBlocks(int64_t end, int64_t file_size) {
  TILLSTREAM_ASSIGN(const int64_t zeros, ZeroRunAtEnd(*file_, position_, file_size));
  if (zeros == file_size - position_) return true;
  const int64_t run_begin = file_size - zeros;
  const int64_t block_begin = (run_begin + kBlockBytes - 1) / kBlockBytes * kBlockBytes;
  return zeros >= kZeroRunMin && run_begin < end && block_begin < file_size;
}

}  // namespace tillstream
