#include <algorithm>

#include "log/batch_encoder.h"
#include "log/log_check.h"
#include "log/partition_lock.h"
#include "log/recovery.h"
#include "log/segment_files.h"

namespace tillstream {
namespace {

/// Repairs one partition whose lock is held.
class PartitionRepair {
 public:
  PartitionRepair(const SegmentLog& log, const SegmentPaths& paths,
                  const RegenerateBlock& regenerate, const RefuseToCut& refuse)
      : files_(log.files()),
        codec_(log.options().codec),
        paths_(paths),
        regenerate_(regenerate),
        refuse_(refuse) {}

  Result<RepairReport> Run(const SegmentLog& log, const TopicPartition& partition) {
    TILLSTREAM_TRY(FindStretches(log, partition));
    if (refuse_) TILLSTREAM_TRY(CheckAllFit());
    for (const Stretch& stretch : stretches_) {
      TILLSTREAM_ASSIGN(const bool repaired, Rewrite(stretch));
      if (repaired) continue;
      TILLSTREAM_TRY(CutBefore(stretch));
      break;
    }
    TILLSTREAM_TRY(RebuildIndexes());
    return std::move(report_);
  }

 private:
  /// Bytes to be replaced, and the offset that has to follow behind them.
  struct Stretch {
    WalkedBatch batch;
    std::optional<Offset> next_offset;  ///< Nothing at the end of the log.
  };

  Status FindStretches(const SegmentLog& log, const TopicPartition& partition) {
    return WalkPartition(log, partition, [&](const WalkedBatch& batch) {
      if (!stretches_.empty() && !stretches_.back().next_offset) {
        stretches_.back().next_offset = batch.segment_base == stretches_.back().batch.segment_base
                                            ? batch.expected_offset
                                            : batch.segment_base;
      }
      if (batch.condition == BatchCondition::kGood) {
        ++report_.batches_checked;
      } else {
        stretches_.push_back({batch, std::nullopt});
        stretches_.back().batch.records = {};
      }
      return true;
    });
  }

  Status CheckAllFit() {
    for (const Stretch& stretch : stretches_) {
      if (stretch.batch.condition == BatchCondition::kUnfinished) continue;
      TILLSTREAM_ASSIGN(const bool fits, EncodeToFit(stretch));
      if (!fits) return refuse_(stretch.batch.expected_offset);
    }
    return Ok();
  }

  Result<bool> Rewrite(const Stretch& stretch) {
    TILLSTREAM_ASSIGN(const bool fits, EncodeToFit(stretch));
    if (!fits) return false;
    TILLSTREAM_ASSIGN(
        std::unique_ptr<File> file,
        files_.Open(paths_.Path(stretch.batch.segment_base, kLogSuffix), OpenMode::kAppend));
    TILLSTREAM_TRY(file->WriteAt(stretch.batch.position, bytes_.view()));
    TILLSTREAM_TRY(file->Sync());
    report_.batches_rewritten += batch_count_;
    report_.actions.push_back(fmt::format("log: {}: byte {}: {}; written again", stretch.batch.file,
                                          stretch.batch.position, stretch.batch.fault));
    return true;
  }

  /// Fills bytes_ with what was there; false when that cannot be made.
  Result<bool> EncodeToFit(const Stretch& stretch) {
    if (stretch.batch.condition == BatchCondition::kUnfinished || stretch.batch.size_bytes == 0) {
      return false;
    }
    // A log may hold batches of several codecs; the bytes decide which it was.
    for (const Codec codec : {codec_, Codec::kNone, Codec::kLz4, Codec::kZstd}) {
      TILLSTREAM_ASSIGN(const bool fits, Encode(stretch, codec));
      if (fits) return true;
    }
    return false;
  }

  /// Fills bytes_ with batches from the stretch's offset on; whether they end where it ends.
  Result<bool> Encode(const Stretch& stretch, Codec codec) {
    BatchEncoder encoder(codec);
    bytes_.Clear();
    batch_count_ = 0;
    Offset offset = stretch.batch.expected_offset;
    while (static_cast<int64_t>(bytes_.size()) < stretch.batch.size_bytes) {
      RecordBlock block;
      const Status made = regenerate_(offset, &block);
      // Beyond the end of what can be made again.
      if (!made && made.error().code == ErrorCode::kNotFound) return false;
      if (!made) return made.error();
      if (block.empty()) return false;
      encoder.Encode(FramedRecords::Of(block), offset, &bytes_);
      offset = offset + block.record_count();
      ++batch_count_;
    }
    return static_cast<int64_t>(bytes_.size()) == stretch.batch.size_bytes &&
           (!stretch.next_offset || *stretch.next_offset == offset);
  }

  Status CutBefore(const Stretch& stretch) {
    const WalkedBatch& batch = stretch.batch;
    TILLSTREAM_ASSIGN(std::vector<Offset> segments, ListSegments(files_, paths_));
    // From the last to the first, so that what is left is always one log.
    std::reverse(segments.begin(), segments.end());
    const bool whole_segment = batch.size_bytes == 0;  // It does not follow on the one before.
    for (const Offset base : segments) {
      if (base < batch.segment_base || (base == batch.segment_base && !whole_segment)) break;
      for (const char* suffix : {kOffsetIndexSuffix, kTimeIndexSuffix, kLogSuffix}) {
        TILLSTREAM_TRY(files_.Remove(paths_.Path(base, suffix)));
      }
      TILLSTREAM_TRY(files_.SyncDirectory(paths_.directory()));
    }
    if (!whole_segment) {
      TILLSTREAM_ASSIGN(
          std::unique_ptr<File> file,
          files_.Open(paths_.Path(batch.segment_base, kLogSuffix), OpenMode::kAppend));
      TILLSTREAM_TRY(file->Truncate(batch.position));
      TILLSTREAM_TRY(file->Sync());
    }
    report_.cut_at = batch.expected_offset;
    report_.actions.push_back(fmt::format("log: {}: byte {}: {}; cut, to go on at offset {}",
                                          batch.file, batch.position, batch.fault,
                                          batch.expected_offset.value()));
    return Ok();
  }

  Status RebuildIndexes() {
    TILLSTREAM_ASSIGN(const std::vector<Offset> segments, ListSegments(files_, paths_));
    for (const Offset base : segments) {
      TILLSTREAM_ASSIGN(const IndexBuilder indexes,
                        BuildIndexes(files_, paths_, base, base != segments.back()));
      TILLSTREAM_TRY(
          ReplaceIndex(files_, paths_.Path(base, kOffsetIndexSuffix), indexes.offset_index()));
      TILLSTREAM_TRY(
          ReplaceIndex(files_, paths_.Path(base, kTimeIndexSuffix), indexes.time_index()));
    }
    TILLSTREAM_TRY(RemoveOrphans(segments));
    return files_.SyncDirectory(paths_.directory());
  }

  /// Index files whose log is gone.
  Status RemoveOrphans(const std::vector<Offset>& segments) {
    TILLSTREAM_ASSIGN(const std::vector<std::string> names, files_.List(paths_.directory()));
    for (const std::string& name : names) {
      for (const char* suffix : {kOffsetIndexSuffix, kTimeIndexSuffix}) {
        const auto base = ParseSegmentFileName(name, suffix);
        if (base && !std::binary_search(segments.begin(), segments.end(), *base)) {
          TILLSTREAM_TRY(files_.Remove(JoinPath(paths_.directory(), name)));
        }
      }
    }
    return Ok();
  }

  FileSystem& files_;
  const Codec codec_;
  const SegmentPaths& paths_;
  const RegenerateBlock& regenerate_;
  const RefuseToCut& refuse_;
  RepairReport report_;
  std::vector<Stretch> stretches_;
  ByteBuffer bytes_;
  int64_t batch_count_ = 0;
};

}  // namespace

Result<RepairReport> RepairPartition(const SegmentLog& log, const TopicPartition& partition,
                                     const std::string& holder, const RegenerateBlock& regenerate,
                                     const RefuseToCut& refuse) {
  const SegmentPaths paths(log.options().directory, partition);
  TILLSTREAM_TRY(NeedPartition(log.files(), log.options().directory, partition));
  TILLSTREAM_ASSIGN(const std::unique_ptr<FileLock> lock,
                    TakePartitionLock(log.files(), log.options().directory, partition, holder));
  return PartitionRepair(log, paths, regenerate, refuse).Run(log, partition);
}

}  // namespace tillstream
