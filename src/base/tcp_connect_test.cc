#include "base/tcp_connect.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"

namespace tillstream {
namespace {

/// A socket on a free port of the loopback interface.
class LoopbackSocket {
 public:
  LoopbackSocket() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    TILLSTREAM_CHECK(::bind(fd_, generic, size) == 0);
    TILLSTREAM_CHECK(::getsockname(fd_, generic, &size) == 0);
    port_ = ntohs(address.sin_port);
  }
  ~LoopbackSocket() { ::close(fd_); }
  LoopbackSocket(const LoopbackSocket&) = delete;
  LoopbackSocket& operator=(const LoopbackSocket&) = delete;

  void Listen(int backlog) { TILLSTREAM_CHECK(::listen(fd_, backlog) == 0); }
  TcpAddress address() const { return {"127.0.0.1", port_}; }

 private:
  const int fd_;
  int port_ = 0;
};

constexpr std::chrono::milliseconds kTimeout{200};

TEST(TcpConnectTest, EachAddressHasItsOutcomeInOrder) {
  SystemClock clock;
  LoopbackSocket listening;
  listening.Listen(100);
  const LoopbackSocket closed;
  std::vector<TcpAddress> addresses;
  // More than are tried at a time.
  for (int i = 0; i < 40; ++i) {
    addresses.push_back(i % 2 == 0 ? closed.address() : listening.address());
  }
  addresses.push_back({"no-such-host.invalid", 1});
  const auto outcomes = TryTcpConnect(addresses, kTimeout * 50, clock);
  ASSERT_EQ(outcomes.size(), addresses.size());
  for (size_t i = 0; i < 40; ++i) {
    EXPECT_EQ(outcomes[i].connected, i % 2 == 1) << i;
    EXPECT_EQ(outcomes[i].reason, i % 2 == 1 ? "" : "connection refused") << i;
  }
  EXPECT_FALSE(outcomes[40].connected);
  EXPECT_NE(outcomes[40].reason, "");
}

TEST(TcpConnectTest, WhoDoesNotAnswerIsGivenUpAfterTheTimeout) {
  SystemClock clock;
  LoopbackSocket full;
  full.Listen(0);
  // The kernel drops what comes behind a full backlog.
  std::vector<TcpAddress> addresses(4, full.address());
  const auto outcomes = TryTcpConnect(addresses, kTimeout, clock);
  int silent = 0;
  for (const TcpOutcome& outcome : outcomes) {
    if (outcome.reason == "no answer within 200 ms") ++silent;
  }
  EXPECT_GT(silent, 0);
}

TEST(TcpConnectTest, AddressesOfIpv6HaveBrackets) {
  EXPECT_EQ((TcpAddress{"::1", 9092}).ToString(), "[::1]:9092");
  EXPECT_EQ((TcpAddress{"kafka-1", 9092}).ToString(), "kafka-1:9092");
}

}  // namespace
}  // namespace tillstream
