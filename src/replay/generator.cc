#include "replay/generator.h"

#include <algorithm>
#include <charconv>

#include "base/check.h"
#include "base/quantity.h"
#include "base/text.h"

namespace tillstream {
namespace {

/// More than a log is likely to hold: never by size.
constexpr int64_t kSyncBytesMax = int64_t{1} << 40;
/// Longer than any replay at full speed.
constexpr std::chrono::milliseconds kSyncIntervalMax = std::chrono::hours(24);

}  // namespace

Result<SyncPolicy> SyncPolicy::Parse(std::string_view text) {
  const size_t comma = std::min(text.find(','), text.size());
  const auto bytes = ParseByteCount(text.substr(0, comma), kSyncBytesMax);
  const auto interval =
      ParseDuration(text.substr(std::min(comma + 1, text.size())), kSyncIntervalMax);
  if (comma == text.size() || !bytes || !interval) {
    return MakeError(ErrorCode::kUsage,
                     "--sync: {} is not a size of at most 1024 GiB and a time of at most 1440 min; "
                     "write 16MiB,1s",
                     Quote(text));
  }
  return SyncPolicy{.bytes = *bytes, .interval = *interval};
}

Result<SyncPolicy> SyncPolicy::ParseCommit(std::string_view text) {
  const size_t comma = std::min(text.find(','), text.size());
  const std::string_view count = text.substr(0, comma);
  int64_t events = -1;
  const auto [end, error] = std::from_chars(count.data(), count.data() + count.size(), events);
  const bool is_count = error == std::errc() && end == count.data() + count.size() && events >= 0;
  const auto interval =
      ParseDuration(text.substr(std::min(comma + 1, text.size())), kCommitIntervalMax);
  if (comma == text.size() || !is_count || !interval) {
    return MakeError(ErrorCode::kUsage,
                     "--commit: {} is not a number of events and a time of at most {} s; write "
                     "1000000,1s",
                     Quote(text), kCommitIntervalMax.count());
  }
  return SyncPolicy{.bytes = INT64_MAX, .interval = *interval, .events = events};
}

Generator::Generator(GeneratorOptions options, std::unique_ptr<LogWriter> writer, Clock& clock)
    : options_(std::move(options)),
      rows_(static_cast<int32_t>(options_.table->series().size())),
      encoder_(*options_.table, *options_.calendar, options_.sales_schema, options_.totals_schema),
      writer_(std::move(writer)),
      clock_(clock),
      last_sync_(clock.Monotonic()) {}

Result<std::unique_ptr<Generator>> Generator::Open(GeneratorOptions options,
                                                   std::unique_ptr<LogWriter> writer,
                                                   Clock& clock) {
  std::unique_ptr<Generator> generator(new Generator(std::move(options), std::move(writer), clock));
  TILLSTREAM_TRY(generator->CheckStart());
  return generator;
}

Day Generator::next_day() const { return DayOf(writer_->position()); }

Status Generator::CheckStart() {
  const int64_t days_max = int64_t{options_.table->day_count()} - options_.from.value() + 1;
  const int64_t events_max = rows_ * days_max;
  const int64_t position = writer_->position().value();
  if (position > events_max) {
    return MakeError(ErrorCode::kRefused,
                     "store {}: the log holds {} events, the data has {}; use the data that the "
                     "run began with, or another --log or --topic",
                     store_id(), WithThousands(position), WithThousands(events_max));
  }
  const int64_t days_complete = position / rows_;
  const int64_t totals_max = options_.totals_may_lead ? days_max : days_complete;
  if (writer_->totals_count() > totals_max) {
    return MakeError(ErrorCode::kCorrupt,
                     "store {}: the log holds {} end-of-day totals for {} complete days; replay "
                     "--repair writes the events again",
                     store_id(), WithThousands(writer_->totals_count()),
                     WithThousands(days_complete));
  }
  return AppendMissingTotals();
}

Status Generator::AppendMissingTotals() {
  const int64_t days_complete = writer_->position().value() / rows_;
  for (int64_t i = writer_->totals_count(); i < days_complete; ++i) {
    const Day day = options_.from + static_cast<int32_t>(i);
    encoder_.SelectDay(day);
    TILLSTREAM_TRY(AppendTotal(day));
  }
  return Ok();
}

Status Generator::AppendTotal(Day day) {
  if (day - options_.from < writer_->totals_count()) return Ok();
  encoder_.EncodeTotal(&block_);
  TILLSTREAM_TRY(writer_->AppendTotals(block_));
  bytes_unsynced_ += static_cast<int64_t>(block_.size_bytes());
  return Ok();
}

Status Generator::WriteDay(std::chrono::nanoseconds idle_until) {
  TILLSTREAM_CHECK(!done());
  const Day day = next_day();
  encoder_.SelectDay(day);
  auto row = static_cast<int32_t>(writer_->position().value() % rows_);
  while (row < rows_) {
    row = encoder_.EncodeRows(row, &block_);
    TILLSTREAM_TRY(writer_->Append(block_));
    bytes_written_ += static_cast<int64_t>(block_.size_bytes());
    bytes_unsynced_ += static_cast<int64_t>(block_.size_bytes());
  }
  TILLSTREAM_TRY(AppendTotal(day));

  const auto next_write = std::max(clock_.Monotonic(), idle_until);
  const SyncPolicy& sync = options_.sync;
  if (bytes_unsynced_ >= sync.bytes || events_unsynced() >= sync.events ||
      next_write - last_sync_ >= sync.interval) {
    return Sync();
  }
  return Ok();
}

std::optional<std::chrono::nanoseconds> Generator::sync_due() const {
  if (events_unsynced() == 0 && bytes_unsynced_ == 0) return std::nullopt;
  return last_sync_ + options_.sync.interval;
}

Status Generator::Sync() {
  if (writer_->durable_position() != writer_->position() || bytes_unsynced_ > 0) {
    TILLSTREAM_ASSIGN(const Position durable, writer_->Sync(kSyncTimeout));
    TILLSTREAM_CHECK(durable == writer_->position());
  }
  bytes_unsynced_ = 0;
  last_sync_ = clock_.Monotonic();
  return Ok();
}

}  // namespace tillstream
