#include "log/last_record.h"

#include <algorithm>

namespace tillstream {
namespace {

/// On Kafka a record and the mark of its transaction take two offsets; some more for aborted ones.
constexpr int64_t kTail = 16;
constexpr int64_t kTailGrowth = 8;

}  // namespace

Status TakeLastRecord(LogReader& reader, const std::function<Status(const RecordView&)>& take) {
  TILLSTREAM_ASSIGN(const Offset begin, reader.Begin());
  TILLSTREAM_ASSIGN(const Offset end, reader.End());
  bool is_found = false;
  for (int64_t tail = kTail; !is_found; tail *= kTailGrowth) {
    const Offset from = std::max(begin, end - tail);
    TILLSTREAM_TRY(reader.Seek(from));
    for (;;) {
      TILLSTREAM_ASSIGN(const auto records, reader.Read(std::chrono::milliseconds(0)));
      if (records.empty()) break;
      TILLSTREAM_TRY(take(records.back()));
      is_found = true;
    }
    if (from <= begin) break;
  }
  return Ok();
}

}  // namespace tillstream
