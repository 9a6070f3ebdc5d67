#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "kafka/kafka_client.h"
#include "kafka/reader_clients.h"
#include "log/event_log.h"

namespace tillstream {

/// Reads a partition of a topic as a read_committed consumer without a group. Not thread safe.
///
/// What counts as there is what is committed: End() is the partition's last stable offset, which
/// stays before the first record of a transaction that is open. Offsets are not dense: the marks
/// that end transactions take some, aborted records too; neither is ever seen.
///
/// Its client is shared with the log's other readers.
///
/// Errors of every function: kUnavailable when nobody answers within the deadline; kForbidden when
/// the broker refuses; kNotFound when the partition is gone; kCorrupt when what was read before has
/// been deleted or replaced, as in a topic that was made again.
class KafkaReader final : public LogReader {
 public:
  /// Contacts nobody yet. `clock` must outlive the reader, `clients` need not.
  static Result<std::unique_ptr<KafkaReader>> Open(ReaderClients& clients,
                                                   const TopicPartition& partition, Clock& clock);
  /// The same with a client of its own.
  static Result<std::unique_ptr<KafkaReader>> Open(const KafkaConfig& config,
                                                   const TopicPartition& partition, Clock& clock);
  ~KafkaReader() override;
  KafkaReader(const KafkaReader&) = delete;
  KafkaReader& operator=(const KafkaReader&) = delete;

  Result<Offset> Begin() override;
  Result<Offset> End() override;

  /// Times before 1970 give Begin(). The broker's index holds the marks of transactions with the
  /// time at which they were written, so it finds the first of those at the latest; from there on
  /// the records are read: seconds for millions.
  Result<Offset> OffsetAt(Timestamp timestamp) override;

  Status Seek(Offset offset) override;
  Result<std::span<const RecordView>> Read(std::chrono::milliseconds wait) override;
  /// The client makes a list for each record, even one without headers: a seventh of the time.
  void OmitHeaders() override { has_headers_ = false; }

 private:
  KafkaReader(std::shared_ptr<SharedClient> shared, KafkaTopicPtr topic, TopicPartition partition,
              Clock& clock);
  std::string where() const { return partition_.ToString(); }
  KafkaContext Context() const;

  struct Bounds {
    Offset begin;
    Offset end;
  };
  /// Makes a call, which is told how many milliseconds it may take, again while the partition
  /// moves, within the deadline.
  template <typename Call>
  Status Ask(const Call& call);
  Result<Bounds> AskBounds();
  /// Has the client fetch on when half of what it had in store is taken.
  Status KeepFetching();
  Status Start();
  void Stop();
  /// Takes what has arrived, waiting at most `wait_ms` for the first of it.
  Status Take(int wait_ms);
  Status TakeOne(rd_kafka_message_t* message);
  /// Takes what comes until there is a record, or the position is `end`.
  Status TakeUntil(Offset end);
  void Release();
  void AppendHeaders(const rd_kafka_message_t& message);

  const std::shared_ptr<SharedClient> shared_;
  KafkaClient* const client_;
  KafkaTopicPtr topic_;
  const TopicPartition partition_;
  Clock& clock_;
  /// Everything before it was read, or is no record. None before the first Read().
  Offset next_{-1};
  bool started_ = false;
  bool has_headers_ = true;
  KafkaQueuePtr queue_;          ///< What the client has fetched; while started.
  size_t queued_count_max_ = 0;  ///< Since it was last made to fetch.
  /// What the views of the last Read() point into.
  std::vector<rd_kafka_message_t*> messages_;
  std::vector<RecordView> records_;
  std::vector<std::unique_ptr<std::vector<HeaderView>>> headers_;
};

}  // namespace tillstream
