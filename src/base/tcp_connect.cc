#include "base/tcp_connect.h"

#include <fmt/format.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <memory>
#include <thread>

#include "base/quantity.h"

namespace tillstream {
namespace {

/// Names that are resolved at a time; each takes a thread while it is.
constexpr size_t kThreadsMax = 32;

using AddressesPtr = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

/// As our messages write it: lower case.
std::string AsOurs(std::string text) {
  if (!text.empty()) text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
  return text;
}

/// Sockets that are being connected.
class Attempts {
 public:
  Attempts() = default;
  ~Attempts() {
    for (const pollfd& socket : sockets_) ::close(socket.fd);
  }
  Attempts(const Attempts&) = delete;
  Attempts& operator=(const Attempts&) = delete;

  /// Whether it is connected at once, as it may be on the same machine.
  bool Begin(const addrinfo& address) {
    const int fd = ::socket(address.ai_family, address.ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC,
                            address.ai_protocol);
    if (fd < 0) return Fail(errno);
    if (::connect(fd, address.ai_addr, address.ai_addrlen) == 0) {
      ::close(fd);
      return true;
    }
    const int error = errno;
    if (error == EINPROGRESS) {
      sockets_.push_back({.fd = fd, .events = POLLOUT, .revents = 0});
      return false;
    }
    ::close(fd);
    return Fail(error);
  }

  /// Whether one of them is connected before all have failed or the time is over.
  bool Wait(std::chrono::milliseconds timeout, Clock& clock) {
    const std::chrono::nanoseconds deadline = clock.Monotonic() + timeout;
    while (!sockets_.empty()) {
      const auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(deadline - clock.Monotonic());
      if (left.count() <= 0) {
        reason_ = "no answer within " + DurationText(timeout);
        return false;
      }
      if (::poll(sockets_.data(), sockets_.size(), static_cast<int>(left.count())) < 0 &&
          errno != EINTR) {
        return Fail(errno);
      }
      if (TakeOutcomes()) return true;
    }
    return false;
  }

  const std::string& reason() const { return reason_; }

 private:
  bool Fail(int error) {
    reason_ = AsOurs(std::strerror(error));
    return false;
  }

  bool TakeOutcomes() {
    bool connected = false;
    std::erase_if(sockets_, [&](const pollfd& socket) {
      if (socket.revents == 0) return false;
      int error = 0;
      socklen_t size = sizeof(error);
      ::getsockopt(socket.fd, SOL_SOCKET, SO_ERROR, &error, &size);
      connected = connected || error == 0;
      if (error != 0) Fail(error);
      ::close(socket.fd);
      return true;
    });
    return connected;
  }

  std::vector<pollfd> sockets_;
  std::string reason_;
};

TcpOutcome TryOne(const TcpAddress& address, std::chrono::milliseconds timeout, Clock& clock) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error =
      ::getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &found);
  if (error != 0) return {false, AsOurs(::gai_strerror(error))};
  const AddressesPtr addresses(found, ::freeaddrinfo);
  Attempts attempts;
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    if (attempts.Begin(*each)) return {true, ""};
  }
  if (attempts.Wait(timeout, clock)) return {true, ""};
  return {false, attempts.reason()};
}

}  // namespace

std::string TcpAddress::ToString() const {
  const bool is_v6 = host.find(':') != std::string::npos;
  return is_v6 ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

std::vector<TcpOutcome> TryTcpConnect(const std::vector<TcpAddress>& addresses,
                                      std::chrono::milliseconds timeout, Clock& clock) {
  std::vector<TcpOutcome> outcomes(addresses.size());
  std::atomic<size_t> next{0};
  std::vector<std::jthread> threads;
  for (size_t i = 0; i < std::min(addresses.size(), kThreadsMax); ++i) {
    threads.emplace_back([&] {
      for (size_t at = next++; at < addresses.size(); at = next++) {
        outcomes[at] = TryOne(addresses[at], timeout, clock);
      }
    });
  }
  threads.clear();  // Waits for them.
  return outcomes;
}

}  // namespace tillstream
