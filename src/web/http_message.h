#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tillstream {

/// A complete HTTP request. Fields that the client did not send are empty.
struct HttpRequest {
  std::string method;  ///< As sent, which is case sensitive; GET for HEAD.
  std::string path;    ///< Up to the '?', still percent-encoded; begins with '/', or is "*".
  std::string query;   ///< Behind the '?', still encoded (web/percent.h).
  std::string content_type;
  std::string accept;  ///< Several header lines are joined with ", ".
  std::string authorization;
  std::string body;
};

/// The answer to one. The server adds Content-Length and Connection.
struct HttpResponse {
  int status = 200;
  std::string content_type;  ///< No Content-Type is sent when empty.
  std::string body;          ///< Not sent to HEAD, and not with 204 or 304.
  std::vector<std::pair<std::string, std::string>> headers;  ///< Further ones.
};

/// The standard reason phrase: "Not Found" for 404; "Unknown" where there is none.
std::string_view HttpReason(int status);

/// Splits a request target into `path` and `query` of `request`. Takes "/path?query", the form
/// "http://host/path?query" that proxies are asked with, and "*". False when it is neither; then
/// `request` is unspecified.
bool SplitTarget(std::string_view target, HttpRequest* request);

/// What decides how the head of an answer is written, beside the answer itself.
struct HttpFraming {
  bool is_keep_alive = true;
  bool is_http_1_0 = false;  ///< The request's version, for which keeping alive must be said.
};

/// The head of the answer up to and with the empty line. Control characters in header values
/// become spaces, so that no text of a handler can begin another header.
std::string ResponseHead(const HttpResponse& response, const HttpFraming& framing);

/// Whether an answer of this status has no body whatever the handler gave.
inline bool IsBodiless(int status) { return status == 204 || status == 304 || status < 200; }

}  // namespace tillstream
