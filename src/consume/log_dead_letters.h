#pragma once

#include <memory>
#include <string>

#include "consume/dead_letter_headers.h"
#include "consume/dead_letters.h"
#include "log/event_log.h"

namespace tillstream {

/// Dead letters in partition 0 of a topic of a log that has one writer a partition (the embedded
/// one): key, value, timestamp and headers of the record, and its origin and error as further
/// headers.
class LogDeadLetters final : public DeadLetters {
 public:
  /// Makes the topic if it is not there. kRefused when another process writes to it, or when it
  /// holds something else; errors also as
  /// those of EventLog::OpenWriter().
  static Result<std::unique_ptr<LogDeadLetters>> Open(EventLog& log, const std::string& topic,
                                                      const std::string& holder);

  /// kBadInput for a record that is too large for a batch with its headers.
  Status Put(const DeadLetter& letter) override;
  Status Sync() override;

 private:
  explicit LogDeadLetters(std::unique_ptr<LogWriter> writer) : writer_(std::move(writer)) {}
  Status AppendBlock();

  const std::unique_ptr<LogWriter> writer_;
  RecordBlock block_;
  DeadLetterHeaders headers_;
};

}  // namespace tillstream
