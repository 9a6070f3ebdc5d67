#include "app/consume_metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "base/text.h"

namespace tillstream {
namespace {

MetricLabels LabelsOf(const TopicPartition& partition) {
  return {{"topic", partition.topic}, {"partition", std::to_string(partition.partition.value())}};
}

/// Records that are there and not read.
int64_t LagOf(const SourceState& source, const PartitionEnds::End& end) {
  if (source.ended || source.found_empty_at > end.asked_at) return 0;
  return std::max<int64_t>(0, end.offset - source.next);
}

}  // namespace

ConsumeMetrics::ConsumeMetrics(std::unique_ptr<PartitionEnds> ends, Clock& clock,
                               const ConsumeBoard& board, std::chrono::nanoseconds stalled_after)
    : ends_(std::move(ends)),
      clock_(clock),
      board_(board),
      stalled_after_(stalled_after),
      watch_(stalled_after) {}

Health ConsumeMetrics::Sample(Metrics& metrics) {
  const std::optional<ConsumeState> state = board_.Get();
  if (!state) return {};
  AddSummary(metrics, *state);
  std::vector<TopicPartition> wanted;
  for (const SourceState& source : state->sources) wanted.push_back(source.partition);
  ends_->Want(wanted);
  std::erase_if(goals_, [&](const auto& goal) {
    return std::ranges::find(wanted, goal.first) == wanted.end();
  });
  std::vector<PartState> parts;
  for (const SourceState& source : state->sources) {
    const MetricLabels labels = LabelsOf(source.partition);
    metrics.Gauge("tillstream_consume_position_offset", "The next offset to read.", labels)
        .Set(static_cast<double>(source.next.value()));
    auto end = ends_->Find(source.partition);
    if (!end) continue;
    // It was asked for a moment ago, and may be read beyond already.
    end->offset = std::max(end->offset, source.next);
    const int64_t lag = LagOf(source, *end);
    metrics
        .Gauge("tillstream_consume_end_offset", "One past the last record that is there.", labels)
        .Set(static_cast<double>(end->offset.value()));
    metrics.Gauge("tillstream_consume_lag_records", "Records that are there and not read.", labels)
        .Set(static_cast<double>(lag));
    parts.push_back(PartOf(source, *end, lag));
  }
  AddFailures(*state, &parts);
  return watch_.Judge(clock_.Monotonic(), parts);
}

PartState ConsumeMetrics::PartOf(const SourceState& source, const PartitionEnds::End& end,
                                 int64_t lag) {
  PartState part{.name = source.partition.ToString(), .progress = source.next.value()};
  const auto known = goals_.find(source.partition);
  const bool is_reached = known != goals_.end() && (source.next >= known->second.offset ||
                                                    source.found_empty_at > known->second.at);
  if (lag == 0 || is_reached) goals_.erase(source.partition);
  if (lag == 0) return part;
  const auto now = clock_.Monotonic();
  const Goal& goal = goals_.try_emplace(source.partition, Goal{end.offset, now}).first->second;
  part.work = fmt::format("{} records to read", WithThousands(lag));
  part.behind = now - goal.at;
  return part;
}

void ConsumeMetrics::AddFailures(const ConsumeState& state, std::vector<PartState>* parts) {
  const auto now = clock_.Monotonic();
  if (const auto unknown = now - ends_->known_at(); unknown > stalled_after_) {
    const std::string failure = ends_->failure();
    parts->push_back({.name = "ends",
                      .failure = !failure.empty()
                                     ? failure
                                     : fmt::format("no answer for {:.0f} s", ToSeconds(unknown))});
  }
  if (now - state.at > stalled_after_) {
    parts->push_back({.name = "reader",
                      .failure = fmt::format("no round for {:.0f} s", ToSeconds(now - state.at))});
  }
}

void ConsumeMetrics::AddSummary(Metrics& metrics, const ConsumeState& state) const {
  const auto count = [&](const char* name, const char* help, int64_t value,
                         const MetricLabels& labels = {}) {
    metrics.Counter(name, help, labels).Add(static_cast<double>(value));
  };
  const ConsumeSummary& summary = state.summary;
  count("tillstream_consume_read_records_total", "Records given to the sink.", summary.records);
  count("tillstream_consume_read_bytes_total", "Bytes of their keys and values.", summary.bytes);
  count("tillstream_consume_repeated_records_total", "Records that --distinct dropped.",
        summary.repeats);
  count("tillstream_consume_missing_events_total", "Records that --distinct found missing.",
        summary.missing);
  for (const auto& [reason, skipped] : summary.skipped) {
    count("tillstream_consume_errors_total", "Records that could not be decoded, by reason.",
          skipped, {{"reason", reason}});
  }
  metrics
      .Gauge("tillstream_consume_queue_records",
             "Records that the sink was given since it was last flushed.")
      .Set(static_cast<double>(state.queue_records));
  metrics.Gauge("tillstream_consume_partitions", "Partitions that are read.")
      .Set(static_cast<double>(state.sources.size()));
}

Result<std::unique_ptr<MetricsSampler>> SampleConsume(Context& context, MetricsServer* server,
                                                      const LogOptions& options,
                                                      const MetricsOptions& metrics,
                                                      const ConsumeBoard& board) {
  if (server == nullptr) return std::unique_ptr<MetricsSampler>();
  TILLSTREAM_ASSIGN(auto ends, OpenEnds(context, options));
  return std::make_unique<MetricsSampler>(
      server, std::make_unique<ConsumeMetrics>(std::move(ends), context.clock, board,
                                               metrics.stalled_after()));
}

}  // namespace tillstream
