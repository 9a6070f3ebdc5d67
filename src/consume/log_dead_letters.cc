#include "consume/log_dead_letters.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "log/last_record.h"
#include "log/record_batch.h"
#include "log/whole_record.h"

namespace tillstream {
namespace {

/// A batch is written when it has so many bytes; a single record may be larger.
constexpr size_t kLetterBatchBytes = size_t{256} << 10;

constexpr std::chrono::seconds kLetterSyncTimeout{30};

/// Records of a topic that holds something else would not be read for what they are.
Status CheckIsForDeadLetters(EventLog& log, const TopicPartition& partition) {
  TILLSTREAM_ASSIGN(const auto reader, log.OpenReader(partition));
  return TakeLastRecord(*reader, [&](const RecordView& record) -> Status {
    const bool is_letter =
        std::any_of(record.headers.begin(), record.headers.end(),
                    [](const HeaderView& header) { return header.key == kDeadTopicHeader; });
    if (is_letter) return Ok();
    return MakeError(ErrorCode::kRefused,
                     "topic {}: holds records that are no dead letters; name another for them",
                     Quote(partition.topic));
  });
}

}  // namespace

Result<std::unique_ptr<LogDeadLetters>> LogDeadLetters::Open(EventLog& log,
                                                             const std::string& topic,
                                                             const std::string& holder) {
  TILLSTREAM_TRY(log.CreateTopic({topic, 1}));
  TILLSTREAM_TRY(CheckIsForDeadLetters(log, {topic, PartitionId(0)}));
  WriterSpec spec;
  spec.events = {{topic, PartitionId(0)}};
  spec.holder = holder;
  TILLSTREAM_ASSIGN(auto writer, log.OpenWriter(spec));
  return std::unique_ptr<LogDeadLetters>(new LogDeadLetters(std::move(writer)));
}

Status LogDeadLetters::Put(const DeadLetter& letter) {
  const RecordView& record = letter.record;
  const auto& headers = headers_.Make(letter);
  const size_t size = WholeSizeMax(record.key, record.value, headers);
  if (size > kBatchBytesMax - kBatchHeaderBytes) {
    return MakeError(ErrorCode::kBadInput,
                     "{} offset {}: a record of {} cannot be kept in a topic, which takes {}; keep "
                     "such records in a folder (--on-error dlq:DIR/)",
                     letter.partition.ToString(), record.offset.value(),
                     HumanBytes(static_cast<int64_t>(size)),
                     HumanBytes(static_cast<int64_t>(kBatchBytesMax)));
  }
  // A block has one timestamp.
  if (!block_.empty() &&
      (block_.timestamp() != record.timestamp || block_.size_bytes() + size > kLetterBatchBytes)) {
    TILLSTREAM_TRY(AppendBlock());
  }
  if (block_.empty()) block_.Clear(record.timestamp);
  AppendWhole(record, headers, &block_);
  return Ok();
}

Status LogDeadLetters::AppendBlock() {
  if (block_.empty()) return Ok();
  TILLSTREAM_TRY(writer_->Append(block_));
  block_.Clear(Timestamp(0));
  return Ok();
}

Status LogDeadLetters::Sync() {
  TILLSTREAM_TRY(AppendBlock());
  if (writer_->durable_position() == writer_->position()) return Ok();
  const auto synced = writer_->Sync(kLetterSyncTimeout);
  return synced ? Ok() : Status(synced.error());
}

}  // namespace tillstream
