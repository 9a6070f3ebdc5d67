#include "zookeeper/zookeeper_config.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"

namespace tillstream {
namespace {

constexpr std::string_view kDefaultPort = "2181";
constexpr int kPortMax = 65'535;

bool IsPort(std::string_view text) {
  int port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() && port > 0 && port <= kPortMax;
}

bool IsHost(std::string_view text) {
  return !text.empty() && text.find_first_of(" /?#@\"") == std::string_view::npos;
}

/// "host", "host:port" or "[address]:port" as "host:port"; empty for anything else.
std::string WithPort(std::string_view server) {
  size_t host_size = 0;
  if (server.starts_with('[')) {
    const size_t bracket = server.find(']');
    if (bracket == std::string_view::npos) return "";
    host_size = bracket + 1;
  } else {
    host_size = std::min(server.find(':'), server.size());
  }
  const std::string_view host = server.substr(0, host_size);
  std::string_view port = server.substr(host_size);
  if (port.empty()) {
    port = kDefaultPort;
  } else {
    port.remove_prefix(1);
  }
  if (!IsHost(host) || !IsPort(port) || (host_size < server.size() && server[host_size] != ':')) {
    return "";
  }
  return fmt::format("{}:{}", host, port);
}

/// Whether ZooKeeper takes it: "/a/b", no empty, "." or ".." name, nothing that cannot be printed.
bool IsZnodePath(std::string_view path) {
  if (path.empty()) return true;
  if (!IsPrintableUtf8(path)) return false;
  while (!path.empty()) {
    path.remove_prefix(1);  // The slash.
    const std::string_view name = path.substr(0, path.find('/'));
    if (name.empty() || name == "." || name == "..") return false;
    path.remove_prefix(name.size());
  }
  return true;
}

}  // namespace

Result<ZooKeeperConfig> ParseZooKeeperUrl(std::string_view url) {
  const auto fault = [&](std::string_view what) {
    return MakeError(ErrorCode::kUsage, "{} {}; write zookeeper://HOST:PORT,.../PATH", Quote(url),
                     what);
  };
  if (!url.starts_with(kZooKeeperScheme)) return fault("is no address of ZooKeeper");
  std::string_view rest = url.substr(kZooKeeperScheme.size());
  const size_t slash = std::min(rest.find('/'), rest.size());
  ZooKeeperConfig config;
  config.path = rest.substr(slash);
  while (config.path.ends_with('/')) config.path.pop_back();
  if (!IsZnodePath(config.path)) return fault("has a path that ZooKeeper does not take");
  rest = rest.substr(0, slash);
  for (bool more = true; more;) {
    const size_t comma = std::min(rest.find(','), rest.size());
    const std::string server = WithPort(rest.substr(0, comma));
    if (server.empty()) return fault("has a server that is no host and port");
    if (!config.servers.empty()) config.servers += ',';
    config.servers += server;
    more = comma < rest.size();
    rest = rest.substr(std::min(comma + 1, rest.size()));
  }
  return config;
}

}  // namespace tillstream
