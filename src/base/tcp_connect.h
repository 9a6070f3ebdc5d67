#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/clock.h"

namespace tillstream {

/// Where a server listens.
struct TcpAddress {
  std::string host;  ///< A name, or an address; one of IPv6 without brackets.
  int port = 0;
  /// "host:port", "[::1]:9092".
  std::string ToString() const;
  friend bool operator==(const TcpAddress&, const TcpAddress&) = default;
};

/// How an attempt to connect ended.
struct TcpOutcome {
  bool connected = false;
  std::string reason;  ///< Why not: "connection refused", "no answer within 5 s".
};

/// Connects to each address and closes the connection again, to all of them at once; a name is
/// reached when one of its addresses is. Takes little longer than `timeout`, and longer where the
/// system's resolver does. The outcomes are in the order of `addresses`.
std::vector<TcpOutcome> TryTcpConnect(const std::vector<TcpAddress>& addresses,
                                      std::chrono::milliseconds timeout, Clock& clock);

}  // namespace tillstream
