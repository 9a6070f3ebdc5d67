#include "log/log_check.h"

#include <algorithm>

#include "log/segment_files.h"
#include "log/segment_index.h"

namespace tillstream {
namespace {

/// Collects what WalkPartition() shows, and compares the indexes at the end of each segment.
class PartitionCheck {
 public:
  PartitionCheck(FileSystem& files, const SegmentPaths& paths, PartitionReport* report)
      : files_(files), paths_(paths), report_(*report) {}

  void Visit(const WalkedBatch& batch) {
    if (builders_.empty() || builders_.back().base != batch.segment_base) {
      builders_.push_back({batch.segment_base, IndexBuilder(batch.segment_base), true});
    }
    Segment& segment = builders_.back();
    if (batch.condition == BatchCondition::kGood) {
      segment.indexes.Add(batch.header, batch.position);
      Count(batch);
      return;
    }
    segment.whole = segment.whole && batch.condition == BatchCondition::kUnfinished;
    Report(batch.condition == BatchCondition::kUnfinished ? LogProblem::Kind::kUnfinished
                                                          : LogProblem::Kind::kDamaged,
           batch.file, batch.position, batch.fault);
  }

  Status CheckIndexes(const std::vector<Offset>& segments) {
    for (const Offset base : segments) {
      const bool is_last = base == segments.back();
      const auto at = std::find_if(builders_.begin(), builders_.end(),
                                   [&](const Segment& segment) { return segment.base == base; });
      // Without its batches nobody knows what the index of a segment should be.
      if (at != builders_.end() && !at->whole) continue;
      IndexBuilder indexes = at == builders_.end() ? IndexBuilder(base) : std::move(at->indexes);
      // The last segment is sealed before the next one is there: a crash may lie between.
      indexes.Seal();
      TILLSTREAM_TRY(CheckIndex(base, kOffsetIndexSuffix, indexes.offset_index(), is_last));
      TILLSTREAM_TRY(CheckIndex(base, kTimeIndexSuffix, indexes.time_index(), is_last));
    }
    return CheckOrphans(segments);
  }

 private:
  struct Segment {
    Offset base;
    IndexBuilder indexes;
    bool whole;  ///< All of its batches are good.
  };

  void Count(const WalkedBatch& batch) {
    if (report_.batch_count == 0) report_.begin = batch.header.base_offset;
    ++report_.batch_count;
    report_.record_count += batch.header.record_count;
    report_.log_bytes += batch.size_bytes;
    report_.uncompressed_bytes += batch.uncompressed_bytes;
    report_.end = batch.header.next_offset();
    for (const RecordView& record : batch.records) {
      const Timestamp time = record.timestamp;
      report_.timestamp_min = std::min(report_.timestamp_min.value_or(time), time);
      report_.timestamp_max = std::max(report_.timestamp_max.value_or(time), time);
    }
  }

  Status CheckIndex(Offset base, std::string_view suffix, std::string_view needed, bool is_last) {
    const std::string file = paths_.name() + "/" + SegmentFileName(base, suffix);
    const Result<std::string> found = ReadFile(files_, paths_.Path(base, suffix));
    if (!found && found.error().code == ErrorCode::kNotFound) {
      if (!is_last) Report(LogProblem::Kind::kIndex, file, 0, "missing");
      return Ok();
    }
    if (!found) return found.error();
    report_.index_bytes += static_cast<int64_t>(found->size());
    const auto [here, there] =
        std::mismatch(found->begin(), found->end(), needed.begin(), needed.end());
    const int64_t position = here - found->begin();
    if (is_last && here != found->end() &&
        std::all_of(here, found->end(), [](char c) { return c == 0; })) {
      // Entries are not synced with their batches: a power cut may keep the size of the file
      // without what was to be in it.
      Report(LogProblem::Kind::kUnfinished, file, position, "zeros to the end");
    } else if (here != found->end()) {
      const char* what = there == needed.end() ? "more entries than the log has batches for"
                                               : "an entry that the log does not bear out";
      Report(LogProblem::Kind::kIndex, file, position, what);
    } else if (there != needed.end() && !is_last) {
      Report(LogProblem::Kind::kIndex, file, position,
             fmt::format("ends here, needed {} bytes", needed.size()));
    }
    return Ok();
  }

  Status CheckOrphans(const std::vector<Offset>& segments) {
    TILLSTREAM_ASSIGN(const std::vector<std::string> names, files_.List(paths_.directory()));
    for (const std::string& name : names) {
      for (const char* suffix : {kOffsetIndexSuffix, kTimeIndexSuffix}) {
        const auto base = ParseSegmentFileName(name, suffix);
        if (base && !std::binary_search(segments.begin(), segments.end(), *base)) {
          Report(LogProblem::Kind::kIndex, paths_.name() + "/" + name, 0, "has no log file");
        }
      }
    }
    return Ok();
  }

  void Report(LogProblem::Kind kind, const std::string& file, int64_t position,
              const std::string& text) {
    ++report_.problem_count;
    if (kind != LogProblem::Kind::kUnfinished) report_.has_damage = true;
    if (report_.problem_count <= kProblemsMax) {
      report_.problems.push_back({kind, file, position, text});
    }
  }

  FileSystem& files_;
  const SegmentPaths& paths_;
  PartitionReport& report_;
  std::vector<Segment> builders_;
};

}  // namespace

std::string LogProblem::ToString() const {
  return fmt::format("log: {}: byte {}: {}", file, position, text);
}

Result<PartitionReport> CheckPartition(const SegmentLog& log, const TopicPartition& partition) {
  PartitionReport report;
  report.partition = partition;
  TILLSTREAM_TRY(NeedPartition(log.files(), log.options().directory, partition));
  const SegmentPaths paths(log.options().directory, partition);
  // Listed before the walk: a segment that a live writer adds meanwhile is left for the next check.
  TILLSTREAM_ASSIGN(const std::vector<Offset> segments, ListSegments(log.files(), paths));
  report.segment_count = static_cast<int64_t>(segments.size());
  PartitionCheck check(log.files(), paths, &report);
  TILLSTREAM_TRY(WalkPartition(log, partition, [&](const WalkedBatch& batch) {
    check.Visit(batch);
    return true;
  }));
  TILLSTREAM_TRY(check.CheckIndexes(segments));
  return report;
}

}  // namespace tillstream
