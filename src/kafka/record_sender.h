#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "kafka/kafka_config.h"
#include "log/record_block.h"

namespace tillstream {

/// Sends single records, headers included, to a topic that others may write to at the same time.
/// At least once, by an idempotent producer; no transaction, no position. Records get the partition
/// of their key. Not thread safe.
///
/// Event times of 1970-01-01T00:00 and before become the wall clock's.
///
/// Errors end it: kUnavailable when nobody takes records within the deadline, kForbidden when the
/// user may not write there, kBadInput for a record that a broker does not take.
class RecordSender {
 public:
  /// `clock` must outlive the sender. Contacts nobody yet.
  static Result<std::unique_ptr<RecordSender>> Open(const KafkaConfig& config,
                                                    const std::string& topic, Clock& clock);
  ~RecordSender();

  /// Puts a copy into the queue; waits where that is full.
  Status Send(const RecordView& record);
  /// Waits until everything that was sent is acknowledged by all brokers in sync.
  Status Flush();

 private:
  class Impl;
  explicit RecordSender(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tillstream
