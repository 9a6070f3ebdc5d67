#include "consume/repeat_filter.h"

#include "log/sequence_header.h"

namespace tillstream {

RepeatFilter::Verdict RepeatFilter::Judge(const RecordView& record) {
  const std::optional<int64_t> sequence = SequenceOf(record);
  Verdict verdict;
  if (!sequence) return verdict;
  if (next_ && *sequence < *next_) {
    verdict.is_repeat = true;
    return verdict;
  }
  if (next_) verdict.missing_before = *sequence - *next_;
  next_ = *sequence + 1;
  return verdict;
}

}  // namespace tillstream
