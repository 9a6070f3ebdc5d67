#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/mutex.h"
#include "base/quantity.h"
#include "base/text.h"
#include "registry/http_client.h"

namespace tillstream {
namespace {

struct CurlHandle {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct HeaderList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using Headers = std::unique_ptr<curl_slist, HeaderList>;

size_t TakeBody(char* data, size_t size, size_t count, void* target) {
  auto& body = *static_cast<std::string*>(target);
  if (body.size() + size * count > kHttpAnswerBytesMax) return 0;
  body.append(data, size * count);
  return size * count;
}

int AskToStop(void* stop, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<const std::stop_token*>(stop)->stop_requested() ? 1 : 0;
}

void Add(Headers* headers, const std::string& line) {
  headers->reset(curl_slist_append(headers->release(), line.c_str()));
}

/// The library's own words, which begin with a capital letter; the code's where it said nothing.
std::string Words(CURLcode code, const char* said) {
  std::string text = *said != '\0' ? said : curl_easy_strerror(code);
  while (!text.empty() && (text.back() == '\n' || text.back() == '.')) text.pop_back();
  // A word with further capitals, as "SSL" or "OpenSSL", is a name and stays.
  const auto is_capital = [](char c) { return c >= 'A' && c <= 'Z'; };
  const std::string_view word = std::string_view(text).substr(0, text.find(' '));
  if (std::count_if(word.begin(), word.end(), is_capital) == 1 && is_capital(text[0])) {
    text[0] = static_cast<char>(text[0] - 'A' + 'a');
  }
  return PlainOrQuoted(text, kForeignWordsMax);
}

Error TlsError(CURLcode code, const char* said, const std::string& flags) {
  return MakeError(ErrorCode::kRefused,
                   "no TLS connection ({}); does it speak https, and does it ask for "
                   "{}-cert",
                   Words(code, said), flags);
}

/// Whether the connection ended by an alert of TLS. With TLS 1.3 a server says only after the
/// handshake that it wants a certificate, so that it comes while data are sent or received.
bool IsAlert(CURLcode code, const char* said, const std::string& url) {
  const bool may_be =
      code == CURLE_SSL_CONNECT_ERROR || code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR;
  return may_be && url.starts_with("https://") &&
         std::string_view(said).find("alert") != std::string_view::npos;
}

Error ErrorOf(CURLcode code, const char* said, const HttpCall& call, const std::string& flags) {
  if (IsAlert(code, said, call.url)) return TlsError(code, said, flags);
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      return MakeError(ErrorCode::kTimedOut, "no answer within {}", DurationText(call.timeout));
    case CURLE_COULDNT_RESOLVE_HOST:
      return MakeError(ErrorCode::kUnavailable, "no such host");
    case CURLE_COULDNT_CONNECT:
      return MakeError(ErrorCode::kUnavailable, "connection refused");
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_PARTIAL_FILE:
      return MakeError(ErrorCode::kUnavailable, "the connection was cut before the answer ended");
    case CURLE_ABORTED_BY_CALLBACK:
      return MakeError(ErrorCode::kStopped, "stopped");
    case CURLE_WRITE_ERROR:
      return MakeError(ErrorCode::kRefused, "the answer has more than {} bytes",
                       kHttpAnswerBytesMax);
    case CURLE_PEER_FAILED_VERIFICATION:
      return MakeError(ErrorCode::kRefused,
                       "its certificate is not trusted ({}); give its authority with {}-ca",
                       Words(code, said), flags);
    case CURLE_SSL_CACERT_BADFILE:
      return MakeError(ErrorCode::kRefused, "{}-ca: {}", flags, Words(code, said));
    case CURLE_SSL_CERTPROBLEM:
      return MakeError(ErrorCode::kRefused, "{}-cert, {}-key: {}", flags, flags, Words(code, said));
    case CURLE_SSL_CONNECT_ERROR:
      return TlsError(code, said, flags);
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
      return MakeError(ErrorCode::kRefused, "not a URL that can be asked; write http://HOST:PORT");
    default:
      return MakeError(ErrorCode::kUnavailable, "{}", Words(code, said));
  }
}

class CurlClient final : public HttpClient {
 public:
  CurlClient(HttpClientOptions options, CURL* handle)
      : options_(std::move(options)), handle_(handle) {}

  Result<HttpAnswer> Send(const HttpCall& call) override {
    const MutexLock lock(mutex_);
    CURL* const curl = handle_.get();
    curl_easy_reset(curl);  // the connection stays
    HttpAnswer answer;
    said_[0] = '\0';
    Headers headers;
    TILLSTREAM_TRY(SetRequest(call, &headers));
    SetTransport(call.timeout);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, TakeBody);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer.body);
    const CURLcode code = curl_easy_perform(curl);
    if (code != CURLE_OK) return ErrorOf(code, said_.data(), call, options_.flags);

    int64_t status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    answer.status = static_cast<int>(status);
    const char* type = nullptr;
    curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &type);
    if (type != nullptr) answer.content_type = type;
    curl_off_t wait_seconds = 0;
    curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &wait_seconds);
    if (wait_seconds > 0) answer.retry_after = std::chrono::seconds(wait_seconds);
    return answer;
  }

 private:
  Status SetRequest(const HttpCall& call, Headers* headers) TILLSTREAM_REQUIRES(mutex_) {
    CURL* const curl = handle_.get();
    curl_easy_setopt(curl, CURLOPT_URL, call.url.c_str());
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "tillstream");
    if (call.method != "GET") {
      curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, call.method.c_str());
      if (call.method != "DELETE") {
        curl_easy_setopt(curl, CURLOPT_POST, 1L);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, call.body.data());
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
                         static_cast<curl_off_t>(call.body.size()));
        Add(headers, "Content-Type: " + call.content_type);
        Add(headers, "Expect:");  // no round trip before a body of a kilobyte
      }
    }
    Add(headers, "Accept: " + call.accept);
    if (options_.bearer_token) {
      TILLSTREAM_ASSIGN(const std::string token, options_.bearer_token());
      Add(headers, "Authorization: Bearer " + token);
    } else if (!options_.user_password.empty()) {
      curl_easy_setopt(curl, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
      curl_easy_setopt(curl, CURLOPT_USERPWD, options_.user_password.c_str());
    }
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers->get());
    return Ok();
  }

  void SetTransport(std::chrono::milliseconds timeout) TILLSTREAM_REQUIRES(mutex_) {
    CURL* const curl = handle_.get();
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, said_.data());
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS,
                     static_cast<long>(options_.connect_timeout.count()));
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS,
                     static_cast<long>(std::max<int64_t>(1, timeout.count())));
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, AskToStop);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &options_.stop);
    if (!options_.ca_file.empty()) {
      curl_easy_setopt(curl, CURLOPT_CAINFO, options_.ca_file.c_str());
      curl_easy_setopt(curl, CURLOPT_CAPATH, nullptr);  // no other authorities beside it
    }
    if (!options_.cert_file.empty()) {
      curl_easy_setopt(curl, CURLOPT_SSLCERT, options_.cert_file.c_str());
    }
    if (!options_.key_file.empty()) {
      curl_easy_setopt(curl, CURLOPT_SSLKEY, options_.key_file.c_str());
    }
  }

  const HttpClientOptions options_;
  Mutex mutex_;
  std::unique_ptr<CURL, CurlHandle> handle_ TILLSTREAM_GUARDED_BY(mutex_);
  std::array<char, CURL_ERROR_SIZE> said_ TILLSTREAM_GUARDED_BY(mutex_){};
};

}  // namespace

Result<std::unique_ptr<HttpClient>> MakeCurlClient(HttpClientOptions options) {
  static const CURLcode kStarted = curl_global_init(CURL_GLOBAL_DEFAULT);
  CURL* const handle = kStarted == CURLE_OK ? curl_easy_init() : nullptr;
  if (handle == nullptr) return MakeError(ErrorCode::kFailed, "libcurl does not start");
  return std::unique_ptr<HttpClient>(std::make_unique<CurlClient>(std::move(options), handle));
}

}  // namespace tillstream
