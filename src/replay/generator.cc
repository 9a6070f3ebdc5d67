#include "replay/generator.h"

#include <charconv>

#include "base/check.h"
#include "base/text.h"

namespace tillstream {
namespace {

/// Reads "16MiB" or "250ms": a whole number and one of `units`.
struct Unit {
  std::string_view name;
  int64_t factor;
};

template <size_t N>
bool ParseQuantity(std::string_view text, const Unit (&units)[N], int64_t* value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *value);
  if (error != std::errc() || *value < 0 || *value > int64_t{1} << 40) return false;
  const std::string_view name(end, static_cast<size_t>(text.data() + text.size() - end));
  for (const Unit& unit : units) {
    if (unit.name != name) continue;
    *value *= unit.factor;
    return true;
  }
  return false;
}

constexpr Unit kByteUnits[] = {{"", 1},           {"B", 1},
                               {"KiB", 1 << 10},  {"kB", 1'000},
                               {"MiB", 1 << 20},  {"MB", 1'000'000},
                               {"GiB", 1 << 30},  {"GB", 1'000'000'000}};
constexpr Unit kTimeUnits[] = {{"ms", 1}, {"s", 1'000}, {"min", 60'000}};

}  // namespace

Result<SyncPolicy> SyncPolicy::Parse(std::string_view text) {
  SyncPolicy policy;
  const size_t comma = text.find(',');
  int64_t milliseconds = 0;
  if (comma == std::string_view::npos ||
      !ParseQuantity(text.substr(0, comma), kByteUnits, &policy.bytes) ||
      !ParseQuantity(text.substr(comma + 1), kTimeUnits, &milliseconds)) {
    return MakeError(ErrorCode::kUsage, "--sync: {} is not a size and a time; write 16MiB,1s",
                     Quote(text));
  }
  policy.interval = std::chrono::milliseconds(milliseconds);
  return policy;
}

Generator::Generator(std::shared_ptr<const StoreTable> table,
                     std::shared_ptr<const Calendar> calendar, Day from, Day to,
                     SchemaId sales_schema, SchemaId totals_schema,
                     std::unique_ptr<LogWriter> writer, const SyncPolicy& sync, Clock& clock)
    : table_(std::move(table)),
      calendar_(std::move(calendar)),
      from_(from),
      to_(to),
      rows_(static_cast<int32_t>(table_->series().size())),
      encoder_(*table_, *calendar_, sales_schema, totals_schema),
      writer_(std::move(writer)),
      sync_(sync),
      clock_(clock),
      last_sync_(clock.Monotonic()) {}

Result<std::unique_ptr<Generator>> Generator::Open(
    std::shared_ptr<const StoreTable> table, std::shared_ptr<const Calendar> calendar, Day from,
    Day to, SchemaId sales_schema, SchemaId totals_schema, std::unique_ptr<LogWriter> writer,
    const SyncPolicy& sync, Clock& clock) {
  std::unique_ptr<Generator> generator(new Generator(std::move(table), std::move(calendar), from,
                                                     to, sales_schema, totals_schema,
                                                     std::move(writer), sync, clock));
  TILLSTREAM_TRY(generator->CheckStart());
  return generator;
}

Day Generator::next_day() const { return DayOf(writer_->position()); }

Status Generator::CheckStart() {
  const int64_t events_max = int64_t{rows_} * (table_->day_count() - from_.value() + 1);
  const int64_t position = writer_->position().value();
  if (position > events_max) {
    return MakeError(ErrorCode::kRefused,
                     "store {}: the log holds {} events, the data has {}; use the data that the "
                     "run began with, or another --log or --topic",
                     store_id(), WithThousands(position), WithThousands(events_max));
  }
  const int64_t days_complete = position / rows_;
  if (writer_->totals_count() > days_complete) {
    return MakeError(ErrorCode::kCorrupt,
                     "store {}: the log holds {} end-of-day totals for {} complete days; remove "
                     "the log and stream again",
                     store_id(), writer_->totals_count(), days_complete);
  }
  return AppendMissingTotals();
}

Status Generator::AppendMissingTotals() {
  const int64_t days_complete = writer_->position().value() / rows_;
  for (int64_t i = writer_->totals_count(); i < days_complete; ++i) {
    encoder_.SelectDay(from_ + static_cast<int32_t>(i));
    encoder_.EncodeTotal(&block_);
    TILLSTREAM_TRY(writer_->AppendTotals(block_));
    bytes_unsynced_ += static_cast<int64_t>(block_.size_bytes());
  }
  return Ok();
}

Status Generator::WriteDay(std::chrono::nanoseconds idle_until) {
  TILLSTREAM_CHECK(!done());
  const int64_t position = writer_->position().value();
  encoder_.SelectDay(DayOf(writer_->position()));
  auto row = static_cast<int32_t>(position % rows_);
  while (row < rows_) {
    row = encoder_.EncodeRows(row, &block_);
    TILLSTREAM_TRY(writer_->Append(block_));
    bytes_written_ += static_cast<int64_t>(block_.size_bytes());
    bytes_unsynced_ += static_cast<int64_t>(block_.size_bytes());
  }
  encoder_.EncodeTotal(&block_);
  TILLSTREAM_TRY(writer_->AppendTotals(block_));

  const auto next_write = std::max(clock_.Monotonic(), idle_until);
  if (bytes_unsynced_ >= sync_.bytes || next_write - last_sync_ >= sync_.interval) return Sync();
  return Ok();
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
