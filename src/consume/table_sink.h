#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "consume/event_sink.h"
#include "log/reader_group.h"
#include "model/date.h"

namespace tillstream {

/// The stream that tables hold, as far as it must not be mixed with another one.
struct TableStream {
  std::string topic;  ///< That names the run.
  /// What its events follow from, in one line for people; empty where nobody knows.
  std::string run;
};

/// What a table sink took.
struct TableCounts {
  int64_t sales = 0;
  int64_t store_days = 0;
  int64_t other = 0;  ///< Records that are neither; no table has a place for them.
};

/// Keeps the events of a stream as rows of `sales` and `store_days`, and how far they go beside
/// them: what Put() was given and what Set() said is kept by Store() as one, all or nothing. So
/// every event is there once, whatever ends the process, as long as the consumer goes on where
/// Find() says. Not thread safe.
///
/// Failure: after an Error, other than that of Put() for one event, nothing more is taken and
/// nothing more is kept; what Store() kept before stays. Open a new one.
class TableSink : public EventSink, public ReaderGroup {
 public:
  /// The only reader of its partitions reads what it likes.
  bool assigns_partitions() const override { return false; }
  Result<std::optional<std::vector<TopicPartition>>> Assign(
      const BeforeChange& /*before_change*/) override {
    return std::optional<std::vector<TopicPartition>>();
  }

  /// Keeps what Store() leaves for later; the last call, after the last Store(). The same Error
  /// again when there was one.
  virtual Status Finish() { return Ok(); }

  /// What a person should know of the rows at the end: a line each.
  virtual std::vector<std::string> Remarks() const { return {}; }

  /// Where the tables are, for messages: "postgres localhost:5432/retail".
  virtual std::string Describe() const = 0;

  /// What Store() has kept since the sink was opened.
  virtual const TableCounts& kept() const = 0;
};

}  // namespace tillstream
