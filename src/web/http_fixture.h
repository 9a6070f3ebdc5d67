#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "base/check.h"
#include "web/http_server.h"

namespace tillstream {

/// How long a test waits for what should come at once.
inline constexpr std::chrono::seconds kTestDeadline{60};

/// An answer as it came.
struct RawAnswer {
  int status = 0;
  std::string head;
  std::string body;

  bool HasHeader(std::string_view line) const {
    return head.find("\r\n" + std::string(line) + "\r\n") != std::string::npos;
  }
};

/// A client that sends exactly what it is told to.
class RawClient {
 public:
  /// `receive_bytes`: the size of the socket's receive buffer, for a slow reader; 0: the system's.
  explicit RawClient(uint16_t port, int receive_bytes = 0)
      : RawClient(port, receive_bytes, ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {}
  /// Connects `socket`, which becomes the client's.
  RawClient(uint16_t port, int receive_bytes, int socket) : socket_(socket) {
    TILLSTREAM_CHECK(socket_ >= 0);
    const timeval deadline{kTestDeadline.count(), 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &deadline, sizeof deadline);
    ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &deadline, sizeof deadline);
    const int on = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (receive_bytes > 0) {
      ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof receive_bytes);
    }
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    is_connected_ =
        ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  ~RawClient() { Close(); }
  RawClient(RawClient&& other) noexcept
      : socket_(std::exchange(other.socket_, -1)),
        is_connected_(other.is_connected_),
        received_(std::move(other.received_)) {}
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;
  RawClient& operator=(RawClient&&) = delete;

  bool is_connected() const { return is_connected_; }

  /// False when the server closed meanwhile.
  bool Send(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count <= 0) return false;
      bytes.remove_prefix(static_cast<size_t>(count));
    }
    return true;
  }
  void EndSending() const { ::shutdown(socket_, SHUT_WR); }
  void Close() {
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
  }
  /// Closes so that the server sees a reset.
  void Reset() {
    const linger at_once{1, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    Close();
  }

  /// The next answer; status 0 when there is none before the connection ends, or it is no HTTP.
  /// `has_body` is false for answers to HEAD.
  RawAnswer ReadAnswer(bool has_body = true) {
    RawAnswer answer;
    size_t end = std::string::npos;
    while ((end = received_.find("\r\n\r\n")) == std::string::npos) {
      if (!Receive()) return answer;
    }
    answer.head = received_.substr(0, end + 2);
    received_.erase(0, end + 4);
    if (!answer.head.starts_with("HTTP/1.1 ")) return answer;
    const int status = std::atoi(answer.head.c_str() + std::string_view("HTTP/1.1 ").size());
    const size_t length = answer.head.find("Content-Length: ");
    if (has_body && length != std::string::npos) {
      const size_t size = std::strtoull(answer.head.c_str() + length + 16, nullptr, 10);
      while (received_.size() < size) {
        if (!Receive()) return answer;
      }
      answer.body = received_.substr(0, size);
      received_.erase(0, size);
    }
    answer.status = status;
    return answer;
  }

  /// Whether the server closes, in order, without sending more.
  bool SeesClose() { return received_.empty() && !Receive() && received_.empty() && end_ == 0; }
  /// Whether the connection ends in any way, after whatever comes before.
  bool SeesEnd() {
    while (Receive()) received_.clear();
    return end_ != EAGAIN;
  }

 private:
  bool Receive() {
    char bytes[65536];
    const ssize_t count = ::recv(socket_, bytes, sizeof bytes, 0);
    if (count > 0) {
      received_.append(bytes, static_cast<size_t>(count));
      return true;
    }
    end_ = count == 0 ? 0 : errno;
    return false;
  }

  int socket_ = -1;
  bool is_connected_ = false;
  int end_ = -1;
  std::string received_;
};

/// Answers /echo with what came, /big with as many bytes as the query says, /nothing with 204,
/// /throw with an exception. Paths that begin with /block run on a worker and wait for Release().
class TestHandler final : public HttpHandler {
 public:
  bool MayBlock(const HttpRequest& request) const override {
    return request.path.starts_with("/block");
  }

  HttpResponse Handle(const HttpRequest& request) override {
    HttpResponse answer;
    answer.content_type = "text/plain";
    if (request.path == "/big") {
      answer.body.assign(std::strtoull(request.query.c_str(), nullptr, 10), 'x');
    } else if (request.path == "/nothing") {
      answer.status = 204;
    } else if (request.path == "/throw") {
      throw std::string("thrown");
    } else {
      if (MayBlock(request)) Block();
      answer.body = request.method + " " + request.path + "?" + request.query + " " + request.body;
    }
    return answer;
  }

  HttpResponse Refuse(int status, std::string_view reason) const override {
    HttpResponse answer;
    answer.status = status;
    answer.content_type = "text/plain";
    answer.body = reason;
    return answer;
  }

  void Release() {
    const std::lock_guard lock(mutex_);
    is_released_ = true;
    changed_.notify_all();
  }

  /// Waits until `count` requests have begun to block, together since the beginning.
  bool AwaitBlocked(int count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kTestDeadline, [&] { return blocked_ >= count; });
  }
  int blocked() const {
    const std::lock_guard lock(mutex_);
    return blocked_;
  }

 private:
  void Block() {
    std::unique_lock lock(mutex_);
    ++blocked_;
    changed_.notify_all();
    changed_.wait_for(lock, kTestDeadline, [&] { return is_released_; });
  }

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  int blocked_ = 0;
  bool is_released_ = false;
};

/// A server on a free port of loopback, with TestHandler.
class HttpServerFixture : public testing::Test {
 protected:
  ~HttpServerFixture() override {
    handler_.Release();
    if (server_) Stop();
  }

  void Start() {
    auto opened = HttpServer::Open(options_, handler_);
    ASSERT_TRUE(opened.has_value()) << opened.error().message;
    server_ = *std::move(opened);
    thread_ = std::jthread([this](std::stop_token stop) {
      EXPECT_TRUE(server_->Run(std::move(stop)).has_value());
      is_ended_ = true;
    });
  }
  void RequestStop() { thread_.request_stop(); }
  void Stop() {
    RequestStop();
    if (thread_.joinable()) thread_.join();
  }

  RawClient Connect(int receive_bytes = 0) const {
    return RawClient(server_->port(), receive_bytes);
  }

  /// Sends `bytes` on a connection of its own and gives the first answer.
  RawAnswer Ask(std::string_view bytes) const {
    RawClient client = Connect();
    client.Send(bytes);
    return client.ReadAnswer();
  }

  /// Waits until the statistics are as `is_so` wants them.
  template <typename Condition>
  bool AwaitStats(Condition is_so) const {
    const auto deadline = std::chrono::steady_clock::now() + kTestDeadline;
    while (!is_so(server_->stats())) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      std::this_thread::yield();
    }
    return true;
  }

  static std::string Get(std::string_view target, std::string_view headers = "") {
    return "GET " + std::string(target) + " HTTP/1.1\r\nHost: x\r\n" + std::string(headers) +
           "\r\n";
  }
  static std::string Post(std::string_view target, std::string_view body,
                          std::string_view headers = "") {
    return "POST " + std::string(target) +
           " HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
           std::string(headers) + "\r\n" + std::string(body);
  }

  static std::string Bytes(size_t size) {
    std::string bytes;
    bytes.resize(size, 'b');
    return bytes;
  }
  static std::string AllButOneByte(const std::string& text) {
    return text.substr(0, text.size() - 1);
  }

  HttpServerOptions options_;
  TestHandler handler_;
  std::unique_ptr<HttpServer> server_;
  std::atomic<bool> is_ended_{false};
  std::jthread thread_;
};

}  // namespace tillstream
