#include "consume/totals_publisher.h"

#include <fmt/format.h>

#include "base/text.h"
#include "log/last_record.h"

namespace tillstream {
namespace {

/// A batch of totals ends behind so many records or bytes, counted from its period's begin, so that
/// the same totals are the same batches.
constexpr int32_t kBatchRecordsMax = 1000;
constexpr size_t kBatchEndBytes = size_t{256} << 10;

constexpr std::chrono::seconds kSyncTimeout{30};

/// The value of the last record of a partition; empty when there is none.
Result<std::string> LastValue(EventLog& log, const TopicPartition& partition) {
  TILLSTREAM_ASSIGN(const auto reader, log.OpenReader(partition));
  std::string last;
  TILLSTREAM_TRY(TakeLastRecord(*reader, [&](const RecordView& record) {
    last = record.value;
    return Ok();
  }));
  return last;
}

}  // namespace

std::string DescribeTotals(const TotalsShape& shape, const std::string& source) {
  std::vector<std::string_view> names;
  for (const TotalsDimension dimension : shape.dimensions) {
    names.push_back(DimensionName(dimension));
  }
  return fmt::format("totals by {} a {} of topic {}, top {}", fmt::join(names, ", "),
                     PeriodName(shape.period), source, shape.top);
}

TotalsPublisher::TotalsPublisher(TotalsPublisherOptions options, std::unique_ptr<LogWriter> writer)
    : options_(std::move(options)),
      encoder_(options_.schema, options_.shape, DescribeTotals(options_.shape, options_.source)),
      writer_(std::move(writer)) {}

Result<std::unique_ptr<TotalsPublisher>> TotalsPublisher::Open(EventLog& log,
                                                               TotalsPublisherOptions options) {
  TILLSTREAM_TRY(log.CreateTopic({options.topic, 1}));
  WriterSpec spec;
  spec.events = {{options.topic, PartitionId(0)}};
  spec.holder = options.holder;
  spec.stream = "totals";
  spec.identity = DescribeTotals(options.shape, options.source);
  const TopicPartition partition = spec.events.front();
  TILLSTREAM_ASSIGN(auto writer, log.OpenWriter(spec));
  std::unique_ptr<TotalsPublisher> publisher(
      new TotalsPublisher(std::move(options), std::move(writer)));
  publisher->records_found_ = publisher->writer_->position().value();
  if (publisher->records_found_ > 0) {
    TILLSTREAM_ASSIGN(publisher->last_found_, LastValue(log, partition));
    TILLSTREAM_TRY(publisher->CheckSource());
  }
  return publisher;
}

Status TotalsPublisher::CheckSource() const {
  const auto found = SourceOf(last_found_);
  const std::string wanted = DescribeTotals(options_.shape, options_.source);
  if (found && *found == wanted) return Ok();
  return MakeError(ErrorCode::kRefused,
                   "topic {}: has {}, needed {}; use the options that it began with, or another "
                   "topic",
                   Quote(options_.topic), found ? *found : "records that are no totals", wanted);
}

Status TotalsPublisher::Append(const RecordBlock& block) {
  const int64_t begin = records_made_;
  records_made_ += block.record_count();
  if (records_made_ <= records_found_) return Ok();
  // A batch is there as a whole or not at all.
  if (begin < records_found_) {
    return MakeError(ErrorCode::kRefused,
                     "topic {}: ends within a batch, at record {}; use another",
                     Quote(options_.topic), records_found_);
  }
  TILLSTREAM_TRY(writer_->Append(block));
  records_published_ += block.record_count();
  is_synced_ = false;
  return Ok();
}

Status TotalsPublisher::Publish(const PeriodTotals& totals, bool* is_new) {
  const int64_t published_before = records_published_;
  RecordBlock block;
  block.Clear(StartOf(totals.begin));
  std::string key;
  std::string value;
  for (const GroupTotals& group : totals.groups) {
    key.clear();
    value.clear();
    encoder_.AppendKey(group, &key);
    encoder_.AppendValue(totals, group, &value);
    if (records_made_ + block.record_count() == records_found_ - 1 && value != last_found_) {
      return MakeError(ErrorCode::kRefused,
                       "topic {}: record {} is another one than the stream makes; was that made "
                       "from other data? use another topic",
                       Quote(options_.topic), records_found_ - 1);
    }
    block.Append(key, value);
    if (block.record_count() < kBatchRecordsMax && block.size_bytes() < kBatchEndBytes) continue;
    TILLSTREAM_TRY(Append(block));
    block.Clear(StartOf(totals.begin));
  }
  if (!block.empty()) TILLSTREAM_TRY(Append(block));
  *is_new = records_published_ > published_before;
  return Ok();
}

Status TotalsPublisher::Sync() {
  if (is_synced_) return Ok();
  const auto synced = writer_->Sync(kSyncTimeout);
  if (!synced) return synced.error();
  is_synced_ = true;
  return Ok();
}

}  // namespace tillstream
