#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "consume/period_total_codec.h"
#include "consume/period_totals.h"
#include "log/event_log.h"
#include "log/record_block.h"

namespace tillstream {

struct TotalsPublisherOptions {
  std::string topic;  ///< Partition 0 of it is all the publisher's; made if it is not there.
  SchemaId schema;    ///< PeriodTotalSchema() in the registry.
  TotalsShape shape;
  std::string source;  ///< The topic of the events, and of which store if not of all.
  std::string holder;  ///< WriterSpec::holder.
};

/// Publishes totals, a record for each group of a period, each once.
///
/// The totals follow from the stream, so the k-th record of the topic is always the same one, and
/// what the topic holds is the position, as it is of a replay: whoever starts again computes the
/// totals from the stream's begin and passes over as many records as are there. Each record says
/// what it is a total of and by, and the last one is compared, so that another shape and other data
/// are noticed. Not thread safe.
class TotalsPublisher {
 public:
  /// Errors: those of EventLog::OpenWriter(); kRefused also where the topic was written from
  /// another stream or shape and the log keeps that (Kafka).
  static Result<std::unique_ptr<TotalsPublisher>> Open(EventLog& log,
                                                       TotalsPublisherOptions options);

  /// Appends what of the period is not there yet; `is_new` says whether that was anything. Periods
  /// must come in order, from the first one on. Errors: those of LogWriter; kRefused when what is
  /// there is something else.
  Status Publish(const PeriodTotals& totals, bool* is_new);

  /// Makes what was published durable.
  Status Sync();

  int64_t records_found() const { return records_found_; }
  int64_t records_published() const { return records_published_; }
  /// Of all periods that came, with those that were there already.
  int64_t records_made() const { return records_made_; }

 private:
  TotalsPublisher(TotalsPublisherOptions options, std::unique_ptr<LogWriter> writer);
  Status Append(const RecordBlock& block);
  Status CheckSource() const;

  const TotalsPublisherOptions options_;
  const PeriodTotalEncoder encoder_;
  const std::unique_ptr<LogWriter> writer_;
  int64_t records_found_ = 0;
  std::string last_found_;  ///< The value of the last record that was there.
  int64_t records_made_ = 0;
  int64_t records_published_ = 0;
  bool is_synced_ = true;
};

/// What a shape is called: "totals by store, category a week of topic sales, top 3".
std::string DescribeTotals(const TotalsShape& shape, const std::string& source);

}  // namespace tillstream
