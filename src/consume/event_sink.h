#pragma once

#include "base/result.h"
#include "consume/event_decoder.h"
#include "log/event_log.h"

namespace tillstream {

/// Where consumed events go. Not thread safe.
class EventSink {
 public:
  virtual ~EventSink() = default;

  /// Takes one event; `record` and `event` are valid during the call. kCorrupt when there is no
  /// place for such an event: then nothing of it was taken, and the sink goes on with the next one.
  /// After any other Error it does not.
  virtual Status Put(const TopicPartition& partition, const RecordView& record,
                     const Event& event) = 0;

  /// On success everything put before has left the process. The consumer stores its position only
  /// after that, and never again after an Error of Put() other than kCorrupt, or of Flush().
  virtual Status Flush() = 0;

  /// Whether what comes next in the partition has to wait until the sink has got something of the
  /// others. Asked before each read.
  virtual bool IsAhead(const TopicPartition& /*partition*/) const { return false; }

  /// True when nobody takes events any more; the consumer then ends without an Error.
  virtual bool closed() const { return false; }
};

}  // namespace tillstream
