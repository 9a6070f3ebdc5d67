#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "app/command.h"
#include "app/health_watch.h"

namespace tillstream {

/// What a command that can be watched is asked for.
struct MetricsOptions {
  std::string listen;  ///< "HOST:PORT"; empty: nothing is served.
  int64_t stalled_after_seconds = kStalledAfterDefault.count();

  std::chrono::seconds stalled_after() const { return std::chrono::seconds(stalled_after_seconds); }
};

/// --metrics and --stalled-after. CheckMetrics() must follow.
void DeclareMetrics(Arguments& arguments, MetricsOptions* options);

/// kUsage for what is no address, and for a time without an address.
Status CheckMetrics(const MetricsOptions& options);

}  // namespace tillstream
