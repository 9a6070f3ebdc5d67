#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "app/health_watch.h"
#include "app/metrics_server.h"
#include "app/replay_report.h"
#include "app/run_replay.h"

namespace tillstream {

/// Where a replay stands.
struct ReplayState {
  std::vector<StoreProgress> stores = {};
  std::vector<ProcessRow> processes = {};  ///< One a store, or none.
  bool is_started = true;                  ///< Whether everything is opened that is to be written.
  bool is_paused = false;
};

/// What a replay is doing, as series by store and as health.
///
/// A store has something to do while a day is due that is not written, at speed max while it has
/// days left and is not too far ahead of the slowest; and while something is written that is not
/// durable. Progress is either. A pause, and waiting for the virtual clock, is nothing to do.
class ReplayMetrics final : public MetricsSource {
 public:
  /// `state` is called from the sampler's thread.
  ReplayMetrics(Clock& clock, const ReplayRequest& request, std::function<ReplayState()> state);

  Health Sample(Metrics& metrics) override;

 private:
  /// What a store has written, in events and bytes. A process that dies takes the count back.
  struct Written {
    double events = 0;
    double bytes = 0;
    int64_t position = 0;
    int64_t durable = 0;
  };

  void AddStore(Metrics& metrics, const StoreProgress& store, const ProcessRow* process);
  std::vector<PartState> PartsOf(const ReplayState& state) const;
  std::string WorkOf(const StoreProgress& store, Day slowest) const;

  Clock& clock_;
  const bool paced_;
  const int32_t max_skew_days_;
  const std::function<ReplayState()> state_;
  std::map<std::string, Written> written_;  ///< The most that was seen, by store.
  HealthWatch watch_;
};

/// A sampler of a replay in this process; it does nothing without a server.
std::unique_ptr<MetricsSampler> SampleReplay(Context& context, MetricsServer* server,
                                             const ReplayRequest& request,
                                             const Replayer& replayer);

/// Where a supervisor puts what it sees for the sampler. Thread safe.
class ReplayStateBox {
 public:
  void Put(ReplayState state) {
    const MutexLock lock(mutex_);
    state_ = std::move(state);
  }
  ReplayState Get() const {
    const MutexLock lock(mutex_);
    return state_;
  }

 private:
  mutable Mutex mutex_;
  ReplayState state_ TILLSTREAM_GUARDED_BY(mutex_){.is_started = false};
};

}  // namespace tillstream
