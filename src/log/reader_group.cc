#include "log/reader_group.h"

#include "base/hash.h"

namespace tillstream {

RecordMark MarkOf(const RecordView& record) {
  const uint64_t of_key = Hash64(record.key, static_cast<uint64_t>(record.timestamp.value()));
  return {record.offset, Hash64(record.value, of_key)};
}

}  // namespace tillstream
