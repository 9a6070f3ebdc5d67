#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "app/health_watch.h"
#include "app/log_options.h"
#include "app/metrics_server.h"
#include "app/partition_ends.h"
#include "consume/consume_board.h"

namespace tillstream {

/// How far a consumer is, as series by partition and as health.
///
/// A partition has something to do while there are records behind the consumer's place. It is
/// behind for as long as it has not reached what was its end then.
class ConsumeMetrics final : public MetricsSource {
 public:
  /// `clock` and `board` must outlive it.
  ConsumeMetrics(std::unique_ptr<PartitionEnds> ends, Clock& clock, const ConsumeBoard& board,
                 std::chrono::nanoseconds stalled_after);

  Health Sample(Metrics& metrics) override;

 private:
  /// What was the end of a partition, and when, while it has not been reached.
  struct Goal {
    Offset offset;
    std::chrono::nanoseconds at{0};
  };

  PartState PartOf(const SourceState& source, const PartitionEnds::End& end, int64_t lag);
  /// That nobody tells the ends, or that the consumer does not come round, if so.
  void AddFailures(const ConsumeState& state, std::vector<PartState>* parts);
  void AddSummary(Metrics& metrics, const ConsumeState& state) const;

  const std::unique_ptr<PartitionEnds> ends_;
  Clock& clock_;
  const ConsumeBoard& board_;
  const std::chrono::nanoseconds stalled_after_;
  std::map<TopicPartition, Goal> goals_;
  HealthWatch watch_;
};

/// A sampler of a consumer of the log of completed `options` that shows itself at `board`; null
/// without a server.
Result<std::unique_ptr<MetricsSampler>> SampleConsume(Context& context, MetricsServer* server,
                                                      const LogOptions& options,
                                                      const MetricsOptions& metrics,
                                                      const ConsumeBoard& board);

}  // namespace tillstream
