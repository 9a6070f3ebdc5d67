#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "log/record_batch.h"
#include "model/ids.h"

namespace tillstream {

/// An index entry is due when more than this many bytes of batches stand before the batch since the
/// last; Kafka's index.interval.bytes.
inline constexpr int64_t kIndexIntervalBytes = 4096;

/// Bytes of an entry: relative offset and position; timestamp and relative offset.
inline constexpr size_t kOffsetEntryBytes = 8;
inline constexpr size_t kTimeEntryBytes = 12;

/// The two indexes of a segment as a function of its batches alone, by the rule that Kafka rebuilds
/// them with: docs/formats/segment_log.md.
class IndexBuilder {
 public:
  explicit IndexBuilder(Offset segment_base) : segment_base_(segment_base) {}

  /// Takes the next batch of the segment, which stands at `position`.
  void Add(const BatchHeader& batch, int64_t position);
  /// The segment is whole: the time index gets its last entry.
  void Seal();

  /// Bytes of the entries so far, those before the last ClearPending() excluded.
  const std::string& offset_index() const { return offset_index_; }
  const std::string& time_index() const { return time_index_; }
  void ClearPending() {
    offset_index_.clear();
    time_index_.clear();
  }

 private:
  void AddTimeEntry();

  Offset segment_base_;
  int64_t last_entry_position_ = 0;
  Timestamp max_timestamp_{-1};
  Offset max_timestamp_offset_{-1};
  Timestamp last_entry_timestamp_{-1};
  std::string offset_index_;
  std::string time_index_;
};

struct OffsetEntry {
  Offset last_offset;    ///< Of the batch at `position`.
  int64_t position = 0;  ///< In the .log file.
};
struct TimeEntry {
  Timestamp max_timestamp;  ///< Of all batches up to the one that ends at `last_offset`.
  Offset last_offset;
};

/// The entries of an index file; nothing when its bytes cannot be an index: a size that is no
/// multiple of an entry's, or entries that do not ascend. What is returned is still only a hint.
std::optional<std::vector<OffsetEntry>> ParseOffsetIndex(std::string_view bytes, Offset base);
std::optional<std::vector<TimeEntry>> ParseTimeIndex(std::string_view bytes, Offset base);

}  // namespace tillstream
