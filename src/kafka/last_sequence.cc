#include "kafka/last_sequence.h"

#include <algorithm>

#include "kafka/kafka_reader.h"
#include "kafka/kafka_waits.h"
#include "log/sequence_header.h"

namespace tillstream {
namespace {

/// The last offset is a record, unless another program's transactions left their marks there.
constexpr int64_t kTailRecords = 4;
constexpr int64_t kTailGrowth = 32;

struct Last {
  Offset offset;
  std::optional<int64_t> sequence;
};

/// The last record in [begin, the end).
Result<std::optional<Last>> LastFrom(KafkaReader& reader, Offset begin) {
  TILLSTREAM_TRY(reader.Seek(begin));
  std::optional<Last> last;
  for (;;) {
    TILLSTREAM_ASSIGN(const auto records, reader.Read(kNoWait));
    if (records.empty()) return last;
    last = Last{records.back().offset, SequenceOf(records.back())};
  }
}

}  // namespace

Result<std::optional<int64_t>> ReadLastSequence(const KafkaConfig& config,
                                                const TopicPartition& partition, Clock& clock) {
  TILLSTREAM_ASSIGN(const auto reader, KafkaReader::Open(config, partition, clock));
  TILLSTREAM_ASSIGN(const Offset begin, reader->Begin());
  TILLSTREAM_ASSIGN(const Offset end, reader->End());
  for (int64_t tail = kTailRecords;; tail *= kTailGrowth) {
    const Offset from = std::max(begin, end - tail);
    TILLSTREAM_ASSIGN(const std::optional<Last> last, LastFrom(*reader, from));
    if (!last && from > begin) continue;
    if (!last) return std::optional<int64_t>();
    if (last->sequence) return last->sequence;
    return MakeError(ErrorCode::kRefused,
                     "kafka: {}: its last record (offset {}) has no header \"{}\", so it was not "
                     "written at least once; use another topic, or the --positions that wrote it",
                     partition.ToString(), last->offset.value(), kSequenceHeader);
  }
}

}  // namespace tillstream
