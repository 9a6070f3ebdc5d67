#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/result.h"
#include "web/http_message.h"

namespace tillstream {

/// What a server answers with. Functions may be called from several threads at once, and do not
/// throw; what Handle() throws all the same becomes an answer 500.
class HttpHandler {
 public:
  virtual ~HttpHandler() = default;

  /// Whether Handle() of this request may block or take long: then it runs on a worker thread, else
  /// on the thread that serves all connections. Called on the latter, so it must be quick.
  virtual bool MayBlock(const HttpRequest& request) const = 0;

  /// Answers one request. Must come back in bounded time: HttpServer::Run() waits for it.
  virtual HttpResponse Handle(const HttpRequest& request) = 0;

  /// The answer to what never became a request, or to a request that is not handled; the connection
  /// is closed after it. `reason` is a short lower case text for people. Must be quick.
  ///
  /// 400 malformed or ended early, 408 too slow, 413 body too large, 417 unknown Expect, 431 header
  /// too large, 500 the handler threw, 501 unknown Transfer-Encoding, 503 too many connections,
  /// waiting requests or bodies in memory, 505 no HTTP/1.
  virtual HttpResponse Refuse(int status, std::string_view reason) const = 0;
};

/// Where to listen, and the limits. Each has the status that is answered beyond it; what a client
/// can make the server hold is about held_bytes_max, and for each connection the header twice and
/// 64 KiB to read into, besides the kernel's socket buffers: 112 MiB as they stand.
struct HttpServerOptions {
  /// A name, an IPv4 address, or an IPv6 address without brackets. Loopback, so that nobody serves
  /// a network by accident.
  std::string host = "127.0.0.1";
  uint16_t port = 0;                ///< 0: a free one; see HttpServer::port().
  std::string option = "--listen";  ///< What the address was given with, for messages.

  /// Request line and headers; 431. As Node.js has it: enough for any cookie or token.
  size_t header_bytes_max = size_t{16} << 10;
  /// Header lines; 431. Apache's LimitRequestFields.
  size_t header_count_max = 100;
  /// Body of one request; 413. What Kafka takes as one record by default (message.max.bytes).
  size_t body_bytes_max = size_t{1} << 20;
  /// Bodies of all requests and answers at one time; 503. 64 of the largest requests.
  size_t held_bytes_max = size_t{64} << 20;
  /// Open connections; 503. Half of the 1,024 descriptors that a process has by default.
  size_t connections_max = 512;
  /// Connections beyond that to which the 503 is still told; further ones are just closed. With the
  /// limit before it this stays well below the 1,024.
  size_t refusals_max = 64;
  /// Threads for requests that may block. They wait for one log and its lock, so more do not help.
  size_t worker_count = 4;
  /// Requests that wait for a worker; 503. At 50 ms each, a slow disk's flush, the last one waits
  /// for 64 / 4 * 50 ms = 0.8 s.
  size_t waiting_max = 64;

  /// From the first byte of a request to its last; 408. Apache's RequestReadTimeout.
  std::chrono::milliseconds request_time_max{20'000};
  /// Between two requests, and before the first; closed without an answer. nginx'
  /// keepalive_timeout.
  std::chrono::milliseconds idle_time_max{75'000};
  /// From the first byte of an answer to its last; closed. held_bytes_max is enough for 64 clients
  /// that use up all of it.
  std::chrono::milliseconds write_time_max{30'000};
  /// After the last answer, for the client to close first: closing with unread bytes would be a
  /// reset, which can take the answer from the client. nginx' lingering_timeout.
  std::chrono::milliseconds linger_time_max{5'000};
  /// What is read and thrown away meanwhile: a client that sends all before it reads gets its 413
  /// for bodies up to this. More than the largest upload by mistake that was seen, 10 MB.
  size_t linger_bytes_max = size_t{16} << 20;
  /// From the stop until requests that run, or are being received or answered, are given up. Below
  /// the 10 s after which container runtimes kill.
  std::chrono::milliseconds stop_time_max{5'000};
  /// Pause after accept() fails for want of descriptors or memory. Short for a client, long for a
  /// processor.
  std::chrono::milliseconds accept_retry{100};

  /// Told what an operator should know; called on the serving thread, once for each time that a
  /// condition begins. May be empty.
  std::function<void(const std::string& message)> on_warning;
};

/// Counts since Open(), and what is open now.
struct HttpServerStats {
  uint64_t connections_open = 0;
  uint64_t connections_accepted = 0;
  uint64_t connections_refused = 0;  ///< Of the accepted: beyond connections_max.
  uint64_t requests_waiting = 0;     ///< For a worker.
  uint64_t bytes_held = 0;           ///< Bodies in memory.
  /// Answers by status / 100, refusals included; index 0 is not used.
  std::array<uint64_t, 6> answers{};
  /// Connections that were closed since the client was too slow to read.
  uint64_t write_timeouts = 0;
};

/// An HTTP/1.1 server: keep-alive, pipelining, chunked requests, Expect: 100-continue, HEAD.
///
/// One thread, the caller of Run(), does all I/O and the requests that do not block; `worker_count`
/// threads do the others. Requests of one connection are answered in order, one at a time.
class HttpServer {
 public:
  /// A server that is bound and listens; connections wait until Run(). `handler` must outlive it.
  ///
  /// kUnavailable when the address is in use, may not be used or is none of this machine; the
  /// message begins with "--listen: HOST:PORT: ", or the option of the options.
  static Result<std::unique_ptr<HttpServer>> Open(HttpServerOptions options, HttpHandler& handler);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// The port that it listens on.
  uint16_t port() const;

  /// Serves until `stop`: then it accepts no more, closes idle connections, and finishes what has
  /// begun within `stop_time_max`. Comes back when no handler runs any more. To be called once.
  Status Run(std::stop_token stop);

  /// Serves an already connected stream socket, which becomes the server's. For tests and fuzzing
  /// without a network; limits hold as for others. From any thread, before or while Run() runs.
  void Adopt(int descriptor);

  /// From any thread. The figures are not from one instant.
  HttpServerStats stats() const;

 private:
  class Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace tillstream
