#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"

namespace tillstream {

struct HttpCall {
  std::string method;
  std::string url;
  std::string body;  ///< Sent with `content_type`, except with GET and DELETE.
  std::string content_type;
  std::string accept;
  std::chrono::milliseconds timeout{0};  ///< For all of it; at least 1 ms.
};

struct HttpAnswer {
  int status = 0;
  std::string content_type;
  std::string body;
  std::optional<std::chrono::seconds> retry_after;
};

/// Sends HTTP requests, one after the other. The seam between RestRegistry and the network.
class HttpClient {
 public:
  virtual ~HttpClient() = default;

  /// Any complete answer, whatever its status.
  ///
  /// Errors: kUnavailable and kTimedOut when it may go better the next time, kRefused when not (a
  /// certificate that is not trusted, an answer that is too large), kStopped; the message is the
  /// reason alone.
  virtual Result<HttpAnswer> Send(const HttpCall& call) = 0;
};

/// Who we are, whom we trust, how long we wait.
struct HttpClientOptions {
  std::string flags = "--registry";  ///< What its options begin with, for messages.
  std::string user_password;         ///< "USER:PASSWORD" for basic authentication; empty for none.
  /// Called for each request, so that a token may be renewed meanwhile; empty for none.
  std::function<Result<std::string>()> bearer_token;
  std::string ca_file;    ///< PEM; empty: the system's authorities.
  std::string cert_file;  ///< PEM of the client's certificate, and of its key.
  std::string key_file;
  std::chrono::milliseconds connect_timeout{5'000};
  std::stop_token stop;  ///< Ends a request that is under way.
};

/// Longest answer that is taken: a list of some ten thousand subjects, or a large schema.
inline constexpr size_t kHttpAnswerBytesMax = size_t{16} << 20;

/// Longest words of others, a registry's or a library's, that a message repeats.
inline constexpr size_t kForeignWordsMax = 300;

/// The client over libcurl, which keeps its connection. Thread safe; one request at a time.
///
/// Errors: kUsage when a file of `options` cannot be read.
Result<std::unique_ptr<HttpClient>> MakeCurlClient(HttpClientOptions options);

}  // namespace tillstream
