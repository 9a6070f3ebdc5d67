#include "app/metrics_server.h"

#include <fmt/format.h>

#include "base/json.h"
#include "base/mutex.h"
#include "web/listen_address.h"

namespace tillstream {
namespace {

/// Some scrapers and people; each gets a text of some KB.
constexpr size_t kScrapesMax = 64;
/// No request has a body.
constexpr size_t kBodyBytesMax = 1024;
/// The end of a run does not wait longer for a client that does not take its answer.
constexpr std::chrono::milliseconds kStopTimeMax{500};

constexpr HealthState kStates[] = {HealthState::kStarting, HealthState::kOk, HealthState::kSlow,
                                   HealthState::kStalled};

HttpResponse JsonResponse(int status, const Json& json) {
  return {status, "application/json", DumpJson(json) + "\n", {}};
}

}  // namespace

/// The two pages, as they were put last.
class MetricsPages final : public HttpHandler {
 public:
  void Put(std::string text, const Health& health) {
    Json json = {{"state", HealthStateName(health.state)}};
    if (!health.reasons.empty()) {
      json["reason"] = health.reasons.front();
      json["reasons"] = health.reasons;
    }
    const int status = health.state == HealthState::kStalled ? 503 : 200;
    const MutexLock lock(mutex_);
    metrics_ = {200, Metrics::kContentType, std::move(text), {}};
    health_ = JsonResponse(status, json);
  }

  bool MayBlock(const HttpRequest& /*request*/) const override { return false; }

  HttpResponse Handle(const HttpRequest& request) override {
    if (request.path != "/metrics" && request.path != "/healthz") {
      return Refuse(404, "there are /metrics and /healthz");
    }
    if (request.method != "GET") return Refuse(405, "needed GET");
    const MutexLock lock(mutex_);
    return request.path == "/metrics" ? metrics_ : health_;
  }

  HttpResponse Refuse(int status, std::string_view reason) const override {
    return JsonResponse(status, {{"error", reason}});
  }

 private:
  Mutex mutex_;
  HttpResponse metrics_ TILLSTREAM_GUARDED_BY(mutex_);
  HttpResponse health_ TILLSTREAM_GUARDED_BY(mutex_);
};

MetricsServer::MetricsServer() : pages_(std::make_unique<MetricsPages>()) {}

Result<std::unique_ptr<MetricsServer>> MetricsServer::Open(Context& context,
                                                           const MetricsOptions& options) {
  if (options.listen.empty()) return std::unique_ptr<MetricsServer>();
  TILLSTREAM_ASSIGN(const HostPort address, ParseListen(options.listen, "--metrics"));
  HttpServerOptions http;
  http.host = address.host;
  http.port = address.port;
  http.option = "--metrics";
  http.connections_max = kScrapesMax;
  http.body_bytes_max = kBodyBytesMax;
  http.worker_count = 1;
  http.stop_time_max = kStopTimeMax;
  http.on_warning = [&console = context.console](const std::string& line) {
    console.Warning(line);
  };
  std::unique_ptr<MetricsServer> server(new MetricsServer());
  TILLSTREAM_ASSIGN(server->server_, HttpServer::Open(std::move(http), *server->pages_));
  Metrics none;
  server->Put(none, Health());
  server->thread_ = std::jthread([raw = server->server_.get()](const std::stop_token& stop) {
    // Ends with the stop only, and not with an Error.
    (void)raw->Run(stop).has_value();
  });
  context.console.Info(
      fmt::format("metrics: http://{}/metrics", FormatHostPort({address.host, server->port()})));
  return server;
}

MetricsServer::~MetricsServer() = default;

void MetricsServer::Put(Metrics& metrics, const Health& health) {
  for (const HealthState state : kStates) {
    metrics
        .Gauge("tillstream_health_state", "1 for the state that /healthz tells, 0 for the others.",
               {{"state", HealthStateName(state)}})
        .Set(state == health.state ? 1 : 0);
  }
  metrics.Gauge("tillstream_build_info", "Always 1.", {{"version", TILLSTREAM_VERSION}}).Set(1);
  pages_->Put(metrics.Text(), health);
}

MetricsSampler::MetricsSampler(MetricsServer* server, std::unique_ptr<MetricsSource> source)
    : source_(std::move(source)) {
  if (server == nullptr) return;
  thread_ = std::thread([this, server] {
    std::unique_lock lock(mutex_);
    do {
      lock.unlock();
      Metrics metrics;
      const Health health = source_->Sample(metrics);
      server->Put(metrics, health);
      lock.lock();
    } while (!wake_.wait_for(lock, kSampleInterval, [this] { return is_ending_; }));
  });
}

MetricsSampler::~MetricsSampler() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

}  // namespace tillstream
