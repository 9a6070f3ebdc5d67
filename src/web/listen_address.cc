#include "web/listen_address.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"

namespace tillstream {
namespace {

/// Longest name that the domain name system has.
constexpr size_t kHostLengthMax = 253;

bool IsHostCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '-' || c == '_';
}

/// Inside of brackets: IPv6 with a zone, "fe80::1%eth0".
bool IsBracketedCharacter(char c) { return IsHostCharacter(c) || c == ':' || c == '%'; }

bool ParsePort(std::string_view text, uint16_t* port) {
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, *port);
  return !text.empty() && parsed.ec == std::errc() && parsed.ptr == end;
}

bool ParseHostPort(std::string_view text, HostPort* address) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || !ParsePort(text.substr(colon + 1), &address->port)) {
    return false;
  }
  std::string_view host = text.substr(0, colon);
  const bool is_bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (is_bracketed) host = host.substr(1, host.size() - 2);
  if (is_bracketed && host.find(':') == std::string_view::npos) return false;
  if (host.empty() || host.size() > kHostLengthMax) return false;
  if (!std::ranges::all_of(host, is_bracketed ? IsBracketedCharacter : IsHostCharacter)) {
    return false;
  }
  address->host = host;
  return true;
}

}  // namespace

Result<HostPort> ParseListen(std::string_view text, std::string_view option) {
  HostPort address;
  if (!ParseHostPort(text, &address)) {
    return MakeError(ErrorCode::kUsage, "{}: {} is not an address; write HOST:PORT", option,
                     Quote(text));
  }
  return address;
}

std::string FormatHostPort(const HostPort& address) {
  const bool is_ipv6 = address.host.find(':') != std::string::npos;
  return fmt::format(fmt::runtime(is_ipv6 ? "[{}]:{}" : "{}:{}"), address.host, address.port);
}

}  // namespace tillstream
