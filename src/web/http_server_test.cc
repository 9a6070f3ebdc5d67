#include "web/http_server.h"

#include <gtest/gtest.h>

#include <string>

#include "web/http_fixture.h"

namespace tillstream {
namespace {

class HttpServerTest : public HttpServerFixture {};

TEST_F(HttpServerTest, AnswersWithWhatTheHandlerGives) {
  Start();
  const RawAnswer answer = Ask(Get("/echo?a=1"));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "GET /echo?a=1 ");
  EXPECT_TRUE(answer.head.starts_with("HTTP/1.1 200 OK\r\n")) << answer.head;
  EXPECT_TRUE(answer.HasHeader("Content-Type: text/plain")) << answer.head;
  EXPECT_TRUE(answer.HasHeader("Content-Length: 14")) << answer.head;
}

TEST_F(HttpServerTest, ConnectionServesManyRequests) {
  Start();
  RawClient client = Connect();
  for (int i = 0; i < 100; ++i) {
    const std::string body(static_cast<size_t>(i) * 100, 'b');
    ASSERT_TRUE(client.Send(Post("/echo", body)));
    EXPECT_EQ(client.ReadAnswer().body, "POST /echo? " + body);
  }
  EXPECT_EQ(server_->stats().connections_accepted, 1U);
}

TEST_F(HttpServerTest, PipelinedRequestsAreAnsweredInOrder) {
  Start();
  RawClient client = Connect();
  std::string all;
  for (int i = 0; i < 1000; ++i) {
    const std::string name = std::to_string(i);
    all += i % 2 == 0 ? Get("/" + name) : Post("/" + name, name);
  }
  ASSERT_TRUE(client.Send(all + Get("/last", "Connection: close\r\n")));
  for (int i = 0; i < 1000; ++i) {
    const std::string name = std::to_string(i);
    ASSERT_EQ(client.ReadAnswer().body,
              i % 2 == 0 ? "GET /" + name + "? " : "POST /" + name + "? " + name);
  }
  EXPECT_EQ(client.ReadAnswer().body, "GET /last? ");
  EXPECT_TRUE(client.SeesClose());
}

TEST_F(HttpServerTest, PipelinedRequestsStayInOrderWhenTheFirstBlocks) {
  Start();
  RawClient client = Connect();
  ASSERT_TRUE(client.Send(Get("/block") + Get("/quick")));
  ASSERT_TRUE(handler_.AwaitBlocked(1));
  EXPECT_EQ(Ask(Get("/other")).status, 200);  // another connection is not held up
  handler_.Release();
  EXPECT_EQ(client.ReadAnswer().body, "GET /block? ");
  EXPECT_EQ(client.ReadAnswer().body, "GET /quick? ");
}

TEST_F(HttpServerTest, EveryCutOfARequestIsPutTogether) {
  Start();
  RawClient client = Connect();
  const std::string request = Post("/echo", "body") +
                              "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                              "3;a=b\r\nabc\r\n2\r\nde\r\n0\r\nT: 1\r\n\r\n";
  for (size_t cut = 0; cut <= request.size(); ++cut) {
    ASSERT_TRUE(client.Send(request.substr(0, cut)));
    ASSERT_TRUE(client.Send(request.substr(cut)));
    ASSERT_EQ(client.ReadAnswer().body, "POST /echo? body") << cut;
    ASSERT_EQ(client.ReadAnswer().body, "POST /echo? abcde") << cut;
  }
}

TEST_F(HttpServerTest, BytesOneByOneMakeARequest) {
  Start();
  RawClient client = Connect();
  for (const char c : Post("/echo", "body")) ASSERT_TRUE(client.Send({&c, 1}));
  EXPECT_EQ(client.ReadAnswer().body, "POST /echo? body");
}

TEST_F(HttpServerTest, EmptyLineBeforeARequestIsSkipped) {
  Start();
  EXPECT_EQ(Ask("\r\n" + Get("/echo")).status, 200);
}

TEST_F(HttpServerTest, HeadHasTheHeadOfGetAndNoBody) {
  Start();
  RawClient client = Connect();
  ASSERT_TRUE(client.Send("HEAD /echo HTTP/1.1\r\nHost: x\r\n\r\n" + Get("/next")));
  const RawAnswer answer = client.ReadAnswer(false);
  EXPECT_EQ(answer.status, 200);
  EXPECT_TRUE(answer.HasHeader("Content-Length: 11")) << answer.head;
  EXPECT_EQ(client.ReadAnswer().body, "GET /next? ");
}

TEST_F(HttpServerTest, NoContentHasNoLength) {
  Start();
  RawClient client = Connect();
  ASSERT_TRUE(client.Send(Get("/nothing") + Get("/next")));
  const RawAnswer answer = client.ReadAnswer();
  EXPECT_EQ(answer.status, 204);
  EXPECT_EQ(answer.head.find("Content-Length"), std::string::npos) << answer.head;
  EXPECT_EQ(client.ReadAnswer().body, "GET /next? ");
}

TEST_F(HttpServerTest, ClosesWhenTheClientAsks) {
  Start();
  RawClient client = Connect();
  ASSERT_TRUE(client.Send(Get("/echo", "Connection: close\r\n")));
  const RawAnswer answer = client.ReadAnswer();
  EXPECT_EQ(answer.status, 200);
  EXPECT_TRUE(answer.HasHeader("Connection: close")) << answer.head;
  EXPECT_TRUE(client.SeesClose());
}

TEST_F(HttpServerTest, Http10IsClosedUnlessItAsksToBeKept) {
  Start();
  RawClient once = Connect();
  ASSERT_TRUE(once.Send("GET /echo HTTP/1.0\r\n\r\n"));
  EXPECT_EQ(once.ReadAnswer().status, 200);
  EXPECT_TRUE(once.SeesClose());
  RawClient kept = Connect();
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(kept.Send("GET /echo HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
    EXPECT_TRUE(kept.ReadAnswer().HasHeader("Connection: keep-alive"));
  }
}

TEST_F(HttpServerTest, ContinueIsSentBeforeTheBodyIsRead) {
  Start();
  RawClient client = Connect();
  const std::string request = Post("/echo", "body", "Expect: 100-continue\r\n");
  ASSERT_TRUE(client.Send(request.substr(0, request.size() - 4)));
  EXPECT_EQ(client.ReadAnswer().status, 100);
  ASSERT_TRUE(client.Send("body"));
  EXPECT_EQ(client.ReadAnswer().body, "POST /echo? body");
  ASSERT_TRUE(client.Send(request));  // with the body there already, no 100 is needed
  EXPECT_EQ(client.ReadAnswer().status, 200);
}

TEST_F(HttpServerTest, BodyThatWouldBeRefusedIsNotContinued) {
  options_.body_bytes_max = 10;
  Start();
  EXPECT_EQ(Ask("POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 11\r\n"
                "\r\n")
                .status,
            413);
  EXPECT_EQ(Ask(Get("/echo", "Expect: a miracle\r\n")).status, 417);
}

TEST_F(HttpServerTest, TargetMayBeAbsolute) {
  Start();
  EXPECT_EQ(Ask(Get("http://x:1/echo?q")).body, "GET /echo?q ");
  EXPECT_EQ(Ask("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n").body, "OPTIONS *? ");
}

TEST_F(HttpServerTest, MalformedRequestsAreRefused) {
  Start();
  const std::string chunked = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n";
  const std::pair<std::string, int> cases[] = {
      {"nonsense\r\n\r\n", 400},
      {std::string("\x16\x03\x01\x02\x00\x01\x00\x01", 8), 400},  // TLS
      {"GET /\r\n\r\n", 400},
      {"GET / FTP/1.1\r\n\r\n", 400},
      {"GET  / HTTP/1.1\r\n\r\n", 400},
      {"GET / HTTP/1.1\nHost: x\n\n", 400},
      {"GET / HTTP/2.0\r\nHost: x\r\n\r\n", 505},
      {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
      {"GET / HTTP/1.1\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: x\r\nBad Name: y\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: x\r\nName : y\r\n\r\n", 400},
      {Get("echo"), 400},
      {Get("/a#b"), 400},
      {"CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1x\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400},
      {chunked + "Content-Length: 3\r\n\r\n", 400},
      {chunked + "Transfer-Encoding: chunked\r\n\r\n", 400},
      {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n", 501},
      {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501},
      {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, chunked\r\n\r\n", 501},
      {chunked + "\r\nx\r\n", 400},
      {chunked + "\r\n1\r\nab\r\n0\r\n\r\n", 400},
      {chunked + "\r\nfffffffffffffffff\r\n", 400},
  };
  for (const auto& [request, status] : cases) {
    RawClient client = Connect();
    ASSERT_TRUE(client.Send(request));
    const RawAnswer answer = client.ReadAnswer();
    EXPECT_EQ(answer.status, status) << request;
    EXPECT_TRUE(answer.HasHeader("Connection: close")) << request;
    EXPECT_TRUE(client.SeesClose()) << request;
  }
}

TEST_F(HttpServerTest, HandlerThatThrowsIsAnAnswer) {
  Start();
  const RawAnswer answer = Ask(Get("/throw"));
  EXPECT_EQ(answer.status, 500);
  EXPECT_EQ(answer.body, "the request could not be handled");
}

TEST_F(HttpServerTest, ClientThatEndedSendingGetsItsAnswer) {
  Start();
  RawClient client = Connect();
  ASSERT_TRUE(client.Send(Get("/echo")));
  client.EndSending();
  EXPECT_EQ(client.ReadAnswer().status, 200);
  EXPECT_TRUE(client.SeesClose());
}

TEST_F(HttpServerTest, RequestThatEndsEarlyIsRefused) {
  Start();
  const std::string request = Post("/echo", "body");
  for (size_t size = 1; size < request.size(); ++size) {
    RawClient client = Connect();
    ASSERT_TRUE(client.Send(request.substr(0, size)));
    client.EndSending();
    ASSERT_EQ(client.ReadAnswer().status, 400) << size;
    ASSERT_TRUE(client.SeesClose());
  }
  EXPECT_EQ(handler_.blocked(), 0);
}

TEST_F(HttpServerTest, ClientThatVanishesLeavesNothing) {
  Start();
  {
    RawClient in_header = Connect();
    ASSERT_TRUE(in_header.Send("GET / HT"));
    in_header.Reset();
    RawClient in_body = Connect();
    ASSERT_TRUE(in_body.Send(AllButOneByte(Post("/echo", "body"))));
    in_body.Reset();
    RawClient in_answer = Connect(4096);
    ASSERT_TRUE(in_answer.Send(Get("/big?20000000")));
    ASSERT_TRUE(AwaitStats([](const auto& stats) { return stats.bytes_held == 20'000'000; }));
    in_answer.Reset();
    RawClient while_handled = Connect();
    ASSERT_TRUE(while_handled.Send(Get("/block")));
    ASSERT_TRUE(handler_.AwaitBlocked(1));
    while_handled.Reset();
    handler_.Release();
  }
  EXPECT_TRUE(AwaitStats(
      [](const auto& stats) { return stats.connections_open == 0 && stats.bytes_held == 0; }));
  EXPECT_EQ(Ask(Get("/echo")).status, 200);
}

TEST_F(HttpServerTest, LargeBodiesGoBothWays) {
  options_.body_bytes_max = 10'000'000;
  Start();
  RawClient client = Connect();
  const std::string body = Bytes(10'000'000);
  ASSERT_TRUE(client.Send(Post("/echo", body)));
  EXPECT_EQ(client.ReadAnswer().body, "POST /echo? " + body);
  ASSERT_TRUE(client.Send("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"));
  for (size_t sent = 0; sent < body.size(); sent += 100'000) {
    ASSERT_TRUE(client.Send("186a0\r\n" + body.substr(sent, 100'000) + "\r\n"));
  }
  ASSERT_TRUE(client.Send("0\r\n\r\n"));
  EXPECT_EQ(client.ReadAnswer().body, "POST /echo? " + body);
}

TEST_F(HttpServerTest, StopLetsRunningRequestsFinish) {
  Start();
  RawClient running = Connect();
  RawClient idle = Connect();
  ASSERT_TRUE(idle.Send(Get("/echo")));
  ASSERT_EQ(idle.ReadAnswer().status, 200);
  ASSERT_TRUE(running.Send(Get("/block")));
  ASSERT_TRUE(handler_.AwaitBlocked(1));
  RequestStop();
  EXPECT_TRUE(idle.SeesClose());
  EXPECT_FALSE(is_ended_);
  handler_.Release();
  const RawAnswer answer = running.ReadAnswer();
  EXPECT_EQ(answer.status, 200);
  EXPECT_TRUE(answer.HasHeader("Connection: close")) << answer.head;
  running.Close();
  Stop();
  EXPECT_FALSE(RawClient(server_->port()).is_connected());
  EXPECT_EQ(server_->stats().connections_open, 0U);
}

TEST_F(HttpServerTest, StopGivesUpWhatTakesTooLong) {
  options_.stop_time_max = std::chrono::milliseconds(20);
  options_.worker_count = 1;
  Start();
  RawClient running = Connect();
  ASSERT_TRUE(running.Send(Get("/block")));
  ASSERT_TRUE(handler_.AwaitBlocked(1));
  RawClient waiting = Connect();
  ASSERT_TRUE(waiting.Send(Get("/block")));
  ASSERT_TRUE(AwaitStats([](const auto& stats) { return stats.requests_waiting == 1; }));
  RawClient half_sent = Connect();
  ASSERT_TRUE(half_sent.Send("GET / HT"));
  RequestStop();
  EXPECT_TRUE(running.SeesEnd());
  EXPECT_TRUE(waiting.SeesEnd());
  EXPECT_TRUE(half_sent.SeesEnd());
  handler_.Release();
  Stop();
  EXPECT_EQ(handler_.blocked(), 1);  // the one that waited was not begun
}

TEST_F(HttpServerTest, ServerThatNeverRanEnds) {
  auto server = HttpServer::Open({}, handler_);
  ASSERT_TRUE(server.has_value());
  RawClient client((*server)->port());
  EXPECT_TRUE(client.is_connected());
  server->reset();
  EXPECT_TRUE(client.SeesEnd());
}

TEST_F(HttpServerTest, StopBeforeRunComesBackAtOnce) {
  auto server = HttpServer::Open({}, handler_);
  ASSERT_TRUE(server.has_value());
  std::stop_source source;
  source.request_stop();
  EXPECT_TRUE((*server)->Run(source.get_token()).has_value());
}

TEST_F(HttpServerTest, AddressInUseIsSaid) {
  Start();
  HttpServerOptions second;
  second.port = server_->port();
  const auto opened = HttpServer::Open(second, handler_);
  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(opened.error().message,
            "--listen: 127.0.0.1:" + std::to_string(second.port) + ": address already in use");
  second.option = "--metrics";
  EXPECT_EQ(HttpServer::Open(second, handler_).error().message,
            "--metrics: 127.0.0.1:" + std::to_string(second.port) + ": address already in use");
}

TEST_F(HttpServerTest, AddressOfAnotherMachineIsSaid) {
  HttpServerOptions elsewhere;
  elsewhere.host = "192.0.2.1";  // for documentation, never assigned
  const auto opened = HttpServer::Open(elsewhere, handler_);
  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error().message, "--listen: 192.0.2.1:0: cannot assign requested address");
}

TEST_F(HttpServerTest, ListensOnNamesAndIpv6) {
  options_.host = "localhost";
  Start();
  EXPECT_NE(server_->port(), 0);
  HttpServerOptions ipv6;
  ipv6.host = "::1";
  const auto opened = HttpServer::Open(ipv6, handler_);
  if (!opened) {
    EXPECT_EQ(opened.error().message, "--listen: [::1]:0: cannot assign requested address");
    GTEST_SKIP() << "no IPv6 here: " << opened.error().message;
  }
  EXPECT_NE((*opened)->port(), 0);
}

}  // namespace
}  // namespace tillstream
