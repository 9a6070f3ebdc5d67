#include "app/replay_metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/clock.h"

namespace tillstream {
namespace {

/// ProcessRow::state.
constexpr const char* kProcessStates[] = {"waiting",  "running",  "done",
                                          "given up", "replaced", "stopped"};

/// States in which nothing more is done here, or need be.
bool IsOver(const StoreProgress& store, const ProcessRow* process) {
  if (process == nullptr) return store.done;
  return process->state != "running" && process->state != "waiting";
}

const ProcessRow* ProcessOf(const ReplayState& state, size_t i) {
  return i < state.processes.size() ? &state.processes[i] : nullptr;
}

}  // namespace

ReplayMetrics::ReplayMetrics(Clock& clock, const ReplayRequest& request,
                             std::function<ReplayState()> state)
    : clock_(clock),
      paced_(!request.speed.is_max()),
      max_skew_days_(request.max_skew_days),
      state_(std::move(state)),
      // What is written need not be durable before.
      watch_(request.metrics.stalled_after() + request.sync.interval) {}

Health ReplayMetrics::Sample(Metrics& metrics) {
  const ReplayState state = state_();
  for (size_t i = 0; i < state.stores.size(); ++i) {
    AddStore(metrics, state.stores[i], ProcessOf(state, i));
  }
  metrics.Gauge("tillstream_replay_paused", "1 while the run or its clock stands still, else 0.")
      .Set(state.is_paused ? 1 : 0);
  for (const char* name : kProcessStates) {
    if (state.processes.empty()) break;
    const auto count = std::ranges::count(state.processes, name, &ProcessRow::state);
    metrics
        .Gauge("tillstream_replay_generators", "Generator processes by state, with --processes.",
               {{"state", name}})
        .Set(static_cast<double>(count));
  }
  if (!state.is_started) return {};
  return watch_.Judge(clock_.Monotonic(), PartsOf(state));
}

void ReplayMetrics::AddStore(Metrics& metrics, const StoreProgress& store,
                             const ProcessRow* process) {
  const MetricLabels labels = {{"store", store.store_id}};
  Written& written = written_[store.store_id];
  written.events = std::max(written.events, static_cast<double>(store.events_written));
  written.bytes = std::max(written.bytes, static_cast<double>(store.bytes_written));
  written.position = std::max(written.position, store.position.value());
  written.durable = std::max(written.durable, store.durable.value());
  metrics
      .Counter("tillstream_replay_written_events_total",
               "Events written since the start, durable or not.", labels)
      .Add(written.events);
  metrics
      .Counter("tillstream_replay_written_bytes_total",
               "Bytes of the records written since the start, before compression.", labels)
      .Add(written.bytes);
  metrics
      .Gauge("tillstream_replay_position_events", "Durable events of the stream, in all.", labels)
      .Set(static_cast<double>(store.durable.value()));
  metrics
      .Gauge("tillstream_replay_queue_events", "Events that are written and not durable yet.",
             labels)
      .Set(static_cast<double>(std::max<int64_t>(0, store.position - store.durable)));
  metrics
      .Gauge("tillstream_replay_next_day", "Number of the first day that is not wholly durable.",
             labels)
      .Set(store.durable_day.value());
  metrics
      .Gauge("tillstream_replay_written_lag_seconds",
             "How long the first day that is not written has been over on the virtual clock.",
             labels)
      .Set(ToSeconds(store.written_lag));
  metrics
      .Gauge("tillstream_replay_lag_seconds",
             "How long the first day that is not durable has been over on the virtual clock.",
             labels)
      .Set(ToSeconds(store.lag));
  const auto error = [&](const char* reason, int64_t count) {
    metrics
        .Counter("tillstream_replay_errors_total",
                 "What went wrong and was begun again, or given up.",
                 {{"store", store.store_id}, {"reason", reason}})
        .Add(static_cast<double>(count));
  };
  error("writer ended", store.reopens);
  if (process == nullptr) return;
  error("process died", process->restarts);
  error("given up", process->state == "given up" ? 1 : 0);
}

std::vector<PartState> ReplayMetrics::PartsOf(const ReplayState& state) const {
  Day slowest(INT32_MAX);
  for (size_t i = 0; i < state.stores.size(); ++i) {
    if (IsOver(state.stores[i], ProcessOf(state, i))) continue;
    slowest = std::min(slowest, state.stores[i].next_day);
  }
  std::vector<PartState> parts;
  for (size_t i = 0; i < state.stores.size(); ++i) {
    const StoreProgress& store = state.stores[i];
    const ProcessRow* const process = ProcessOf(state, i);
    const Written& written = written_.at(store.store_id);
    PartState& part = parts.emplace_back();
    part.name = "store " + store.store_id;
    part.progress = written.position + written.durable;
    if (process != nullptr && process->state == "given up") {
      part.failure = fmt::format("given up after {} restarts", process->restarts);
    }
    if (IsOver(store, process) || state.is_paused) continue;
    part.work = WorkOf(store, slowest);
    part.behind = store.written_lag;
  }
  return parts;
}

std::string ReplayMetrics::WorkOf(const StoreProgress& store, Day slowest) const {
  const bool is_due =
      paced_ ? store.written_lag.count() > 0 : store.next_day - slowest <= max_skew_days_;
  if (is_due && !store.done) return fmt::format("d_{} is due", store.next_day.value());
  const int64_t queue = store.position - store.durable;
  return queue > 0 ? fmt::format("{} events are not durable", queue) : "";
}

std::unique_ptr<MetricsSampler> SampleReplay(Context& context, MetricsServer* server,
                                             const ReplayRequest& request,
                                             const Replayer& replayer) {
  if (server == nullptr) return nullptr;
  return std::make_unique<MetricsSampler>(
      server, std::make_unique<ReplayMetrics>(context.clock, request, [&replayer] {
        return ReplayState{.stores = replayer.Snapshot(), .is_paused = replayer.is_paused()};
      }));
}

}  // namespace tillstream
