#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>

#include "app/command.h"
#include "app/health_watch.h"
#include "app/metrics_options.h"
#include "web/http_server.h"
#include "web/metrics.h"

namespace tillstream {

class MetricsPages;

/// What can be watched.
class MetricsSource {
 public:
  virtual ~MetricsSource() = default;

  /// Adds its series, as they are now, to `metrics`, which has none of it; and says how it is.
  /// Called from one thread, not the one that does the work. May block, for a bounded time.
  virtual Health Sample(Metrics& metrics) = 0;
};

/// Serves /metrics and /healthz of --metrics from a thread of its own, as the last sample has them:
/// whoever asks, and however slowly, keeps nobody from work.
class MetricsServer {
 public:
  /// Listens and serves from now on: the state is "starting" until a sampler says more. Says where;
  /// null when nothing was asked for. kUnavailable where it cannot listen.
  static Result<std::unique_ptr<MetricsServer>> Open(Context& context,
                                                     const MetricsOptions& options);
  ~MetricsServer();
  MetricsServer(const MetricsServer&) = delete;
  MetricsServer& operator=(const MetricsServer&) = delete;

  uint16_t port() const { return server_->port(); }

  /// What is served from now on: `metrics`, to which the health is added.
  void Put(Metrics& metrics, const Health& health);

 private:
  MetricsServer();

  std::unique_ptr<MetricsPages> pages_;
  std::unique_ptr<HttpServer> server_;
  std::jthread thread_;
};

/// Samples a source for a server about every kSampleInterval, from a thread of its own, as long as
/// it lives.
class MetricsSampler {
 public:
  /// `server` must outlive it. Without one it does nothing.
  MetricsSampler(MetricsServer* server, std::unique_ptr<MetricsSource> source);
  ~MetricsSampler();
  MetricsSampler(const MetricsSampler&) = delete;
  MetricsSampler& operator=(const MetricsSampler&) = delete;

 private:
  std::unique_ptr<MetricsSource> source_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool is_ending_ = false;
  std::thread thread_;
};

/// Much shorter than Prometheus' own interval, and nothing beside what is sampled.
inline constexpr std::chrono::milliseconds kSampleInterval{500};

}  // namespace tillstream
