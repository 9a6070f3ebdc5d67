#include <gtest/gtest.h>
#include <sys/resource.h>

#include <chrono>
#include <string>
#include <vector>

#include "web/http_fixture.h"

namespace tillstream {
namespace {

using std::chrono::milliseconds;

class HttpLimitsTest : public HttpServerFixture {};

TEST_F(HttpLimitsTest, HeaderTooLargeIs431) {
  options_.header_bytes_max = 1000;
  Start();
  const size_t rest = 1000 - Get("/", "A: \r\n").size();
  EXPECT_EQ(Ask(Get("/", "A: " + std::string(rest, 'a') + "\r\n")).status, 200);
  EXPECT_EQ(Ask(Get("/", "A: " + std::string(rest + 1, 'a') + "\r\n")).status, 431);
  EXPECT_EQ(Ask(Get("/" + std::string(1000, 'a'))).status, 431);
  EXPECT_EQ(Ask(Get("/", "A: " + std::string(1'000'000, 'a') + "\r\n")).status, 431);
  EXPECT_EQ(Ask(std::string(1000, 'a')).status, 431);
}

TEST_F(HttpLimitsTest, HeaderThatComesLineByLineIs431) {
  options_.header_bytes_max = 1000;
  options_.header_count_max = 10'000;
  Start();
  RawClient client = Connect();
  ASSERT_TRUE(client.Send("GET / HTTP/1.1\r\nHost: x\r\n"));
  // In pieces that end with a line, which the parser takes one by one.
  for (int i = 0; i < 200; ++i) {
    if (!client.Send("A: aaaaaaaa\r\n")) break;
    std::this_thread::yield();
  }
  EXPECT_EQ(client.ReadAnswer().status, 431);
}

TEST_F(HttpLimitsTest, TooManyHeaderLinesAre431) {
  options_.header_count_max = 10;
  Start();
  std::string headers;  // beside Host
  for (int i = 0; i < 9; ++i) headers += "A: a\r\n";
  EXPECT_EQ(Ask(Get("/", headers)).status, 200);
  EXPECT_EQ(Ask(Get("/", headers + "B: b\r\n")).status, 431);
}

TEST_F(HttpLimitsTest, TooManyTrailerLinesAre431) {
  options_.header_count_max = 10;
  Start();
  std::string trailer;
  for (int i = 0; i < 10; ++i) trailer += "A: a\r\n";
  EXPECT_EQ(Ask("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + trailer +
                "\r\n")
                .status,
            431);
}

TEST_F(HttpLimitsTest, BodyTooLargeIs413) {
  options_.body_bytes_max = 1000;
  Start();
  EXPECT_EQ(Ask(Post("/", std::string(1000, 'a'))).status, 200);
  EXPECT_EQ(Ask(Post("/", std::string(1001, 'a'))).status, 413);
  EXPECT_EQ(
      Ask("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 18446744073709551615\r\n\r\n").status,
      413);
}

TEST_F(HttpLimitsTest, ClientThatSendsAllBeforeItReadsGetsThe413) {
  Start();
  RawClient client = Connect();
  ASSERT_TRUE(client.Send(Post("/", Bytes(10'000'000))));
  EXPECT_EQ(client.ReadAnswer().status, 413);
  EXPECT_TRUE(client.SeesClose());
  EXPECT_EQ(server_->stats().bytes_held, 0U);
}

TEST_F(HttpLimitsTest, ChunkedBodyThatGrowsTooLargeIs413) {
  options_.body_bytes_max = 1000;
  Start();
  const std::string head = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::string chunk = "64\r\n" + std::string(100, 'a') + "\r\n";
  std::string ten;
  for (int i = 0; i < 10; ++i) ten += chunk;
  EXPECT_EQ(Ask(head + ten + "0\r\n\r\n").status, 200);
  EXPECT_EQ(Ask(head + ten + "1\r\na\r\n0\r\n\r\n").status, 413);
  EXPECT_EQ(Ask(head + "ffffffffffffffff\r\n").status, 413);
  RawClient client = Connect();
  ASSERT_TRUE(client.Send(head));
  for (int i = 0; i < 10'000; ++i) ASSERT_TRUE(client.Send(chunk));
  EXPECT_EQ(client.ReadAnswer().status, 413);
}

TEST_F(HttpLimitsTest, EndlessChunkHeadersAndTrailersAreRefused) {
  Start();
  const std::string head = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(Ask(head + "1;a=" + std::string(200'000, 'a')).status, 400);
  EXPECT_EQ(Ask(head + "0\r\nA: " + std::string(200'000, 'a')).status, 400);
}

TEST_F(HttpLimitsTest, LingeringEndsWithItsTimeAndItsBytes) {
  options_.linger_time_max = milliseconds(20);
  Start();
  RawClient quiet = Connect();
  ASSERT_TRUE(quiet.Send("nonsense\r\n\r\n"));
  EXPECT_EQ(quiet.ReadAnswer().status, 400);
  EXPECT_TRUE(AwaitStats([](const auto& stats) { return stats.connections_open == 0; }));
  Stop();
  options_.linger_time_max = kTestDeadline;
  options_.linger_bytes_max = 1'000'000;
  Start();
  RawClient endless = Connect();
  ASSERT_TRUE(endless.Send("nonsense\r\n\r\n"));
  while (endless.Send(std::string(100'000, 'a'))) {
  }
  EXPECT_TRUE(AwaitStats([](const auto& stats) { return stats.connections_open == 0; }));
}

TEST_F(HttpLimitsTest, SlowSenderGets408) {
  options_.request_time_max = milliseconds(50);
  Start();
  for (const std::string& part :
       {std::string("G"), std::string("GET / HTTP/1.1\r\nHo"), AllButOneByte(Post("/", "body"))}) {
    RawClient client = Connect();
    ASSERT_TRUE(client.Send(part));
    EXPECT_EQ(client.ReadAnswer().status, 408) << part;
    EXPECT_TRUE(client.SeesClose());
  }
}

TEST_F(HttpLimitsTest, SenderOfOneByteAfterAnotherGets408) {
  options_.request_time_max = milliseconds(50);
  Start();
  RawClient client = Connect();
  ASSERT_TRUE(client.Send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n"));
  const auto begin = std::chrono::steady_clock::now();
  while (server_->stats().answers[4] == 0) {
    if (std::chrono::steady_clock::now() - begin > kTestDeadline || !client.Send("a")) break;
    std::this_thread::yield();
  }
  EXPECT_EQ(client.ReadAnswer().status, 408);
}

TEST_F(HttpLimitsTest, IdleConnectionIsClosedWithoutAnAnswer) {
  options_.idle_time_max = milliseconds(20);
  Start();
  RawClient fresh = Connect();
  EXPECT_TRUE(fresh.SeesClose());
  RawClient used = Connect();
  ASSERT_TRUE(used.Send(Get("/")));
  EXPECT_EQ(used.ReadAnswer().status, 200);
  EXPECT_TRUE(used.SeesClose());
  EXPECT_TRUE(AwaitStats([](const auto& stats) { return stats.connections_open == 0; }));
}

TEST_F(HttpLimitsTest, TimesOfOneRequestAreNotTheNextOnes) {
  options_.request_time_max = milliseconds(200);
  Start();
  RawClient client = Connect();
  const auto end = std::chrono::steady_clock::now() + milliseconds(500);
  while (std::chrono::steady_clock::now() < end) {
    ASSERT_TRUE(client.Send(Get("/")));
    ASSERT_EQ(client.ReadAnswer().status, 200);
  }
}

TEST_F(HttpLimitsTest, SlowReaderIsClosed) {
  options_.write_time_max = milliseconds(50);
  Start();
  RawClient client = Connect(4096);
  ASSERT_TRUE(client.Send(Get("/big?20000000")));
  EXPECT_TRUE(AwaitStats([](const auto& stats) { return stats.write_timeouts == 1; }));
  EXPECT_TRUE(AwaitStats(
      [](const auto& stats) { return stats.connections_open == 0 && stats.bytes_held == 0; }));
  EXPECT_TRUE(client.SeesEnd());
}

TEST_F(HttpLimitsTest, ReaderOfManyAnswersThatNeverReadsIsBounded) {
  options_.write_time_max = milliseconds(200);
  Start();
  RawClient client = Connect(4096);
  std::string many;
  for (int i = 0; i < 1000; ++i) many += Get("/big?100000");
  ASSERT_TRUE(client.Send(many));
  EXPECT_TRUE(AwaitStats([&](const auto& stats) {
    EXPECT_LE(stats.bytes_held, 100'000U);
    return stats.write_timeouts == 1;
  }));
}

TEST_F(HttpLimitsTest, BodiesInMemoryAreBounded) {
  options_.held_bytes_max = 1'000'000;
  Start();
  EXPECT_EQ(Ask(Get("/big?1000000")).status, 200);
  EXPECT_EQ(Ask(Get("/big?1000001")).status, 503);
  RawClient half_sent = Connect();
  const std::string body(1'000'000, 'a');
  ASSERT_TRUE(half_sent.Send(Post("/echo", body).substr(0, 600'000)));
  ASSERT_TRUE(AwaitStats([](const auto& stats) { return stats.bytes_held > 500'000; }));
  const RawAnswer answer = Ask(Post("/echo", body.substr(0, 500'000)));
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.body, "too many bodies in memory");
  EXPECT_EQ(Ask(Post("/echo", "small")).status, 200);
  half_sent.Reset();
  EXPECT_TRUE(AwaitStats([](const auto& stats) { return stats.bytes_held == 0; }));
}

TEST_F(HttpLimitsTest, TooManyConnectionsAre503) {
  options_.connections_max = 2;
  Start();
  RawClient first = Connect();
  RawClient second = Connect();
  ASSERT_TRUE(AwaitStats([](const auto& stats) { return stats.connections_open == 2; }));
  const RawAnswer answer = Ask(Get("/"));
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.body, "too many connections");
  first.Close();
  ASSERT_TRUE(AwaitStats([](const auto& stats) { return stats.connections_open == 1; }));
  EXPECT_EQ(Ask(Get("/")).status, 200);
  EXPECT_EQ(server_->stats().connections_refused, 1U);
}

TEST_F(HttpLimitsTest, ThousandsOfConnectionsEndInTheirLimit) {
  options_.connections_max = 20;
  options_.refusals_max = 5;
  Start();
  constexpr uint64_t kCount = 3000;
  std::vector<RawClient> held;
  for (uint64_t i = 0; i < kCount; ++i) {
    RawClient client = Connect();
    ASSERT_TRUE(client.is_connected()) << i;
    client.Send(Get("/"));
    if (i < 100) held.push_back(std::move(client));
  }
  EXPECT_TRUE(AwaitStats([&](const auto& stats) { return stats.connections_accepted == kCount; }));
  EXPECT_LE(server_->stats().connections_open, 25U);
  EXPECT_GE(server_->stats().connections_refused, 80U);
  int served = 0;
  int refused = 0;
  for (RawClient& client : held) {
    const int status = client.ReadAnswer().status;
    served += status == 200 ? 1 : 0;
    refused += status == 503 ? 1 : 0;
  }
  EXPECT_EQ(served, 20);
  EXPECT_EQ(refused, 5);
  held.clear();
  ASSERT_TRUE(AwaitStats([](const auto& stats) { return stats.connections_open == 0; }));
  EXPECT_EQ(Ask(Get("/")).status, 200);
}

TEST_F(HttpLimitsTest, FullQueueOfWorkersIs503) {
  options_.worker_count = 2;
  options_.waiting_max = 3;
  Start();
  std::vector<RawClient> clients;
  for (int i = 0; i < 5; ++i) {
    clients.push_back(Connect());
    ASSERT_TRUE(clients.back().Send(Get("/block")));
    ASSERT_TRUE(i >= 2 || handler_.AwaitBlocked(i + 1));
  }
  ASSERT_TRUE(AwaitStats([](const auto& stats) { return stats.requests_waiting == 3; }));
  const RawAnswer answer = Ask(Get("/block"));
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.body, "too many requests wait");
  EXPECT_EQ(Ask(Get("/quick")).status, 200);
  handler_.Release();
  for (RawClient& client : clients) EXPECT_EQ(client.ReadAnswer().status, 200);
}

/// Lets the process have no further descriptors for a while.
class NoDescriptors {
 public:
  NoDescriptors() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    rlimit none = before_;
    none.rlim_cur = 3;
    ::setrlimit(RLIMIT_NOFILE, &none);
  }
  ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  NoDescriptors(const NoDescriptors&) = delete;
  NoDescriptors& operator=(const NoDescriptors&) = delete;

 private:
  rlimit before_{};
};

TEST_F(HttpLimitsTest, WantOfDescriptorsIsSurvivedAndSaidOnce) {
  std::atomic<int> warnings{0};
  std::string warning;
  options_.accept_retry = milliseconds(1);
  options_.on_warning = [&](const std::string& message) {
    warning = message;
    ++warnings;
  };
  Start();
  RawClient before = Connect();
  ASSERT_TRUE(before.Send(Get("/")));
  ASSERT_EQ(before.ReadAnswer().status, 200);
  RawClient waiting = [&] {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const NoDescriptors none;
    RawClient client(server_->port(), 0, socket);
    EXPECT_TRUE(client.Send(Get("/")));
    while (warnings == 0) std::this_thread::yield();
    for (int i = 0; i < 100; ++i) {
      EXPECT_TRUE(before.Send(Get("/")));
      EXPECT_EQ(before.ReadAnswer().status, 200);
    }
    return client;
  }();
  EXPECT_EQ(waiting.ReadAnswer().status, 200);
  EXPECT_EQ(warnings, 1);
  EXPECT_EQ(warning, "--listen: no connection can be accepted: too many open files");
}

}  // namespace
}  // namespace tillstream
