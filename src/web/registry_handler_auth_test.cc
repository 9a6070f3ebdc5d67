// RegistryHandler with users: who is asked for a password, and what for.

#include <gmock/gmock.h>

#include "web/registry_handler_fixture.h"

namespace tillstream {
namespace {

constexpr const char* kRight = "Basic YWxpY2U6c2VjcmV0";           // alice:secret
constexpr const char* kWrong = "Basic YWxpY2U6c2VjcmV1";           // alice:secreu
constexpr const char* kHashed = "Basic Ym9iOmNvcnJlY3QgaG9yc2U=";  // bob:correct horse

class RegistryHandlerAuthTest : public RegistryHandlerFixture {
 protected:
  void Guard(RegistryGuard guard, bool has_hash = false) {
    files_.contents["users"] = "alice:secret\n";
    if (has_hash) {
      files_.contents["users"] +=
          "bob:$2y$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e\n";
    }
    users_ = *UserFile::Open(files_, "users");
    RegistryHandlerOptions options;
    options.users = users_.get();
    options.guard = guard;
    Serve(log_, std::move(options));
  }

  int StatusOf(std::string_view method, std::string_view target, std::string_view authorization,
               std::string_view body = {}) {
    return AskAs(authorization, method, target, body).status;
  }
  HttpResponse AskAs(std::string_view authorization, std::string_view method,
                     std::string_view target, std::string_view body = {}) {
    HttpRequest request = Request(method, target, body);
    request.authorization = authorization;
    return handler_->Handle(request);
  }

  MemoryFiles files_;
  std::unique_ptr<UserFile> users_;
};

TEST_F(RegistryHandlerAuthTest, RefusalSaysHowToAsk) {
  Guard(RegistryGuard::kAll);
  const HttpResponse response = AskAs("", "GET", "/subjects");
  EXPECT_EQ(Text(response),
            R"(401 {"error_code":401,"message":"needed a user and password of this registry"})");
  EXPECT_EQ(Header(response, "WWW-Authenticate"), R"(Basic realm="tillstream")");
}

TEST_F(RegistryHandlerAuthTest, GuardedWritesLetEveryoneRead) {
  Guard(RegistryGuard::kWrites);
  const std::string body = Posted(R"("int")");
  for (const char* who : {"", kWrong, "Bearer secret", "Basic !"}) {
    EXPECT_EQ(StatusOf("POST", "/subjects/s/versions", who, body), 401) << who;
    EXPECT_EQ(StatusOf("PUT", "/config", who, R"({"compatibility":"NONE"})"), 401) << who;
    EXPECT_EQ(StatusOf("DELETE", "/subjects/s", who), 401) << who;
    EXPECT_EQ(StatusOf("PUT", "/mode/s", who, R"({"mode":"READONLY"})"), 401) << who;
  }
  EXPECT_EQ(StatusOf("POST", "/subjects/s/versions", kRight, body), 200);
  EXPECT_EQ(StatusOf("GET", "/subjects", ""), 200);
  EXPECT_EQ(StatusOf("GET", "/metrics", ""), 200);
  // They only look, although they are posted.
  EXPECT_EQ(StatusOf("POST", "/subjects/s", "", body), 200);
  EXPECT_EQ(StatusOf("POST", "/compatibility/subjects/s/versions/latest", "", body), 200);
  EXPECT_EQ(StatusOf("POST", "/compatibility/subjects/s/versions", "", body), 200);
}

TEST_F(RegistryHandlerAuthTest, GuardOfAllLeavesOnlyHealthOpen) {
  Guard(RegistryGuard::kAll);
  for (const char* path : {"/", "/subjects", "/schemas/ids/1", "/metrics", "/nothing", "/%zz"}) {
    EXPECT_EQ(StatusOf("GET", path, ""), 401) << path;
    EXPECT_EQ(StatusOf("GET", path, kWrong), 401) << path;
    EXPECT_NE(StatusOf("GET", path, kRight), 401) << path;
  }
  EXPECT_EQ(StatusOf("PATCH", "/subjects", ""), 401);
  EXPECT_EQ(StatusOf("GET", "/healthz", ""), 200);
}

TEST_F(RegistryHandlerAuthTest, EveryWriteOfTheApiIsGuarded) {
  Guard(RegistryGuard::kWrites);
  for (const char* method : {"POST", "PUT", "DELETE", "PATCH", "get"}) {
    for (const char* path : {"/subjects/s", "/subjects/s/versions", "/subjects/s/versions/1",
                             "/config", "/config/s", "/mode", "/mode/s"}) {
      const int status = StatusOf(method, path, "");
      const bool is_lookup =
          method == std::string_view("POST") && path == std::string_view("/subjects/s");
      EXPECT_TRUE(status == 401 || status == 405 || is_lookup) << method << " " << path << status;
    }
  }
}

TEST_F(RegistryHandlerAuthTest, HashedPasswordBlocksUntilItWasAccepted) {
  Guard(RegistryGuard::kAll, /*has_hash=*/true);
  HttpRequest request = Request("GET", "/schemas/types");
  request.authorization = kHashed;
  EXPECT_TRUE(handler_->MayBlock(request));
  EXPECT_EQ(handler_->Handle(request).status, 200);
  EXPECT_FALSE(handler_->MayBlock(request));
  request.authorization = kWrong;
  EXPECT_TRUE(handler_->MayBlock(request));
  request.path = "/healthz";
  EXPECT_FALSE(handler_->MayBlock(request));
  request.method = "POST";  // which is guarded like any other path
  EXPECT_TRUE(handler_->MayBlock(request));
}

}  // namespace
}  // namespace tillstream
