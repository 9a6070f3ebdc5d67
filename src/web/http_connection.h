#pragma once

// For http_server.cc only: what is included here takes 20 s to compile.

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "web/http_message.h"
#include "web/http_server.h"

namespace tillstream::internal {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using Parser = http::request_parser<http::string_body>;

class HttpConnection;

/// Operations give their error as a value.
inline constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

/// Asked of the kernel at one time. A usual request fits; larger bodies come in more pieces.
inline constexpr size_t kReadBytes = 4096;
inline constexpr size_t kBodyReadBytes = size_t{64} << 10;

inline constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

/// What connections share. Only the serving thread uses it, except for atomics, `handler` and the
/// two executors.
struct HttpServerState {
  HttpServerState(HttpServerOptions given, HttpHandler& handler_given)
      : options(std::move(given)), handler(handler_given), workers(options.worker_count) {}

  const HttpServerOptions options;
  HttpHandler& handler;

  std::atomic<uint64_t> accepted{0};
  std::atomic<uint64_t> refused{0};
  std::atomic<uint64_t> open{0};
  std::atomic<uint64_t> waiting{0};
  std::atomic<uint64_t> held_bytes{0};
  std::atomic<uint64_t> write_timeouts{0};
  std::array<std::atomic<uint64_t>, 6> answers{};

  std::unordered_set<HttpConnection*> connections;
  size_t refusals_open = 0;
  bool is_stopping = false;
  /// Requests that wait for a worker are not handled any more.
  std::atomic<bool> is_aborting{false};

  // Destroyed first, and with it the coroutines, whose ends still count above. One thread runs it.
  asio::io_context io{1};
  asio::steady_timer stop_timer{io};
  asio::thread_pool workers;

  HttpResponse Answer(const HttpRequest& request) const {
    try {
      return handler.Handle(request);
    } catch (...) {
      return handler.Refuse(500, "the request could not be handled");
    }
  }
};

/// How a step of a connection went on.
struct Outcome {
  enum class Kind { kDone, kRefused, kGone };
  Kind kind = Kind::kDone;
  int status = 0;
  std::string_view reason;

  bool is_done() const { return kind == Kind::kDone; }
};

inline constexpr Outcome kClientGone{Outcome::Kind::kGone, 0, {}};
constexpr Outcome Refused(int status, std::string_view reason) {
  return {Outcome::Kind::kRefused, status, reason};
}

/// Whether a request line that could not be parsed is one of another version of HTTP.
inline bool HasOtherVersion(std::string_view text) {
  constexpr std::string_view kMark = " HTTP/";
  text = text.substr(0, text.find_first_of("\r\n"));
  const size_t mark = text.find(kMark);
  if (mark == std::string_view::npos) return false;
  const std::string_view version = text.substr(mark + kMark.size());
  return version.size() == 3 && version[1] == '.' && version != "1.0" && version != "1.1";
}

inline Outcome OutcomeOf(const error_code& error, std::string_view unparsed) {
  if (error == http::error::header_limit) return Refused(431, "the header is too large");
  if (error == http::error::body_limit) return Refused(413, "the body is too large");
  if (error == http::error::bad_version && HasOtherVersion(unparsed)) {
    return Refused(505, "needed HTTP/1.1 or HTTP/1.0");
  }
  return Refused(400, "the request is not HTTP");
}

/// One connection, from accept to close. A coroutine owns it; the timer's wait shares it.
class HttpConnection : public std::enable_shared_from_this<HttpConnection> {
 public:
  HttpConnection(HttpServerState& server, tcp::socket socket, bool is_refused)
      : server_(server),
        socket_(std::move(socket)),
        timer_(server.io),
        buffer_(server.options.header_bytes_max + kBodyReadBytes),
        is_refused_(is_refused) {
    server_.connections.insert(this);
    if (is_refused_) ++server_.refusals_open;
    ++server_.open;
  }
  ~HttpConnection() { End(); }
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;

  asio::awaitable<void> Serve() {
    error_code ignored;
    socket_.set_option(tcp::no_delay(true), ignored);  // an answer is one write, never two
    if (is_refused_) {
      co_await Refuse(Refused(503, "too many connections"));
    } else {
      bool goes_on = true;
      while (goes_on && !server_.is_stopping) goes_on = co_await ServeRequest();
    }
    if (is_lingering_) co_await Linger();
    End();
  }

  /// Ends the wait for a request, or for the client to close; a request that has begun goes on.
  void StopIfIdle() {
    if (is_idle_ || is_lingering_) Interrupt();
  }

  void Abort() {
    error_code ignored;
    socket_.close(ignored);
  }

 private:
  enum class Read { kData, kEnd, kTimedOut, kFull, kGone };

  /// Nothing is counted any more. What is left waits for the timer.
  void End() {
    Hold(0);
    if (server_.connections.erase(this) == 0) return;
    if (is_refused_) --server_.refusals_open;
    --server_.open;
    error_code ignored;
    socket_.close(ignored);
    ++timer_generation_;
    timer_.cancel();
  }

  void Interrupt() {
    is_interrupted_ = true;
    error_code ignored;
    socket_.cancel(ignored);
  }

  /// Gives the coming reads or writes `limit` together. Each of them looks at is_interrupted_
  /// first, since the time may be up while none is in progress.
  void Arm(std::chrono::milliseconds limit) {
    is_interrupted_ = false;
    timer_.expires_after(limit);
    timer_.async_wait(
        [self = shared_from_this(), generation = ++timer_generation_](error_code error) {
          // A wait that is over already cannot be cancelled.
          if (!error && generation == self->timer_generation_) self->Interrupt();
        });
  }

  /// Accounts for `bytes` of bodies in memory instead of what was before; false beyond the limit.
  bool Hold(size_t bytes) {
    const uint64_t held = server_.held_bytes += bytes - held_bytes_;
    held_bytes_ = bytes;
    return held <= server_.options.held_bytes_max;
  }

  asio::awaitable<Read> ReadMore(size_t size) {
    size = std::min(size, buffer_.max_size() - buffer_.size());
    if (size == 0) co_return Read::kFull;
    if (is_interrupted_) co_return Read::kTimedOut;
    const auto [error, count] = co_await socket_.async_read_some(buffer_.prepare(size), kAwait);
    buffer_.commit(count);
    if (!error) co_return Read::kData;
    if (error == asio::error::eof) co_return Read::kEnd;
    co_return is_interrupted_ ? Read::kTimedOut : Read::kGone;
  }

  /// Writes all of both; false when the client is gone or too slow.
  asio::awaitable<bool> Write(std::string_view head, std::string_view body) {
    Arm(server_.options.write_time_max);
    while (!head.empty() || !body.empty()) {
      const std::array<asio::const_buffer, 2> buffers{asio::buffer(head), asio::buffer(body)};
      error_code error = asio::error::operation_aborted;
      size_t count = 0;
      if (!is_interrupted_) {
        std::tie(error, count) = co_await socket_.async_write_some(buffers, kAwait);
      }
      if (error) {
        if (is_interrupted_) ++server_.write_timeouts;
        co_return false;
      }
      const size_t of_head = std::min(count, head.size());
      head.remove_prefix(of_head);
      body.remove_prefix(count - of_head);
    }
    co_return true;
  }

  asio::awaitable<bool> WriteAnswer(const HttpResponse& answer, HttpFraming framing, bool is_head) {
    const int status_class = std::clamp(answer.status / 100, 1, 5);
    ++server_.answers[static_cast<size_t>(status_class)];
    const std::string head = ResponseHead(answer, framing);
    const bool has_body = !is_head && !IsBodiless(answer.status);
    const bool is_written =
        co_await Write(head, has_body ? std::string_view(answer.body) : std::string_view());
    is_lingering_ = is_written && !framing.is_keep_alive;
    co_return is_written;
  }

  /// Tells why, when the client may still hear it. The connection ends after this.
  asio::awaitable<void> Refuse(Outcome outcome) {
    if (outcome.kind != Outcome::Kind::kRefused) co_return;
    Hold(0);
    const HttpResponse answer = server_.handler.Refuse(outcome.status, outcome.reason);
    HttpFraming framing;
    framing.is_keep_alive = false;
    co_await WriteAnswer(answer, framing, false);
  }

  /// Waits for the client to close, so that the answer is not lost by a reset.
  asio::awaitable<void> Linger() {
    error_code error;
    socket_.shutdown(tcp::socket::shutdown_send, error);
    if (error) co_return;
    Arm(server_.options.linger_time_max);
    size_t size = 0;
    while (size < server_.options.linger_bytes_max) {
      buffer_.clear();
      if (co_await ReadMore(kBodyReadBytes) != Read::kData) break;
      size += buffer_.size();
    }
  }

  /// False when there will be none.
  asio::awaitable<bool> AwaitFirstByte() {
    if (buffer_.size() != 0) co_return true;
    buffer_.shrink_to_fit();  // idle connections are many
    Arm(server_.options.idle_time_max);
    is_idle_ = true;
    const Read read = co_await ReadMore(kReadBytes);
    is_idle_ = false;
    co_return read == Read::kData;
  }

  /// Reads the header (`whole`: the body) into `parser`.
  asio::awaitable<Outcome> Receive(Parser& parser, bool whole) {
    size_t header_bytes = 0;
    while (whole ? !parser.is_done() : !parser.is_header_done()) {
      if (!whole && header_bytes == 0 && Unparsed().starts_with("\r\n")) {
        buffer_.consume(2);  // which old clients send behind a body
        header_bytes = 2;
      }
      if (buffer_.size() != 0) {
        error_code error;
        const size_t used = parser.put(buffer_.cdata(), error);
        const bool needs_more = error == http::error::need_more;
        if (error && !needs_more) co_return OutcomeOf(error, Unparsed());
        buffer_.consume(used);
        if (whole && !Hold(parser.get().body().size())) {
          co_return Refused(503, "too many bodies in memory");
        }
        // The parser's own limit is for what is not parsed yet.
        header_bytes += whole ? 0 : used;
        if (HeaderCount(parser) > server_.options.header_count_max) {
          co_return Refused(431, "too many header lines");
        }
        if (header_bytes > server_.options.header_bytes_max) {
          co_return Refused(431, "the header is too large");
        }
        if (!needs_more && used != 0) continue;
      }
      if (!whole && header_bytes + buffer_.size() >= server_.options.header_bytes_max) {
        co_return Refused(431, "the header is too large");
      }
      switch (co_await ReadMore(whole ? kBodyReadBytes : kReadBytes)) {
        case Read::kData:
          break;
        case Read::kEnd:
          co_return Refused(400, "the request ends early");
        case Read::kTimedOut:
          co_return Refused(408, "the request took too long");
        case Read::kFull:
          co_return Refused(400, "the header of a chunk is too large");
        case Read::kGone:
          co_return kClientGone;
      }
    }
    co_return Outcome{};
  }

  std::string_view Unparsed() const {
    return {static_cast<const char*>(buffer_.cdata().data()), buffer_.size()};
  }

  /// Those of a chunked body's trailer too, once it was read.
  static size_t HeaderCount(const Parser& parser) {
    return static_cast<size_t>(std::distance(parser.get().begin(), parser.get().end()));
  }

  /// What the parser lets through and a server must not.
  Outcome CheckHeader(const Parser& parser) const {
    const Parser::value_type& message = parser.get();
    const size_t hosts = message.count(http::field::host);
    if (hosts > 1 || (hosts == 0 && message.version() == 11)) {
      return Refused(400, "needed one Host header");
    }
    const auto codings = message.equal_range(http::field::transfer_encoding);
    for (auto coding = codings.first; coding != codings.second; ++coding) {
      if (!boost::beast::iequals(coding->value(), "chunked")) {
        return Refused(501, "the only Transfer-Encoding is chunked");
      }
      if (message.version() != 11) return Refused(400, "HTTP/1.0 has no Transfer-Encoding");
    }
    if (parser.content_length().value_or(0) > server_.options.body_bytes_max) {
      return Refused(413, "the body is too large");
    }
    const auto expect = message.find(http::field::expect);
    if (expect != message.end() && !boost::beast::iequals(expect->value(), "100-continue")) {
      return Refused(417, "the only Expect is 100-continue");
    }
    return {};
  }

  asio::awaitable<Outcome> ReceiveRequest(Parser& parser) {
    parser.header_limit(static_cast<uint32_t>(server_.options.header_bytes_max));
    parser.body_limit(boost::none);  // CheckHeader() knows better what to answer
    Outcome outcome = co_await Receive(parser, false);
    if (outcome.is_done()) outcome = CheckHeader(parser);
    if (!outcome.is_done()) co_return outcome;
    parser.body_limit(server_.options.body_bytes_max);
    const bool is_asked =
        parser.get().version() == 11 && parser.get().count(http::field::expect) != 0;
    if (is_asked && !parser.is_done() && buffer_.size() == 0) {
      if (!co_await Write(kContinue, {})) co_return kClientGone;
      Arm(server_.options.request_time_max);
    }
    outcome = co_await Receive(parser, true);
    co_return outcome;
  }

  static bool ToRequest(Parser& parser, HttpRequest* request) {
    Parser::value_type& message = parser.get();
    if (!SplitTarget(message.target(), request)) return false;
    request->method = message.method() == http::verb::head ? "GET" : message.method_string();
    request->content_type = message[http::field::content_type];
    request->authorization = message[http::field::authorization];
    const auto accepts = message.equal_range(http::field::accept);
    for (auto accept = accepts.first; accept != accepts.second; ++accept) {
      if (!request->accept.empty()) request->accept += ", ";
      request->accept += accept->value();
    }
    request->body = std::move(message.body());
    return true;
  }

  /// Handles on a worker and comes back to the serving thread.
  asio::awaitable<HttpResponse> HandleOnWorker(const HttpRequest& request) {
    return asio::async_initiate<const asio::use_awaitable_t<>, void(HttpResponse)>(
        [this, &request](auto resume) {
          ++server_.waiting;
          asio::post(server_.workers, [this, &request, resume = std::move(resume)]() mutable {
            --server_.waiting;
            HttpResponse answer;
            if (!server_.is_aborting) answer = server_.Answer(request);
            asio::post(server_.io,
                       [answer = std::move(answer), resume = std::move(resume)]() mutable {
                         resume(std::move(answer));
                       });
          });
        },
        asio::use_awaitable);
  }

  /// One request and its answer; false when the connection ends after it.
  asio::awaitable<bool> ServeRequest() {
    if (!co_await AwaitFirstByte()) co_return false;
    Arm(server_.options.request_time_max);
    Parser parser;
    Outcome outcome = co_await ReceiveRequest(parser);
    HttpRequest request;
    if (outcome.is_done() && !ToRequest(parser, &request)) {
      outcome = Refused(400, "the request target is not a path");
    }
    const bool may_block = outcome.is_done() && server_.handler.MayBlock(request);
    if (may_block && server_.waiting >= server_.options.waiting_max) {
      outcome = Refused(503, "too many requests wait");
    }
    if (!outcome.is_done()) {
      co_await Refuse(outcome);
      co_return false;
    }
    HttpFraming framing;
    framing.is_http_1_0 = parser.get().version() == 10;
    HttpResponse answer;
    if (may_block) {
      answer = co_await HandleOnWorker(request);
    } else {
      answer = server_.Answer(request);
    }
    request = HttpRequest();
    if (!Hold(answer.body.size())) {
      co_await Refuse(Refused(503, "too many bodies in memory"));
      co_return false;
    }
    framing.is_keep_alive = parser.keep_alive() && !server_.is_stopping;
    const bool is_head = parser.get().method() == http::verb::head;
    const bool is_written = co_await WriteAnswer(answer, framing, is_head);
    Hold(0);
    co_return is_written&& framing.is_keep_alive;
  }

  HttpServerState& server_;
  tcp::socket socket_;
  asio::steady_timer timer_;
  boost::beast::flat_buffer buffer_;
  const bool is_refused_;
  bool is_idle_ = false;
  bool is_lingering_ = false;
  bool is_interrupted_ = false;
  uint64_t timer_generation_ = 0;
  size_t held_bytes_ = 0;
};

}  // namespace tillstream::internal
