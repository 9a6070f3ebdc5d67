#pragma once

#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "kafka/acknowledged_prefix.h"
#include "kafka/kafka_client.h"
#include "kafka/produce_record.h"
#include "log/event_log.h"
#include "log/position_store.h"

namespace tillstream {

struct AtLeastOnceWriterOptions {
  KafkaConfig config;
  WriterSpec spec;
  std::string owner;  ///< An id that no other writer has or had.
  /// Messages that wait for a broker; a full queue makes Append() wait.
  int64_t queue_bytes_max = int64_t{16} << 20;
  /// Where the position is kept, and by which a writer notices that it was replaced; it must
  /// outlive the writer. None: the position is that of the partition's last record, and nothing
  /// keeps two writers apart.
  PositionStore* store = nullptr;
};

/// Writes one store stream to Kafka, at least once: nothing is lost, and after a crash the next
/// writer repeats the end. Not thread safe.
///
/// Every record has its index in the stream in a header (sequence_header.h). The indexes in a
/// partition never leave one out, whatever is repeated, so a reader that drops what is below the
/// next one it expects sees each once.
///
/// Appended is in a queue here; flushed is nothing of its own; durable is acknowledged by all
/// in-sync replicas, without anything missing before it. Totals wait here until the events before
/// them are durable.
///
/// With a store, the position is written there up to what is durable, at most once every
/// kStorePositionEvery (kafka_log.h), and when the writer is destroyed without a failure. Append()
/// and Sync() wait for it: while the store is away nothing more is appended.
///
/// What ends a writer (it then says the same to every call, and purges what waits):
/// - kRefused: another writer of the stream has stored its position.
/// - kUnavailable: messages could not be delivered in time, the client stopped on a fatal error, or
///   the store did not answer. Open again: the new writer starts from the position.
/// - kBadInput: the broker does not take a record; others: see the message.
///
/// kTimedOut from Sync() does not end it.
///
/// A client of its own with its threads: one, and one a broker.
class AtLeastOnceWriter final : public LogWriter, private DeliveryObserver {
 public:
  /// Reads the position; with a store, writes it again with this writer as owner. Errors: kRefused
  /// when the stream was made from something else, or its topics hold what the position does not
  /// account for; kUnavailable; kCorrupt for a position that cannot be read. `clock` must outlive
  /// the writer.
  static Result<std::unique_ptr<AtLeastOnceWriter>> Open(AtLeastOnceWriterOptions options,
                                                         Clock& clock);
  ~AtLeastOnceWriter() override;

  Position position() const override { return position_; }
  Position durable_position() const override { return Position(events_acknowledged_.end()); }
  int64_t EventsIn(size_t /*index*/) const override { return position_.value(); }
  int64_t DurableEventsIn(size_t /*index*/) const override { return events_acknowledged_.end(); }
  int64_t totals_count() const override { return totals_count_; }

  Status AppendTo(size_t index, const RecordBlock& events) override;
  Status AppendTotals(const RecordBlock& totals) override;
  Status Flush() override;
  Result<Position> Sync(std::chrono::milliseconds timeout) override;

 private:
  struct HeldTotal {
    Position events;  ///< Position that must be durable before.
    std::string key;
    std::string value;
    Timestamp timestamp;
  };

  AtLeastOnceWriter(AtLeastOnceWriterOptions options, Clock& clock);
  Status Connect();
  Status LoadPosition();
  Status TakeOver();
  Status FindLastRecords();

  void OnDelivery(const rd_kafka_message_t& message) override;
  Status Produce(const ProduceTarget& target, const RecordView& record, int64_t index,
                 bool is_total);
  /// Takes delivery reports, and produces the totals whose events are durable by now.
  Status Proceed(int wait_ms);
  Status StorePositionIfDue();
  Status StorePosition();
  bool all_acknowledged() const;

  /// Ends the writer: says why a call ended with `code`.
  Error Fail(rd_kafka_resp_err_t code, const std::string& text);
  Error End(Error error);
  void Purge();
  StreamName stream() const;
  std::string where() const { return options_.spec.events.front().ToString(); }

  const AtLeastOnceWriterOptions options_;
  Clock& clock_;
  std::unique_ptr<KafkaClient> client_;
  ProduceTarget events_;
  ProduceTarget totals_;

  Position position_;
  int64_t totals_count_ = 0;     ///< Held ones included.
  int64_t totals_produced_ = 0;  ///< Without those.
  AcknowledgedPrefix events_acknowledged_;
  AcknowledgedPrefix totals_acknowledged_;
  std::deque<HeldTotal> held_;

  PositionRecord stored_;
  std::optional<PositionVersion> stored_version_;
  std::chrono::nanoseconds last_store_{0};
  std::optional<Error> failure_;
  /// Why the first message that was not delivered was not, and its topic.
  rd_kafka_resp_err_t undelivered_ = RD_KAFKA_RESP_ERR_NO_ERROR;
  std::string undelivered_topic_;
};

}  // namespace tillstream
