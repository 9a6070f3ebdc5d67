#include "web/http_message.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace tillstream {
namespace {

constexpr std::pair<int, std::string_view> kReasons[] = {
    {100, "Continue"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {206, "Partial Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {422, "Unprocessable Content"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
};

bool IsControl(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

void AppendHeader(std::string_view name, std::string_view value, std::string* head) {
  head->append(name).append(": ");
  std::ranges::replace_copy_if(value, std::back_inserter(*head), IsControl, ' ');
  head->append("\r\n");
}

}  // namespace

std::string_view HttpReason(int status) {
  const auto* const found =
      std::ranges::lower_bound(kReasons, status, {}, &std::pair<int, std::string_view>::first);
  return found != std::end(kReasons) && found->first == status ? found->second : "Unknown";
}

bool SplitTarget(std::string_view target, HttpRequest* request) {
  if (target.find('#') != std::string_view::npos) return false;
  bool is_absolute = false;
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!target.starts_with(scheme)) continue;
    is_absolute = true;
    target.remove_prefix(scheme.size());
    target.remove_prefix(std::min(target.find_first_of("/?"), target.size()));
    break;
  }
  const size_t mark = std::min(target.find('?'), target.size());
  request->path = target.substr(0, mark);
  request->query = target.substr(std::min(mark + 1, target.size()));
  if (is_absolute && request->path.empty()) request->path = "/";
  return request->path.starts_with('/') || target == "*";
}

std::string ResponseHead(const HttpResponse& response, const HttpFraming& framing) {
  std::string head;
  head.reserve(256);  // one allocation for a usual answer
  fmt::format_to(std::back_inserter(head), "HTTP/1.1 {} {}\r\n", response.status,
                 HttpReason(response.status));
  if (!response.content_type.empty()) AppendHeader("Content-Type", response.content_type, &head);
  for (const auto& [name, value] : response.headers) AppendHeader(name, value, &head);
  if (!IsBodiless(response.status)) {
    fmt::format_to(std::back_inserter(head), "Content-Length: {}\r\n", response.body.size());
  }
  if (!framing.is_keep_alive) {
    head += "Connection: close\r\n";
  } else if (framing.is_http_1_0) {
    head += "Connection: keep-alive\r\n";
  }
  return head + "\r\n";
}

}  // namespace tillstream
