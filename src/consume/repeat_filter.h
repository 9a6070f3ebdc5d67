#pragma once

#include <cstdint>
#include <optional>

#include "log/record_block.h"

namespace tillstream {

/// Knows the repeats in one partition of an at-least-once stream by their sequence headers
/// (docs/formats/sequence_header.md): whatever is below the next index that is expected.
class RepeatFilter {
 public:
  struct Verdict {
    bool is_repeat = false;
    int64_t missing_before = 0;  ///< Indexes that were left out just before the record.
  };

  /// Takes note of a record, and says what it is. A record without a header is no repeat, and the
  /// first one with a header may have any index.
  Verdict Judge(const RecordView& record);

  /// The next index; none as long as no record had one.
  std::optional<int64_t> next() const { return next_; }

 private:
  std::optional<int64_t> next_;
};

}  // namespace tillstream
