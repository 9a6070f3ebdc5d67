#include "web/http_server.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <cctype>
#include <memory>
#include <string>
#include <utility>

#include "web/http_connection.h"
#include "web/listen_address.h"

namespace tillstream {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using internal::HttpConnection;
using internal::HttpServerState;
using internal::kAwait;

std::string Reason(const error_code& error) {
  std::string reason = error.message();
  if (!reason.empty()) reason[0] = static_cast<char>(std::tolower(static_cast<uint8_t>(reason[0])));
  return reason;
}

}  // namespace

class HttpServer::Impl {
 public:
  Impl(HttpServerOptions options, HttpHandler& handler) : state_(std::move(options), handler) {}

  Status Listen() {
    const HttpServerOptions& options = state_.options;
    const auto failed = [&](const error_code& error) {
      return MakeError(ErrorCode::kUnavailable, "{}: {}: {}", options.option,
                       FormatHostPort({options.host, options.port}), Reason(error));
    };
    error_code error;
    tcp::resolver resolver(state_.io);
    const auto found =
        resolver.resolve(options.host, std::to_string(options.port),
                         tcp::resolver::passive | tcp::resolver::numeric_service, error);
    if (error) return failed(error);
    for (const auto& entry : found) {
      const tcp::endpoint endpoint = entry.endpoint();
      error_code ignored;
      acceptor_.close(ignored);
      acceptor_.open(endpoint.protocol(), error);
      if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
      if (!error) acceptor_.bind(endpoint, error);
      if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
      if (error) continue;
      port_ = acceptor_.local_endpoint(error).port();
      if (!error) return Ok();
    }
    return failed(error);
  }

  Status Run(std::stop_token stop) {
    asio::co_spawn(state_.io, Accept(), asio::detached);
    const std::stop_callback request(stop,
                                     [this] { asio::post(state_.io, [this] { BeginStop(); }); });
    state_.io.run();
    state_.workers.join();
    return Ok();
  }

  void Adopt(int descriptor) {
    // Whatever its family: only reads and writes come.
    tcp::socket socket(state_.io, tcp::v4(), descriptor);
    asio::post(state_.io,
               [this, socket = std::move(socket)]() mutable { Start(std::move(socket)); });
  }

  uint16_t port() const { return port_; }
  const HttpServerState& state() const { return state_; }

 private:
  void Start(tcp::socket socket) {
    ++state_.accepted;
    const bool is_refused =
        state_.is_stopping ||
        state_.connections.size() - state_.refusals_open >= state_.options.connections_max;
    if (is_refused) ++state_.refused;
    if (is_refused && state_.refusals_open >= state_.options.refusals_max) return;
    auto connection = std::make_shared<HttpConnection>(state_, std::move(socket), is_refused);
    asio::co_spawn(state_.io, Serve(std::move(connection)), asio::detached);
  }

  asio::awaitable<void> Serve(std::shared_ptr<HttpConnection> connection) {
    co_await connection->Serve();
    connection.reset();
    EndStopIfLast();
  }

  asio::awaitable<void> Accept() {
    bool is_warned = false;
    while (!state_.is_stopping) {
      auto [error, socket] = co_await acceptor_.async_accept(kAwait);
      if (state_.is_stopping) break;
      if (!error) {
        is_warned = false;
        Start(std::move(socket));
        continue;
      }
      // The client went away meanwhile.
      if (error == asio::error::connection_aborted) continue;
      if (!is_warned && state_.options.on_warning) {
        state_.options.on_warning(fmt::format("{}: no connection can be accepted: {}",
                                              state_.options.option, Reason(error)));
      }
      is_warned = true;
      retry_timer_.expires_after(state_.options.accept_retry);
      co_await retry_timer_.async_wait(kAwait);
    }
  }

  void BeginStop() {
    state_.is_stopping = true;
    error_code ignored;
    acceptor_.close(ignored);
    retry_timer_.cancel();
    for (HttpConnection* const connection : state_.connections) connection->StopIfIdle();
    state_.stop_timer.expires_after(state_.options.stop_time_max);
    state_.stop_timer.async_wait([this](error_code error) {
      if (error) return;
      state_.is_aborting = true;
      for (HttpConnection* const connection : state_.connections) connection->Abort();
    });
    EndStopIfLast();
  }

  void EndStopIfLast() {
    if (state_.is_stopping && state_.connections.empty()) state_.stop_timer.cancel();
  }

  HttpServerState state_;
  tcp::acceptor acceptor_{state_.io};
  asio::steady_timer retry_timer_{state_.io};
  uint16_t port_ = 0;
};

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpServer::~HttpServer() = default;

Result<std::unique_ptr<HttpServer>> HttpServer::Open(HttpServerOptions options,
                                                     HttpHandler& handler) {
  auto impl = std::make_unique<Impl>(std::move(options), handler);
  TILLSTREAM_TRY(impl->Listen());
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

uint16_t HttpServer::port() const { return impl_->port(); }

Status HttpServer::Run(std::stop_token stop) { return impl_->Run(std::move(stop)); }

void HttpServer::Adopt(int descriptor) { impl_->Adopt(descriptor); }

HttpServerStats HttpServer::stats() const {
  const HttpServerState& state = impl_->state();
  HttpServerStats stats;
  stats.connections_open = state.open;
  stats.connections_accepted = state.accepted;
  stats.connections_refused = state.refused;
  stats.requests_waiting = state.waiting;
  stats.bytes_held = state.held_bytes;
  std::ranges::copy(state.answers, stats.answers.begin());
  stats.write_timeouts = state.write_timeouts;
  return stats;
}

}  // namespace tillstream
