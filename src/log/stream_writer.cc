#include "log/stream_writer.h"

#include "base/check.h"

namespace tillstream {

Position StreamWriter::position() const {
  Position sum;
  for (const auto& partition : events_) sum = sum + partition->end().value();
  return sum;
}

Position StreamWriter::durable_position() const {
  Position sum;
  for (const auto& partition : events_) sum = sum + partition->durable_end().value();
  return sum;
}

int64_t StreamWriter::totals_count() const {
  return (totals_ ? totals_->end().value() : 0) + held_count_;
}

Status StreamWriter::AppendTo(size_t index, const RecordBlock& events) {
  if (failure_) return *failure_;
  return Keep(events_[index]->Append(FramedRecords::Of(events)));
}

Status StreamWriter::AppendTotals(const RecordBlock& totals) {
  TILLSTREAM_CHECK(totals_ != nullptr);
  TILLSTREAM_CHECK(!totals.empty());
  if (failure_) return *failure_;
  held_.push_back(
      {position(), std::string(totals.bytes()), totals.record_count(), totals.timestamp()});
  held_count_ += totals.record_count();
  return Ok();
}

Status StreamWriter::Flush() {
  if (failure_) return *failure_;
  return Keep(FlushAll());
}

Result<Position> StreamWriter::Sync(std::chrono::milliseconds /*timeout*/) {
  if (failure_) return *failure_;
  TILLSTREAM_TRY(Keep(SyncAll()));
  return durable_position();
}

Status StreamWriter::Keep(Status status) {
  if (!status) failure_ = status.error();
  return status;
}

Status StreamWriter::AppendHeldTotals() {
  // Partitions are synced together, so as many durable events as there were then are those.
  while (!held_.empty() && held_.front().events <= durable_position()) {
    const HeldTotals& totals = held_.front();
    TILLSTREAM_TRY(totals_->Append({totals.bytes, totals.count, totals.timestamp}));
    held_count_ -= totals.count;
    held_.pop_front();
  }
  return Ok();
}

Status StreamWriter::FlushAll() {
  for (const auto& partition : events_) TILLSTREAM_TRY(partition->Flush());
  if (totals_ == nullptr) return Ok();
  TILLSTREAM_TRY(AppendHeldTotals());
  return totals_->Flush();
}

Status StreamWriter::SyncAll() {
  for (const auto& partition : events_) TILLSTREAM_TRY(partition->Sync());
  if (totals_ == nullptr) return Ok();
  TILLSTREAM_TRY(AppendHeldTotals());
  return totals_->Sync();
}

}  // namespace tillstream
