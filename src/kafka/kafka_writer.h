#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "kafka/kafka_client.h"
#include "kafka/produce_record.h"
#include "log/event_log.h"
#include "log/position_record.h"

namespace tillstream {

struct KafkaWriterOptions {
  KafkaConfig config;
  WriterSpec spec;
  TopicPartition positions;  ///< Where this stream's position is kept; nobody else writes there.
  std::string owner;         ///< An id that no other writer has or had.
  /// Set when this process has had the stream: how the owners of its writers begin. If another's
  /// has it now, that one is left alone.
  std::string owners_begin = {};
  /// Messages that wait for a broker; a full queue makes Append() wait.
  int64_t queue_bytes_max = int64_t{16} << 20;
  /// A writer that was replaced waits so long for the other one to say who it is.
  std::chrono::milliseconds wait_for_owner{10'000};
};

/// Writes one store stream to Kafka, exactly once for read_committed readers. Not thread safe.
///
/// Events, totals and the position that they lead to are one transaction, so none is ever seen
/// without the others: what a crash leaves open is aborted by the next writer, which goes on from
/// the position that was committed. A transaction is open from the first Append() to the end of
/// Sync(); call Sync() well within transaction.timeout.ms. Append() does where half of that is
/// over.
///
/// Appended is in a queue here; flushed is nothing of its own; durable is committed. position()
/// counts events, not offsets.
///
/// What ends a writer (it then says the same to every call):
/// - kRefused: another writer of the stream has taken over; the message says who. Do not open
///   again, or the two take the stream from each other in turn.
/// - kUnavailable: the transaction was given up, because it was open longer than
///   transaction.timeout.ms, because messages could not be delivered in time, or because the
///   client stopped on a fatal error. Open again: the new writer starts from the position.
/// - kForbidden: the user lacks a right, which the message names.
/// - kBadInput: the broker does not take a record; kFailed and others: see the message.
///
/// kTimedOut from Sync() does not end it: the commit goes on; call Sync() again.
///
/// Event times: 0 (1970-01-01T00:00) is refused, since the client would put the wall clock in its
/// place; before that, librdkafka writes them, and Kafka's index does not find them.
///
/// A client of its own with its threads: one, and one a broker.
class KafkaWriter final : public LogWriter, private DeliveryObserver {
 public:
  /// Fences the stream's writer before this one (but see owners_begin), waits for its transaction
  /// to end, reads the position and commits it again with this writer as owner. Errors: kRefused
  /// when the stream was made from something else, or its topics hold what the position does not
  /// account for; kUnavailable; kCorrupt for a position that cannot be read. `clock` must outlive
  /// the writer.
  static Result<std::unique_ptr<KafkaWriter>> Open(KafkaWriterOptions options, Clock& clock);
  ~KafkaWriter() override;

  Position position() const override { return current_.position; }
  Position durable_position() const override { return durable_; }
  int64_t EventsIn(size_t index) const override {
    return EventsDealtTo(options_.spec.round, index, current_.position);
  }
  int64_t DurableEventsIn(size_t index) const override {
    return EventsDealtTo(options_.spec.round, index, durable_);
  }
  int64_t totals_count() const override { return current_.totals_count; }

  Status AppendTo(size_t index, const RecordBlock& events) override;
  Status AppendTotals(const RecordBlock& totals) override;
  Status Flush() override;

  /// Commits. Waits as long as the transaction may take, whatever `timeout` says, if a broker does
  /// not answer; `timeout` limits how often that is tried.
  Result<Position> Sync(std::chrono::milliseconds timeout) override;

  /// Commits another position than that which the events lead to: the stream goes on there. Events
  /// from there on that are written already will be there twice; events up to there that are not
  /// are left out. Nothing may have been appended since Open(). Errors as Sync().
  Status MoveTo(Position position, int64_t totals_count);

  /// What Open() found; its holder and owner are those before this writer.
  const PositionRecord& found() const { return found_; }

 private:
  KafkaWriter(KafkaWriterOptions options, Clock& clock);
  Status Connect();
  Status CheckStillOurs();
  Status InitTransactions();
  Status LoadPosition();

  void OnDelivery(const rd_kafka_message_t& message) override;
  Status Ready();
  Status BeginTransaction();
  /// Before the broker gives the transaction up, though it is the caller's to commit.
  Status CommitWhatIsOld();
  Status CheckTime(const ProduceTarget& target, Timestamp timestamp);
  Status ProduceAll(const ProduceTarget& target, const RecordBlock& block);
  Status ProduceTotals();
  Status Produce(const ProduceTarget& target, const RecordView& record);
  Status ProducePosition();
  Status Commit(std::chrono::nanoseconds deadline);

  /// Ends the writer: says why a call ended with an error, and gives the transaction up.
  Error Fail(rd_kafka_resp_err_t code, const std::string& text);
  Error Reason(rd_kafka_resp_err_t code, const std::string& text);
  std::string RightFor(rd_kafka_resp_err_t code) const;
  Error End(Error error);
  Error Fenced();
  Error Replaced(const PositionRecord& by) const;
  void GiveUp();
  Result<std::optional<PositionRecord>> ReadPosition();
  std::string where() const { return options_.spec.events.front().ToString(); }

  const KafkaWriterOptions options_;
  Clock& clock_;
  std::unique_ptr<KafkaClient> client_;
  std::vector<ProduceTarget> events_;
  ProduceTarget totals_;
  ProduceTarget positions_;
  std::chrono::milliseconds transaction_timeout_{0};

  /// End-of-day totals of the transaction. Nobody sees them before it is committed, and one by one
  /// each would be a request of its own.
  struct WaitingTotal {
    Timestamp timestamp;
    std::string key;
    std::string value;
    bool has_key = true;
    bool has_value = true;
  };

  PositionRecord found_;
  PositionRecord current_;
  std::vector<WaitingTotal> waiting_totals_;
  Position durable_;
  std::optional<std::string> owner_before_;  ///< Of the position that was found.
  bool in_transaction_ = false;
  bool committing_ = false;  ///< The position is in the transaction; nothing may follow it.
  std::chrono::nanoseconds transaction_begin_{0};
  std::optional<Error> failure_;
  /// Why the first message of the transaction that was not delivered was not, and its topic.
  rd_kafka_resp_err_t undelivered_ = RD_KAFKA_RESP_ERR_NO_ERROR;
  std::string undelivered_topic_;
};

}  // namespace tillstream
