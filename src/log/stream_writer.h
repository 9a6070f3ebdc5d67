#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "log/event_log.h"
#include "log/partition_writer.h"

namespace tillstream {

/// LogWriter on segment files: the events of a store stream, and the totals behind them. A total is
/// held in memory until the events that were appended before it, to whichever partition, are
/// durable. Not thread safe.
class StreamWriter final : public LogWriter {
 public:
  /// `totals` may be null.
  StreamWriter(std::vector<std::unique_ptr<PartitionWriter>> events,
               std::unique_ptr<PartitionWriter> totals)
      : events_(std::move(events)), totals_(std::move(totals)) {}

  Position position() const override;
  Position durable_position() const override;
  int64_t EventsIn(size_t index) const override { return events_[index]->end().value(); }
  int64_t DurableEventsIn(size_t index) const override {
    return events_[index]->durable_end().value();
  }
  int64_t totals_count() const override;
  Status AppendTo(size_t index, const RecordBlock& events) override;
  Status AppendTotals(const RecordBlock& totals) override;
  Status Flush() override;
  Result<Position> Sync(std::chrono::milliseconds timeout) override;

 private:
  struct HeldTotals {
    Position events;  ///< Events that must be durable before.
    std::string bytes;
    int32_t count;
    Timestamp timestamp;
  };

  /// Remembers the first Error: everything later gets it again.
  Status Keep(Status status);
  Status AppendHeldTotals();
  Status FlushAll();
  Status SyncAll();

  const std::vector<std::unique_ptr<PartitionWriter>> events_;
  const std::unique_ptr<PartitionWriter> totals_;
  std::deque<HeldTotals> held_;
  int64_t held_count_ = 0;
  std::optional<Error> failure_;
};

}  // namespace tillstream
