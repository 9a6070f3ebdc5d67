#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tillstream {

/// How a ZooKeeper ensemble is reached, and where in it. A plain value.
struct ZooKeeperConfig {
  std::string servers;  ///< "host:port,host:port".
  std::string path;     ///< "/tillstream"; empty for the root.
  /// How long a call waits for an answer before it gives the ensemble up.
  std::chrono::milliseconds deadline{30'000};
  /// After how long without a sign of life the servers end our session. The client notices a silent
  /// server after two thirds of it.
  std::chrono::milliseconds session_timeout{10'000};
};

inline constexpr std::string_view kZooKeeperScheme = "zookeeper://";

/// Reads "zookeeper://HOST:PORT,HOST:PORT/PATH". A host without a port gets 2181; IPv6 addresses
/// stand in brackets. kUsage, which names the text.
Result<ZooKeeperConfig> ParseZooKeeperUrl(std::string_view url);

}  // namespace tillstream
