// Feeds the HTTP server and the parsers of what it hands on. The first byte of the input says what
// the rest is: bytes of a client (cut in two at the place that the second byte names, so that
// requests also come in pieces), a path segment, a query, a listening address, a user file and an
// Authorization header parted by a zero byte.
//
// Beside not crashing: what the handler gets is within the limits, every connection ends, with
// answers or without, and what decodes is valid.

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "base/check.h"
#include "base/text.h"
#include "testing/memory_files.h"
#include "web/http_server.h"
#include "web/listen_address.h"
#include "web/percent.h"
#include "web/user_file.h"

namespace tillstream {
namespace {

constexpr size_t kBodyBytesMax = 256;

/// Answers with the size of what came, on the serving thread or on a worker.
class SizeHandler final : public HttpHandler {
 public:
  bool MayBlock(const HttpRequest& request) const override { return request.method == "POST"; }

  HttpResponse Handle(const HttpRequest& request) override {
    TILLSTREAM_CHECK(request.body.size() <= kBodyBytesMax);
    TILLSTREAM_CHECK(request.path == "*" || request.path.starts_with('/'));
    TILLSTREAM_CHECK(request.path.find_first_of("?# \r\n") == std::string::npos);
    HttpResponse answer;
    answer.body = std::to_string(request.body.size());
    answer.headers = {{"Echo", request.content_type + request.accept + request.authorization}};
    return answer;
  }

  HttpResponse Refuse(int status, std::string_view reason) const override {
    TILLSTREAM_CHECK(status >= 400 && status != 500);
    HttpResponse answer;
    answer.status = status;
    answer.body = reason;
    return answer;
  }
};

/// A server whose limits short inputs reach, on a thread of its own.
class FuzzedServer {
 public:
  FuzzedServer() {
    HttpServerOptions options;
    options.header_bytes_max = 512;
    options.header_count_max = 8;
    options.body_bytes_max = kBodyBytesMax;
    options.worker_count = 1;
    server_ = *HttpServer::Open(options, handler_);
    thread_ = std::jthread([this](std::stop_token stop) {
      TILLSTREAM_CHECK(server_->Run(std::move(stop)).has_value());
    });
  }

  /// Sends both parts, ends sending, and reads to the end.
  std::string Exchange(std::string_view first, std::string_view second) {
    int ends[2];
    TILLSTREAM_CHECK(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    server_->Adopt(ends[0]);
    for (const std::string_view part : {first, second}) {
      if (!part.empty()) static_cast<void>(::send(ends[1], part.data(), part.size(), MSG_NOSIGNAL));
    }
    ::shutdown(ends[1], SHUT_WR);
    std::string answers;
    std::array<char, 65536> bytes;
    ssize_t count = 0;
    while ((count = ::recv(ends[1], bytes.data(), bytes.size(), 0)) > 0) {
      answers.append(bytes.data(), static_cast<size_t>(count));
    }
    ::close(ends[1]);
    return answers;
  }

 private:
  SizeHandler handler_;
  std::unique_ptr<HttpServer> server_;
  std::jthread thread_;
};

void Serve(std::string_view input) {
  static FuzzedServer server;
  if (input.empty()) return;
  const size_t cut = static_cast<uint8_t>(input[0]);
  input.remove_prefix(1);
  input = input.substr(0, size_t{64} << 10);  // what the socket's buffer holds
  const std::string answers = server.Exchange(input.substr(0, std::min(cut, input.size())),
                                              input.substr(std::min(cut, input.size())));
  TILLSTREAM_CHECK(answers.empty() || answers.starts_with("HTTP/1.1 "));
  TILLSTREAM_CHECK(answers.empty() || answers.find("\r\n\r\n") != std::string::npos);
}

void Decode(std::string_view input) {
  const auto decoded = DecodePercent(input);
  TILLSTREAM_CHECK(!decoded || IsUtf8(*decoded));
  const auto segments = SplitPath(input);
  if (!segments) return;
  for (const std::string& segment : *segments) TILLSTREAM_CHECK(IsUtf8(segment));
}

void ParseQuery(std::string_view input) {
  const auto query = QueryParameters::Parse(input);
  if (!query) return;
  for (const auto& [name, value] : query->pairs()) {
    TILLSTREAM_CHECK(IsUtf8(name) && IsUtf8(value));
    TILLSTREAM_CHECK(query->Find(name).has_value());
  }
}

void ParseAddress(std::string_view input) {
  const auto address = ParseListen(input);
  if (!address) return;
  TILLSTREAM_CHECK(*ParseListen(FormatHostPort(*address)) == *address);
}

void Authorize(std::string_view input) {
  const size_t end = std::min(input.find('\0'), input.size());
  const std::string_view header = input.substr(std::min(end + 1, input.size()));
  MemoryFiles files;
  files.contents["users"] = input.substr(0, end);
  const auto users = UserFile::Open(files, "users");
  // Hashes cost what their text says, which may be years.
  if (!users || !(*users)->IsQuick(header)) return;
  const bool is_accepted = (*users)->Accepts(header);
  TILLSTREAM_CHECK((*users)->Accepts(header) == is_accepted);
}

void Run(char kind, std::string_view rest) {
  switch (static_cast<uint8_t>(kind) % 8) {
    case 0:
      Decode(rest);
      break;
    case 1:
      ParseQuery(rest);
      break;
    case 2:
      ParseAddress(rest);
      break;
    case 3:
      Authorize(rest);
      break;
    default:
      Serve(rest);
  }
}

}  // namespace
}  // namespace tillstream

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  if (!input.empty()) tillstream::Run(input[0], input.substr(1));
  return 0;
}
