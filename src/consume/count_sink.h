#pragma once

#include <cstdint>

#include "consume/event_sink.h"

namespace tillstream {

/// What events add up to. Every field of a SalesRecord has its part in a sum, so that two streams
/// with the same sums are very likely the same, and so that nothing is left undecoded.
struct EventCounts {
  int64_t events = 0;
  int64_t units = 0;
  int64_t revenue_cents = 0;    ///< Units x price over the events that have a price.
  int64_t unpriced_events = 0;  ///< Without a price.
  int64_t zero_events = 0;      ///< With no unit sold.
  int64_t day_sum = 0;          ///< Sum of day numbers.
  int64_t text_bytes = 0;       ///< Bytes of the five texts.
  int64_t totals = 0;           ///< End-of-day totals.
  int64_t total_units = 0;      ///< Units in those.
  int64_t other = 0;            ///< Records that are neither.
};

/// Adds up events and writes nothing.
class CountSink final : public EventSink {
 public:
  Status Put(const TopicPartition& partition, const RecordView& record,
             const Event& event) override;
  Status Flush() override { return Ok(); }

  const EventCounts& counts() const { return counts_; }

 private:
  EventCounts counts_;
};

}  // namespace tillstream
