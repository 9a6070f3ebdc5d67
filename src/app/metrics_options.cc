#include "app/metrics_options.h"

#include "web/listen_address.h"

namespace tillstream {
namespace {

constexpr int64_t kStalledAfterMax = 86'400;

}  // namespace

void DeclareMetrics(Arguments& arguments, MetricsOptions* options) {
  arguments.Text("--metrics", "HOST:PORT", &options->listen,
                 "Serve Prometheus' metrics at /metrics and the health at /healthz");
  arguments.Number("--stalled-after", "SECONDS", &options->stalled_after_seconds, 1,
                   kStalledAfterMax, "Without progress for so long, /healthz answers 503");
}

Status CheckMetrics(const MetricsOptions& options) {
  if (!options.listen.empty()) {
    const auto address = ParseListen(options.listen, "--metrics");
    return address ? Ok() : address.error();
  }
  if (options.stalled_after_seconds != kStalledAfterDefault.count()) {
    return MakeError(ErrorCode::kUsage, "--stalled-after: needs --metrics");
  }
  return Ok();
}

}  // namespace tillstream
