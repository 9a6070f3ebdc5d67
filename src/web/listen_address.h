#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tillstream {

/// Where to listen.
struct HostPort {
  std::string host;  ///< A name or an address; IPv6 without brackets.
  uint16_t port = 0;

  bool operator==(const HostPort&) const = default;
};

/// Reads the value of --listen, or of another option: "127.0.0.1:8081", "[::1]:8081",
/// "localhost:0". kUsage with `--listen: "x" is not an address; write HOST:PORT` when it is none.
/// Whether the host exists shows in HttpServer::Open().
Result<HostPort> ParseListen(std::string_view text, std::string_view option = "--listen");

/// The way back: "[::1]:8081".
std::string FormatHostPort(const HostPort& address);

}  // namespace tillstream
