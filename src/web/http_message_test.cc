#include "web/http_message.h"

#include <gtest/gtest.h>

#include <string>

namespace tillstream {
namespace {

TEST(HttpMessageTest, TargetsAreSplit) {
  const struct {
    const char* target;
    const char* path;
    const char* query;
  } cases[] = {
      {"/", "/", ""},
      {"/a%2Fb?c=d?e", "/a%2Fb", "c=d?e"},
      {"/a?", "/a", ""},
      {"//a", "//a", ""},
      {"*", "*", ""},
      {"http://host:1/a?b", "/a", "b"},
      {"https://host", "/", ""},
      {"http://host?b", "/", "b"},
  };
  for (const auto& [target, path, query] : cases) {
    HttpRequest request;
    ASSERT_TRUE(SplitTarget(target, &request)) << target;
    EXPECT_EQ(request.path, path) << target;
    EXPECT_EQ(request.query, query) << target;
  }
  for (const char* target :
       {"", "a", "host:1", "?a", "/a#b", "http://host#b", "ftp://host/", "**"}) {
    HttpRequest request;
    EXPECT_FALSE(SplitTarget(target, &request)) << target;
  }
}

TEST(HttpMessageTest, EveryReasonIsFound) {
  EXPECT_EQ(HttpReason(100), "Continue");
  EXPECT_EQ(HttpReason(200), "OK");
  EXPECT_EQ(HttpReason(422), "Unprocessable Content");
  EXPECT_EQ(HttpReason(505), "HTTP Version Not Supported");
  EXPECT_EQ(HttpReason(299), "Unknown");
  EXPECT_EQ(HttpReason(599), "Unknown");
}

TEST(HttpMessageTest, HeadHasWhatTheAnswerHas) {
  HttpResponse response;
  response.status = 401;
  response.content_type = "application/json";
  response.body = "{}";
  response.headers = {{"WWW-Authenticate", "Basic realm=\"x\""}};
  EXPECT_EQ(ResponseHead(response, {}),
            "HTTP/1.1 401 Unauthorized\r\nContent-Type: application/json\r\n"
            "WWW-Authenticate: Basic realm=\"x\"\r\nContent-Length: 2\r\n\r\n");
  EXPECT_TRUE(
      ResponseHead(response, {.is_keep_alive = false}).ends_with("\r\nConnection: close\r\n\r\n"));
  EXPECT_TRUE(ResponseHead(response, {.is_http_1_0 = true})
                  .ends_with("\r\nConnection: keep-alive\r\n\r\n"));
}

TEST(HttpMessageTest, HeaderValuesCannotBeginAnotherHeader) {
  HttpResponse response;
  response.headers = {{"A", "b\r\nSet-Cookie: c"}};
  EXPECT_NE(ResponseHead(response, {}).find("\r\nA: b  Set-Cookie: c\r\n"), std::string::npos);
}

}  // namespace
}  // namespace tillstream
