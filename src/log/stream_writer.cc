#include "log/stream_writer.h"

#include "base/check.h"

namespace tillstream {

int64_t StreamWriter::totals_count() const {
  return (totals_ ? totals_->end().value() : 0) + held_count_;
}

Status StreamWriter::Append(const RecordBlock& events) {
  if (failure_) return *failure_;
  return Keep(events_->Append(FramedRecords::Of(events)));
}

Status StreamWriter::AppendTotals(const RecordBlock& totals) {
  TILLSTREAM_CHECK(totals_ != nullptr);
  TILLSTREAM_CHECK(!totals.empty());
  if (failure_) return *failure_;
  held_.push_back(
      {events_->end(), std::string(totals.bytes()), totals.record_count(), totals.timestamp()});
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
  while (!held_.empty() && held_.front().events_end <= events_->durable_end()) {
    const HeldTotals& totals = held_.front();
    TILLSTREAM_TRY(totals_->Append({totals.bytes, totals.count, totals.timestamp}));
    held_count_ -= totals.count;
    held_.pop_front();
  }
  return Ok();
}

Status StreamWriter::FlushAll() {
  TILLSTREAM_TRY(events_->Flush());
  if (totals_ == nullptr) return Ok();
  TILLSTREAM_TRY(AppendHeldTotals());
  return totals_->Flush();
}

Status StreamWriter::SyncAll() {
  TILLSTREAM_TRY(events_->Sync());
  if (totals_ == nullptr) return Ok();
  TILLSTREAM_TRY(AppendHeldTotals());
  return totals_->Sync();
}

}  // namespace tillstream
