#include "log/partition_walk.h"

#include <algorithm>

#include "log/batch_decoder.h"
#include "log/segment_files.h"
#include "log/segment_walker.h"

namespace tillstream {
namespace {

/// Walks one segment. One object a segment.
class SegmentWalk {
 public:
  SegmentWalk(const SegmentPaths& paths, Offset base, bool is_last, std::unique_ptr<File> file)
      : is_last_(is_last), walker_(std::move(file), paths.Where(base), base, kReadAheadBytes) {
    batch_.segment_base = base;
    batch_.file = paths.name() + "/" + SegmentFileName(base, kLogSuffix);
  }

  /// The next batch or stretch; false at the end of the segment.
  Result<bool> Next() {
    const Result<BatchState> state = walker_.Look();
    if (state && *state == BatchState::kEnd) return false;
    batch_.condition = BatchCondition::kGood;
    batch_.position = walker_.position();
    batch_.expected_offset = walker_.next_offset();
    batch_.records = {};
    batch_.fault.clear();
    if (!state) {
      if (state.error().code != ErrorCode::kCorrupt) return state.error();
      return Damaged(Fault());
    }
    if (*state == BatchState::kUnfinished) return Unfinished();
    return Complete();
  }

  const WalkedBatch& batch() const { return batch_; }
  /// One past the last record of the segment, or at least where its damaged end begins.
  Offset next_offset() const { return walker_.next_offset(); }
  /// Whether damage goes on to the end of the segment, so that nobody knows its last offset.
  bool ends_in_damage() const {
    return batch_.condition == BatchCondition::kDamaged &&
           batch_.expected_offset == walker_.next_offset();
  }

 private:
  Result<bool> Complete() {
    const BatchHeader header = walker_.header();
    TILLSTREAM_ASSIGN(const std::string_view bytes, walker_.Bytes());
    const auto records = decoder_.Decode(bytes, header.base_offset);
    if (!records) {
      TILLSTREAM_ASSIGN(const bool unwritten, walker_.EndsInUnwrittenBlocks());
      if (unwritten && is_last_) return Unfinished();
      return Damaged(records.error().message);
    }
    // Neither is covered by the CRC, or follows from it.
    if (header.leader_epoch != 0) {
      return Damaged(fmt::format("batch at offset {}: leader epoch is {}, needed 0",
                                 header.base_offset.value(), header.leader_epoch));
    }
    Timestamp latest = records->front().timestamp;
    for (const RecordView& record : *records) latest = std::max(latest, record.timestamp);
    if (latest != header.max_timestamp) {
      return Damaged(fmt::format("batch at offset {}: maximum timestamp is {}, needed {}",
                                 header.base_offset.value(), header.max_timestamp.value(),
                                 latest.value()));
    }
    batch_.header = header;
    batch_.size_bytes = header.size_bytes();
    batch_.uncompressed_bytes = static_cast<int64_t>(kBatchHeaderBytes + decoder_.framed().size());
    batch_.records = *records;
    walker_.Step();
    return true;
  }

  Result<bool> Unfinished() {
    TILLSTREAM_ASSIGN(const int64_t file_size, walker_.FileSize());
    batch_.size_bytes = file_size - batch_.position;
    batch_.fault = fmt::format("{} bytes are an unfinished batch", batch_.size_bytes);
    batch_.condition = is_last_ ? BatchCondition::kUnfinished : BatchCondition::kDamaged;
    walker_.MoveTo(file_size, batch_.expected_offset);
    return true;
  }

  /// Goes on at the next good batch.
  Result<bool> Damaged(const std::string& fault) {
    batch_.condition = BatchCondition::kDamaged;
    batch_.fault = fault;
    TILLSTREAM_ASSIGN(const int64_t file_size, walker_.FileSize());
    TILLSTREAM_ASSIGN(const auto next, FindNextBatch(walker_.file(), batch_.position + 1, file_size,
                                                     batch_.expected_offset + 1));
    const int64_t end = next ? next->position : file_size;
    batch_.size_bytes = end - batch_.position;
    walker_.MoveTo(end, next ? next->header.base_offset : batch_.expected_offset);
    return true;
  }

  /// Look() names the whole place; what is wanted here is its last part.
  std::string Fault() {
    char bytes[kBatchHeaderBytes];
    const Result<size_t> got = walker_.file().ReadAt(batch_.position, bytes, sizeof(bytes));
    if (got && *got == sizeof(bytes)) {
      const Status sane = CheckBatchHeader(LoadBatchHeader(bytes), batch_.expected_offset);
      if (!sane) return sane.error().message;
    }
    return fmt::format(
        "batch at offset {}: its size goes beyond the end of the file, but what is "
        "there is no unfinished batch",
        batch_.expected_offset.value());
  }

  const bool is_last_;
  SegmentWalker walker_;
  BatchDecoder decoder_;
  WalkedBatch batch_;
};

}  // namespace

Status WalkPartition(const SegmentLog& log, const TopicPartition& partition,
                     const std::function<bool(const WalkedBatch&)>& visit) {
  TILLSTREAM_TRY(NeedPartition(log.files(), log.options().directory, partition));
  const SegmentPaths paths(log.options().directory, partition);
  TILLSTREAM_ASSIGN(const std::vector<Offset> segments, ListSegments(log.files(), paths));
  Offset expected(0);
  bool expected_is_known = true;
  for (const Offset base : segments) {
    TILLSTREAM_ASSIGN(std::unique_ptr<File> file,
                      log.files().Open(paths.Path(base, kLogSuffix), OpenMode::kRead));
    SegmentWalk walk(paths, base, base == segments.back(), std::move(file));
    if (expected_is_known ? base != expected : base <= expected) {
      WalkedBatch gap = walk.batch();
      gap.condition = BatchCondition::kDamaged;
      gap.expected_offset = expected;
      gap.fault =
          fmt::format("segment begins at offset {}, needed {}", base.value(), expected.value());
      if (!visit(gap)) return Ok();
    }
    for (;;) {
      TILLSTREAM_ASSIGN(const bool more, walk.Next());
      if (!more) break;
      if (!visit(walk.batch())) return Ok();
    }
    expected = walk.next_offset();
    expected_is_known = !walk.ends_in_damage();
  }
  return Ok();
}

}  // namespace tillstream
