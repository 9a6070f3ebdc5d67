#include "registry/rest_registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <mutex>
#include <thread>

#include "testing/sim_clock.h"

namespace tillstream {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kRegistryJson = "application/vnd.schemaregistry.v1+json";
constexpr const char* kUrl = "http://registry:8081";

/// Answers from a script, in order; the last answer again when it is at its end.
class ScriptedClient final : public HttpClient {
 public:
  void Answer(int status, std::string body, std::string type = kRegistryJson) {
    script_.emplace_back(HttpAnswer{status, std::move(type), std::move(body), std::nullopt});
  }
  void Fail(ErrorCode code, std::string message) {
    script_.emplace_back(Error{code, std::move(message), 0});
  }
  void AskToWait(std::chrono::seconds time) {
    script_.emplace_back(HttpAnswer{429, kRegistryJson, R"({"error_code":429})", time});
  }

  Result<HttpAnswer> Send(const HttpCall& call) override {
    const std::lock_guard lock(mutex_);
    calls.push_back(call.method + " " + call.url);
    bodies.push_back(call.body);
    if (script_.empty()) return Error{ErrorCode::kFailed, "the script is empty", 0};
    Result<HttpAnswer> answer = script_.front();
    if (script_.size() > 1) script_.pop_front();
    return answer;
  }

  std::vector<std::string> calls;
  std::vector<std::string> bodies;

 private:
  std::mutex mutex_;
  std::deque<Result<HttpAnswer>> script_;
};

const Schema& OneField() {
  static const Schema kSchema =
      *Schema::Parse(R"({"type":"record","name":"R","fields":[{"name":"a","type":"int"}]})");
  return kSchema;
}

class RestRegistryTest : public ::testing::Test {
 protected:
  RestRegistryTest() { Open({kUrl}); }

  void Open(std::vector<std::string> urls,
            std::chrono::milliseconds timeout = std::chrono::seconds(30)) {
    RestClientOptions options;
    options.urls = std::move(urls);
    options.timeout = timeout;
    options.jitter_seed = 7;
    options.stop = stop_.get_token();
    auto opened = RestRegistry::Open(client_, clock_, options);
    ASSERT_TRUE(opened.has_value()) << opened.error().message;
    registry_ = *std::move(opened);
  }

  Result<SchemaId> Register() { return registry_->Register("s/1", OneField(), Timestamp(0)); }
  std::string RegisterError(ErrorCode code) {
    const auto result = Register();
    if (result) return "no error";
    EXPECT_EQ(result.error().code, code);
    return result.error().message;
  }

  SimClock clock_;
  ScriptedClient client_;
  std::stop_source stop_;
  std::unique_ptr<RestRegistry> registry_;
};

constexpr const char* kNoSubject = R"({"error_code":40401,"message":"no subject"})";
constexpr const char* kNoSchema = R"({"error_code":40403,"message":"no schema"})";

TEST_F(RestRegistryTest, WhatIsRegisteredIsAskedForOnce) {
  client_.Answer(200, R"({"subject":"s/1","id":7,"version":1,"schema":"..."})");
  EXPECT_EQ(*Register(), SchemaId(7));
  EXPECT_EQ(*Register(), SchemaId(7));
  EXPECT_EQ(*registry_->Lookup("s/1", OneField()), SchemaId(7));
  EXPECT_THAT(client_.calls, ElementsAre("POST http://registry:8081/subjects/s%2F1"));
  EXPECT_EQ(client_.bodies[0], R"({"schema":"{\"type\":\"record\",\"name\":\"R\",\"fields\":)"
                               R"([{\"name\":\"a\",\"type\":\"int\"}]}"})");
}

TEST_F(RestRegistryTest, NewSchemaIsRegistered) {
  Open({"https://host/apis/ccompat/v7//"});
  client_.Answer(404, kNoSchema);
  client_.Answer(200, R"({"id":9})");
  EXPECT_EQ(*Register(), SchemaId(9));
  EXPECT_EQ(*Register(), SchemaId(9));
  EXPECT_THAT(client_.calls,
              ElementsAre("POST https://host/apis/ccompat/v7/subjects/s%2F1",
                          "POST https://host/apis/ccompat/v7/subjects/s%2F1/versions"));
}

TEST_F(RestRegistryTest, ConflictIsSaidWithLevelAndReasonsAndNotAskedAgain) {
  client_.Answer(404, kNoSubject);
  client_.Answer(409, R"({"error_code":409,"message":"breaks something"})");
  client_.Answer(404, kNoSchema);
  client_.Answer(404, kNoSchema);
  client_.Answer(200, R"({"is_compatible":false,"messages":["first","second"]})");
  client_.Answer(200, R"({"compatibilityLevel":"FULL"})");
  EXPECT_EQ(RegisterError(ErrorCode::kBadInput),
            "schema: subject \"s/1\": incompatible (FULL): first; second");
  EXPECT_THAT(client_.calls[4],
              HasSubstr("/compatibility/subjects/s%2F1/versions/latest?verbose=true"));
  EXPECT_EQ(client_.calls.size(), 6U);
}

TEST_F(RestRegistryTest, ConflictWithoutReasonsIsSaidInTheRegistrysWords) {
  client_.Answer(404, kNoSubject);
  client_.Answer(409, R"({"error_code":409,"message":"breaks version 1"})");
  client_.Answer(404, kNoSchema);
  client_.Answer(404, kNoSchema);
  client_.Answer(404, R"({"error_code":404,"message":"no such path"})");
  client_.Answer(404, R"({"error_code":404,"message":"no such path"})");
  EXPECT_EQ(RegisterError(ErrorCode::kBadInput),
            "schema: subject \"s/1\": incompatible (level not known): breaks version 1");
}

TEST_F(RestRegistryTest, ConflictWithTheSameSchemaIsNone) {
  client_.Answer(404, kNoSubject);
  client_.Answer(409, R"({"error_code":409,"message":"already exists"})");
  client_.Answer(200, R"({"id":9})");
  EXPECT_EQ(*Register(), SchemaId(9));
}

TEST_F(RestRegistryTest, CheckAsksAboutEarlierVersionsWhereTheLevelDoes) {
  client_.Answer(404, kNoSchema);
  client_.Answer(200, R"({"is_compatible":true})");
  client_.Answer(200, R"({"compatibilityLevel":"FULL_TRANSITIVE"})");
  client_.Answer(200, R"({"is_compatible":false,"messages":["breaks version 1"]})");
  const auto verdict = registry_->Check("s/1", OneField());
  ASSERT_TRUE(verdict);
  EXPECT_EQ(verdict->level, "FULL_TRANSITIVE");
  EXPECT_THAT(verdict->reasons, ElementsAre("breaks version 1"));
  EXPECT_THAT(client_.calls[3], HasSubstr("/compatibility/subjects/s%2F1/versions?verbose=true"));
}

TEST_F(RestRegistryTest, WhatMayPassIsAskedAgainWithGrowingPauses) {
  client_.Fail(ErrorCode::kUnavailable, "connection refused");
  client_.Answer(500, R"({"error_code":50001,"message":"store"})");
  client_.Answer(502, "<html>bad gateway</html>", "text/html");
  client_.Answer(408, R"({"error_code":408})");
  client_.Answer(200, R"({"id":7})");
  const auto begin = clock_.Monotonic();
  EXPECT_EQ(*Register(), SchemaId(7));
  EXPECT_EQ(client_.calls.size(), 5U);
  const auto waited = clock_.Monotonic() - begin;
  EXPECT_GE(waited, std::chrono::milliseconds(750));  // half of 100, 200, 400 and 800
  EXPECT_LE(waited, std::chrono::milliseconds(2250));
}

TEST_F(RestRegistryTest, RetryAfterIsRespected) {
  client_.AskToWait(std::chrono::seconds(5));
  client_.Answer(200, R"({"id":7})");
  const auto begin = clock_.Monotonic();
  EXPECT_EQ(*Register(), SchemaId(7));
  EXPECT_GE(clock_.Monotonic() - begin, std::chrono::seconds(5));
}

TEST_F(RestRegistryTest, TheTimeEndsTheTriesAndNothingElse) {
  client_.Fail(ErrorCode::kUnavailable, "connection refused");
  for (const std::vector<std::string>& urls :
       {std::vector<std::string>{"http://a"}, {"http://a", "http://b", "http://c"}}) {
    for (const int seconds : {1, 60, 3'600}) {
      Open(urls, std::chrono::seconds(seconds));
      client_.calls.clear();
      const auto begin = clock_.Monotonic();
      const std::string said = RegisterError(ErrorCode::kUnavailable);
      EXPECT_THAT(said, HasSubstr(fmt::format("connection refused (POST /subjects/s%2F1 of at most "
                                              "{} s, {} tries)",
                                              seconds, client_.calls.size())));
      EXPECT_GE(clock_.Monotonic() - begin, std::chrono::milliseconds(900 * seconds)) << said;
      EXPECT_LE(clock_.Monotonic() - begin, std::chrono::seconds(seconds)) << said;
      EXPECT_GE(client_.calls.size(), urls.size() * static_cast<size_t>(seconds) / 4) << said;
    }
  }
}

TEST_F(RestRegistryTest, ShortTimesAreSaid) {
  Open({kUrl}, std::chrono::milliseconds(100));
  client_.Fail(ErrorCode::kUnavailable, "connection refused");
  EXPECT_THAT(RegisterError(ErrorCode::kUnavailable), HasSubstr("of at most 100 ms, "));
}

TEST_F(RestRegistryTest, WhoAsksToWaitBeyondTheTimeIsNotWaitedFor) {
  client_.AskToWait(std::chrono::hours(1));
  const auto begin = clock_.Monotonic();
  EXPECT_THAT(RegisterError(ErrorCode::kUnavailable), HasSubstr("of at most 30 s, 1 try)"));
  EXPECT_EQ(clock_.Monotonic(), begin);
}

TEST_F(RestRegistryTest, SeveralUrlsAreTriedInTurnWithoutAPause) {
  Open({"http://a", "http://b", "http://c"});
  client_.Fail(ErrorCode::kUnavailable, "connection refused");
  client_.Fail(ErrorCode::kTimedOut, "no answer");
  client_.Answer(404, kNoSubject);
  client_.Answer(200, R"({"id":7})");
  const auto begin = clock_.Monotonic();
  EXPECT_EQ(*Register(), SchemaId(7));
  EXPECT_EQ(clock_.Monotonic(), begin);
  EXPECT_THAT(client_.calls[1], HasSubstr("http://b/"));
  EXPECT_THAT(client_.calls[2], HasSubstr("http://c/"));
  EXPECT_THAT(client_.calls[3], HasSubstr("http://c/")) << "it stays with the one that answered";
}

TEST_F(RestRegistryTest, RefusalsAreSaidAtOnce) {
  struct Case {
    int status;
    const char* body;
    const char* type;
    const char* message;
  };
  const std::string where = "registry http://registry:8081: POST /subjects/s%2F1: ";
  for (const Case& c : {
           Case{401, R"({"error_code":401,"message":"Unauthorized"})", kRegistryJson,
                "401 Unauthorized; give --registry-user or --registry-token-file"},
           Case{403, R"({"error_code":403,"message":"no"})", kRegistryJson,
                "403 no; this user may not do that"},
           Case{404, R"({"error_code":404,"message":"HTTP 404 Not Found"})", kRegistryJson,
                "404 HTTP 404 Not Found; is the base URL right"},
           Case{404, "<html>", "text/html",
                "404 with text/html that is no JSON, as of a proxy; is the base URL right"},
           Case{422, R"({"error_code":42205,"message":"read-only"})", kRegistryJson,
                "42205 read-only"},
           Case{301, "", "",
                "301 with no content type that is no JSON, as of a proxy; give the "
                "URL that it points to"},
           Case{200, "<html>welcome</html>", "text/html",
                "found text/html that is no JSON, as of a proxy or another server; is the base URL "
                "right"},
           Case{200, R"({"id":"x"})", kRegistryJson,
                "found \"{\"id\":\"x\"}\", needed an object with a number \"id\""},
           Case{200, "[]", kRegistryJson, "found \"[]\", needed an object with a number \"id\""},
       }) {
    ScriptedClient client;
    client.Answer(c.status, c.body, c.type);
    RestClientOptions options;
    options.urls = {kUrl};
    const auto registry = *RestRegistry::Open(client, clock_, options);
    const auto result = registry->Register("s/1", OneField(), Timestamp(0));
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::kUnavailable) << c.message;
    EXPECT_EQ(result.error().message, where + c.message);
    EXPECT_EQ(client.calls.size(), 1U) << c.message;
  }
}

TEST_F(RestRegistryTest, WordsOfTheRegistryAreOneLineOfBoundedLength) {
  const std::string endless(size_t{1} << 20, 'x');
  struct Case {
    int status;
    std::string body;
    std::string type;
  };
  for (const Case& c : {
           Case{422, R"({"error_code":42201,"message":"a\nerror: \u001b[2Jb"})", kRegistryJson},
           Case{422, R"({"error_code":42201,"message":")" + endless + "\"}", kRegistryJson},
           Case{500, R"({"error_code":50001,"message":"a\nb)" + endless + "\"}", kRegistryJson},
           Case{404, "<html>", "text/html\x1B[2J" + endless},
           Case{200, "<html>", "text/html\x1B[2J" + endless},
           Case{502, "<html>", "text/html\x1B[2J" + endless},
       }) {
    ScriptedClient client;
    client.Answer(c.status, c.body, c.type);
    RestClientOptions options;
    options.urls = {kUrl};
    const auto registry = *RestRegistry::Open(client, clock_, options);
    const std::string said = registry->Register("s/1", OneField(), Timestamp(0)).error().message;
    EXPECT_LT(said.size(), 600U) << c.status;
    EXPECT_EQ(said.find_first_of("\n\x1B"), std::string::npos) << said;
  }
}

TEST_F(RestRegistryTest, ReasonsOfTheRegistryAreBoundedToo) {
  std::string many = "\"a\\nb\"";
  for (int i = 0; i < 1'000; ++i) many += ",\"a\"";
  client_.Answer(404, kNoSchema);
  client_.Answer(200, R"({"is_compatible":false,"messages":[)" + many + "]}");
  client_.Answer(200, R"({"compatibilityLevel":"FU\u001bLL"})");
  const auto verdict = registry_->Check("s/1", OneField());
  ASSERT_TRUE(verdict);
  EXPECT_EQ(verdict->reasons.size(), 101U);
  EXPECT_EQ(verdict->reasons.front(), "\"a\\x0Ab\"");
  EXPECT_EQ(verdict->reasons.back(), "and 901 more");
  EXPECT_EQ(verdict->level, "\"FU\\x1BLL\"");
}

TEST_F(RestRegistryTest, WhatIsWrongForGoodIsNotRetried) {
  client_.Fail(ErrorCode::kRefused, "its certificate is not trusted");
  EXPECT_EQ(RegisterError(ErrorCode::kUnavailable),
            "registry http://registry:8081: its certificate is not trusted");
  EXPECT_EQ(client_.calls.size(), 1U);
}

TEST_F(RestRegistryTest, StopEndsTheWaiting) {
  client_.Fail(ErrorCode::kUnavailable, "connection refused");
  stop_.request_stop();
  EXPECT_THAT(RegisterError(ErrorCode::kStopped), HasSubstr("stopped while it did not answer"));
  EXPECT_EQ(client_.calls.size(), 1U);
}

TEST_F(RestRegistryTest, StopIsNoUnknownId) {
  client_.Answer(404, kNoSchema);
  stop_.request_stop();
  EXPECT_EQ(registry_->Find(SchemaId(3)).error().code, ErrorCode::kStopped);
}

TEST_F(RestRegistryTest, SchemaIsFetchedOnceWhateverTheThreads) {
  client_.Answer(200, R"({"schema":"\"int\""})");
  std::vector<std::thread> threads;
  std::atomic<int> found{0};
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      if (registry_->Find(SchemaId(3))) ++found;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(found, 8);
  EXPECT_THAT(client_.calls, ElementsAre("GET http://registry:8081/schemas/ids/3"));
}

TEST_F(RestRegistryTest, UnknownIdIsAskedForAgainBriefly) {
  client_.Answer(404, kNoSchema);
  client_.Answer(200, R"({"schema":"\"int\""})");
  EXPECT_TRUE(registry_->Find(SchemaId(3))) << "a follower that was behind";
}

TEST_F(RestRegistryTest, UnknownIdIsSaid) {
  client_.Answer(404, kNoSchema);
  const auto begin = clock_.Monotonic();
  const auto missing = registry_->Find(SchemaId(4));
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(missing.error().message,
            "schema: id 4 is not registered in registry http://registry:8081");
  EXPECT_LE(clock_.Monotonic() - begin, kUnknownIdPatience);
  EXPECT_GE(client_.calls.size(), 2U);
}

TEST_F(RestRegistryTest, ReferencesAreFetched) {
  client_.Answer(200, R"({"schema":"{\"type\":\"record\",\"name\":\"S\",\"fields\":)"
                      R"([{\"name\":\"p\",\"type\":\"m.Money\"}]}",)"
                      R"("references":[{"name":"m.Money","subject":"money","version":2}]})");
  client_.Answer(200, R"({"subject":"money","id":1,"version":2,"schema":)"
                      R"("{\"type\":\"record\",\"name\":\"m.Money\",\"fields\":[]}"})");
  const auto schema = registry_->Find(SchemaId(3));
  ASSERT_TRUE(schema) << schema.error().message;
  EXPECT_EQ(schema->root().fields[0].type->FullName(), "m.Money");
  EXPECT_THAT(client_.calls[1], HasSubstr("/subjects/money/versions/2?deleted=true"));
}

TEST_F(RestRegistryTest, OtherKindsOfSchemasAreSaid) {
  client_.Answer(200, R"({"schemaType":"PROTOBUF","schema":"message M {}"})");
  EXPECT_EQ(registry_->Find(SchemaId(3)).error().message,
            "schema: id 3 is \"PROTOBUF\", needed AVRO");
}

TEST_F(RestRegistryTest, ListsAllVersions) {
  client_.Answer(200, R"(["b","a"])");
  client_.Answer(200, "[1]");
  client_.Answer(200, R"({"subject":"b","id":2,"version":1,"schema":"\"long\""})");
  client_.Answer(200, "[3]");
  client_.Answer(200, R"({"subject":"a","id":1,"version":3,"schema":"\"int\""})");
  const auto list = registry_->List();
  ASSERT_TRUE(list) << list.error().message;
  ASSERT_EQ(list->size(), 2U);
  EXPECT_EQ(list->front().subject, "a");
  EXPECT_EQ(list->front().version, 3);
}

TEST_F(RestRegistryTest, PasswordsAreNotShown) {
  client_.Answer(403, "{}");
  for (const char* url : {"http://me:secret@host:1/a@b", "http://me:x@secret@host:1/a@b"}) {
    Open({url});
    EXPECT_EQ(registry_->Describe(), "registry http://host:1/a@b");
    EXPECT_THAT(RegisterError(ErrorCode::kUnavailable),
                AllOf(HasSubstr("http://host:1"), Not(HasSubstr("secret"))));
  }
  RestClientOptions options;
  options.urls = {"me:secret@host:1"};
  EXPECT_THAT(RestRegistry::Open(client_, clock_, options).error().message,
              HasSubstr("--registry: \"host:1\" is not a URL"));
}

TEST_F(RestRegistryTest, OnlyUrlsAreTaken) {
  for (const char* url : {"", "host:8081", "ftp://host", "http://", "http://a b", "http://a?b"}) {
    RestClientOptions options;
    options.urls = {url};
    const auto opened = RestRegistry::Open(client_, clock_, options);
    ASSERT_FALSE(opened) << url;
    EXPECT_EQ(opened.error().code, ErrorCode::kUsage);
    EXPECT_THAT(opened.error().message, HasSubstr("is not a URL; write http://HOST:PORT"));
  }
}

}  // namespace
}  // namespace tillstream
