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
      encoder_(options_.source),
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

int64_t Generator::DaysIn(size_t partition, int64_t events) const {
  const int64_t a_day = encoder_.round()[partition];
  return a_day == 0 ? INT32_MAX : events / a_day;
}

Day Generator::next_day() const {
  int64_t days = INT32_MAX;
  for (size_t p = 0; p < encoder_.round().size(); ++p) {
    days = std::min(days, DaysIn(p, writer_->EventsIn(p)));
  }
  return options_.from + static_cast<int32_t>(days);
}

Day Generator::durable_day() const {
  int64_t days = INT32_MAX;
  for (size_t p = 0; p < encoder_.round().size(); ++p) {
    days = std::min(days, DaysIn(p, writer_->DurableEventsIn(p)));
  }
  return options_.from + static_cast<int32_t>(days);
}

Status Generator::CheckStart() {
  const int64_t days_max =
      int64_t{options_.source.tables.front()->day_count()} - options_.from.value() + 1;
  for (size_t p = 0; p < encoder_.round().size(); ++p) {
    if (writer_->EventsIn(p) <= encoder_.round()[p] * days_max) continue;
    return MakeError(ErrorCode::kRefused,
                     "store {}: the log holds {} events, the data has {}; use the data that the "
                     "run began with, or another --log or --topic",
                     name(), WithThousands(writer_->position().value()),
                     WithThousands(encoder_.events_a_day() * days_max));
  }
  const int64_t complete = CompleteTotals();
  const int64_t totals_max =
      options_.totals_may_lead ? days_max * static_cast<int64_t>(encoder_.table_count()) : complete;
  if (writer_->totals_count() > totals_max) {
    return MakeError(ErrorCode::kCorrupt,
                     "store {}: the log holds {} end-of-day totals for {} complete days; replay "
                     "--repair writes the events again",
                     name(), WithThousands(writer_->totals_count()), WithThousands(complete));
  }
  return AppendMissingTotals();
}

int64_t Generator::CompleteTotals() const {
  const int64_t days = next_day() - options_.from;
  int64_t totals = days * static_cast<int64_t>(encoder_.table_count());
  for (const StreamEncoder::Section& section : encoder_.sections()) {
    const int64_t before = days * encoder_.round()[section.partition];
    if (writer_->EventsIn(section.partition) < before + section.end) break;
    if (section.ends_table) ++totals;
  }
  return totals;
}

Status Generator::AppendMissingTotals() {
  const auto table_count = static_cast<int64_t>(encoder_.table_count());
  const int64_t complete = CompleteTotals();
  for (int64_t i = writer_->totals_count(); i < complete; ++i) {
    const Day day = options_.from + static_cast<int32_t>(i / table_count);
    encoder_.SelectDay(day);
    TILLSTREAM_TRY(AppendTotal(static_cast<size_t>(i % table_count), day));
  }
  return Ok();
}

Status Generator::AppendTotal(size_t table, Day day) {
  const int64_t index = (day - options_.from) * static_cast<int64_t>(encoder_.table_count()) +
                        static_cast<int64_t>(table);
  if (index < writer_->totals_count()) return Ok();
  encoder_.EncodeTotal(table, &block_);
  TILLSTREAM_TRY(writer_->AppendTotals(block_));
  bytes_unsynced_ += static_cast<int64_t>(block_.size_bytes());
  return Ok();
}

Status Generator::WriteDay(std::chrono::nanoseconds idle_until) {
  TILLSTREAM_CHECK(!done());
  const Day day = next_day();
  encoder_.SelectDay(day);
  for (const StreamEncoder::Section& section : encoder_.sections()) {
    TILLSTREAM_TRY(WriteSection(section, day));
    if (section.ends_table) TILLSTREAM_TRY(AppendTotal(section.table, day));
  }

  const auto next_write = std::max(clock_.Monotonic(), idle_until);
  const SyncPolicy& sync = options_.sync;
  if (bytes_unsynced_ >= sync.bytes || events_unsynced() >= sync.events ||
      next_write - last_sync_ >= sync.interval) {
    return Sync();
  }
  return Ok();
}

Status Generator::WriteSection(const StreamEncoder::Section& section, Day day) {
  const size_t partition = section.partition;
  const int64_t before = (day - options_.from) * encoder_.round()[partition];
  // After a crash one partition may be days ahead of another.
  int64_t index = std::max(section.begin, writer_->EventsIn(partition) - before);
  while (index < section.end) {
    index = encoder_.Encode(section, index, &block_);
    TILLSTREAM_TRY(writer_->AppendTo(partition, block_));
    bytes_written_ += static_cast<int64_t>(block_.size_bytes());
    bytes_unsynced_ += static_cast<int64_t>(block_.size_bytes());
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
