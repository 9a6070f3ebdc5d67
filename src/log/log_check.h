#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "log/partition_walk.h"
#include "log/segment_log.h"

namespace tillstream {

/// What is wrong with a file of a partition.
struct LogProblem {
  enum class Kind {
    kDamaged,     ///< Batches that are lost until they are written again.
    kIndex,       ///< An index that is not what the log says. No reader trusts it.
    kUnfinished,  ///< An unfinished end of a log or an index: the next writer cuts it.
  };
  Kind kind = Kind::kDamaged;
  std::string file;      ///< "sales-3/00000000000000000000.log".
  int64_t position = 0;  ///< Of the first wrong byte.
  std::string text;      ///< Found, needed.

  /// "log: sales-3/00000000000000000000.log: byte 261234: <text>".
  std::string ToString() const;
};

/// What every byte of a partition adds up to.
struct PartitionReport {
  TopicPartition partition;
  int64_t segment_count = 0;
  int64_t batch_count = 0;
  int64_t record_count = 0;
  int64_t log_bytes = 0;           ///< Of good batches, as stored.
  int64_t uncompressed_bytes = 0;  ///< The same batches without compression.
  int64_t index_bytes = 0;
  Offset begin;                            ///< Offset of the first good record.
  Offset end;                              ///< One past the last.
  std::optional<Timestamp> timestamp_min;  ///< Of all good records; nothing when there is none.
  std::optional<Timestamp> timestamp_max;
  std::vector<LogProblem> problems;  ///< The first kProblemsMax.
  int64_t problem_count = 0;

  /// Whether anything is wrong but an unfinished end.
  bool has_damage = false;
};

/// Problems of one partition that are kept: beyond, they are counted.
inline constexpr int64_t kProblemsMax = 100;

/// Checks every byte of a partition: batches, CRCs, framing, offsets, and the indexes against the
/// batches. Only the last segment's indexes may be missing, or be behind the log. Takes no lock.
/// Errors: kNotFound, kIoError.
Result<PartitionReport> CheckPartition(const SegmentLog& log, const TopicPartition& partition);

/// What RepairPartition() did.
struct RepairReport {
  int64_t batches_checked = 0;
  int64_t batches_rewritten = 0;
  std::optional<Offset> cut_at;      ///< Records from here on were removed: a replay goes on there.
  std::vector<std::string> actions;  ///< One line each, as a message.
};

/// Makes the block whose batch begins at `base` once more.
using RegenerateBlock = std::function<Status(Offset base, RecordBlock* block)>;

/// The error that stands for the damage at `base` when it may not be cut.
using RefuseToCut = std::function<Error(Offset base)>;

/// Repairs a partition under its writer's lock. Damaged batches are written again in place where
/// what `regenerate` gives, encoded with the log's codec or another, has exactly as many bytes as
/// they had. Where it has not, the partition is cut before the damage; with `refuse` its error is
/// returned instead, before anything is written, and only an unfinished end is cut. All indexes are
/// rebuilt. On success everything is durable and CheckPartition() finds nothing.
///
/// Errors: kRefused when a writer holds the partition, kNotFound, kIoError, those of `regenerate`
/// and `refuse`.
/// After one the partition is no worse than before; call again.
Result<RepairReport> RepairPartition(const SegmentLog& log, const TopicPartition& partition,
                                     const std::string& holder, const RegenerateBlock& regenerate,
                                     const RefuseToCut& refuse = {});

}  // namespace tillstream
