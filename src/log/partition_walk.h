#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "log/record_batch.h"
#include "log/record_block.h"
#include "log/segment_log.h"

namespace tillstream {

enum class BatchCondition {
  kGood,
  kDamaged,     ///< Bytes that are not the batch that should stand there.
  kUnfinished,  ///< The end of the log: torn by a crash, or being written now.
};

/// A batch of a partition, or a stretch of bytes that should be one or more.
struct WalkedBatch {
  BatchCondition condition = BatchCondition::kGood;
  Offset segment_base;
  std::string file;                     ///< "sales-3/00000000000000000000.log".
  int64_t position = 0;                 ///< In the file, of the first byte.
  int64_t size_bytes = 0;               ///< Up to the next good batch, or the end of the file.
  Offset expected_offset;               ///< Base offset that the batch has or should have.
  BatchHeader header;                   ///< When the condition is kGood.
  int64_t uncompressed_bytes = 0;       ///< When kGood: the size that it has with codec none.
  std::span<const RecordView> records;  ///< When kGood; valid during the call.
  std::string fault;                    ///< When not kGood: what was found, needed.
};

/// Calls `visit` for everything that stands in a partition, in order, behind damage as well; ends
/// early when it returns false. Each batch is checked whole: header, CRC, framing. Takes no lock.
///
/// A segment whose first offset does not follow on the one before it, or is not 0 at the beginning,
/// is visited as damage of no bytes at its beginning.
///
/// Errors: kNotFound, kIoError; damage is none.
Status WalkPartition(const SegmentLog& log, const TopicPartition& partition,
                     const std::function<bool(const WalkedBatch&)>& visit);

}  // namespace tillstream
