#include "web/registry_handler.h"

#include <gmock/gmock.h>

#include "log/segment_log.h"
#include "testing/faulty_file_system.h"
#include "web/registry_handler_fixture.h"

namespace tillstream {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class RegistryHandlerTest : public RegistryHandlerFixture {};

TEST_F(RegistryHandlerTest, SchemaGoesInAndComesOutByEveryPath) {
  EXPECT_EQ(Told("POST", "/subjects/s/versions", Posted(R"("int")")), R"(200 {"id":1})");
  EXPECT_EQ(Told("GET", "/schemas/ids/1"), R"(200 {"schema":"\"int\""})");
  EXPECT_EQ(Told("GET", "/schemas/ids/1/schema"), R"(200 "int")");
  EXPECT_EQ(Told("GET", "/schemas/ids/1/subjects"), R"(200 ["s"])");
  EXPECT_EQ(Told("GET", "/schemas/ids/1/versions"), R"(200 [{"subject":"s","version":1}])");
  const std::string version = R"({"subject":"s","version":1,"id":1,"schema":"\"int\""})";
  EXPECT_EQ(Told("GET", "/schemas"), "200 [" + version + "]");
  EXPECT_EQ(Told("GET", "/subjects"), R"(200 ["s"])");
  EXPECT_EQ(Told("POST", "/subjects/s", Posted(R"("int")")), "200 " + version);
  EXPECT_EQ(Told("GET", "/subjects/s/versions"), "200 [1]");
  for (const char* name : {"1", "latest", "-1"}) {
    EXPECT_EQ(Told("GET", std::string("/subjects/s/versions/") + name), "200 " + version);
  }
  EXPECT_EQ(Told("GET", "/subjects/s/versions/1/schema"), R"(200 "int")");
  EXPECT_EQ(Told("GET", "/subjects/s/versions/1/referencedby"), "200 []");
  EXPECT_EQ(Told("DELETE", "/subjects/s/versions/1"), "200 1");
  EXPECT_EQ(Told("DELETE", "/subjects/s?permanent=true"), "200 [1]");
}

TEST_F(RegistryHandlerTest, FixedAnswersAreThere) {
  EXPECT_EQ(Told("GET", "/"), "200 {}");
  EXPECT_EQ(Told("GET", "/contexts"), R"(200 ["."])");
  EXPECT_EQ(Told("GET", "/schemas/types"), R"(200 ["AVRO"])");
}

TEST_F(RegistryHandlerTest, SettingsAreOfAllOrOfOneSubject) {
  EXPECT_EQ(Told("GET", "/config"), R"(200 {"compatibilityLevel":"BACKWARD"})");
  EXPECT_EQ(Told("PUT", "/config/s", R"({"compatibility":"FULL"})"),
            R"(200 {"compatibility":"FULL"})");
  EXPECT_EQ(Told("GET", "/config/s"), R"(200 {"compatibilityLevel":"FULL"})");
  EXPECT_THAT(Told("GET", "/config/t"), StartsWith(R"(404 {"error_code":40408,)"));
  EXPECT_EQ(Told("GET", "/config/t?defaultToGlobal=True"),
            R"(200 {"compatibilityLevel":"BACKWARD"})");
  EXPECT_EQ(Told("DELETE", "/config/s"), R"(200 {"compatibilityLevel":"FULL"})");
  EXPECT_EQ(Told("PUT", "/mode", R"({"mode":"READONLY"})"), R"(200 {"mode":"READONLY"})");
  EXPECT_EQ(Told("GET", "/mode/s?defaultToGlobal=true"), R"(200 {"mode":"READONLY"})");
  EXPECT_THAT(Told("POST", "/subjects/s/versions", Posted(R"("int")")),
              StartsWith(R"(422 {"error_code":42205,)"));
  EXPECT_EQ(Told("DELETE", "/mode"), R"(200 {"mode":"READONLY"})");
  for (const char* body : {"{}", R"({"compatibility":"backwards"})", R"({"compatibility":7})"}) {
    EXPECT_THAT(Told("PUT", "/config", body), StartsWith(R"(422 {"error_code":42203,)")) << body;
  }
  EXPECT_THAT(Told("PUT", "/mode", "{}"), StartsWith(R"(422 {"error_code":42204,)"));
}

TEST_F(RegistryHandlerTest, CompatibilityIsToldWithReasonsIfAsked) {
  Ask("POST", "/subjects/s/versions", Posted(R"("int")"));
  const std::string path = "/compatibility/subjects/s/versions";
  EXPECT_EQ(Told("POST", path, Posted(R"("long")")), R"(200 {"is_compatible":true})");
  EXPECT_EQ(Told("POST", path + "/latest", Posted(R"("string")")),
            R"(200 {"is_compatible":false})");
  EXPECT_THAT(Told("POST", path + "/1?verbose=true", Posted(R"("string")")),
              StartsWith(R"(200 {"is_compatible":false,"messages":["version 1: )"));
  EXPECT_THAT(Told("POST", "/subjects/s/versions", Posted(R"("string")")),
              StartsWith(R"(409 {"error_code":40901,"message":"subject \"s\": incompatible )"));
}

TEST_F(RegistryHandlerTest, UnknownPathIs404AsJson) {
  for (const char* path : {"/nothing", "/subjects/s/x", "/subjects//versions/1/2", "/schemas/ids",
                           "/associations/resources/-/sales", "//"}) {
    EXPECT_EQ(Told("GET", path), R"(404 {"error_code":404,"message":"no such path"})") << path;
  }
  EXPECT_EQ(Told("GET", "/schemas/ids/x"),
            R"(404 {"error_code":404,"message":"\"x\" is not an id"})");
}

TEST_F(RegistryHandlerTest, OtherMethodIs405WithThoseThatThePathHas) {
  const HttpResponse response = Ask("PATCH", "/subjects/s/versions/1");
  EXPECT_EQ(Text(response),
            R"(405 {"error_code":405,"message":"the method is none of GET, DELETE"})");
  EXPECT_EQ(Header(response, "Allow"), "GET, DELETE");
  EXPECT_EQ(Header(Ask("POST", "/config"), "Allow"), "GET, PUT, DELETE");
  EXPECT_EQ(Ask("get", "/config").status, 405);
}

TEST_F(RegistryHandlerTest, AnswerHasTheTypeThatIsAskedFor) {
  struct Case {
    const char* accept;
    const char* type;
  };
  for (const Case& c : {Case{"", "application/vnd.schemaregistry.v1+json"},
                        Case{"*/*", "application/vnd.schemaregistry.v1+json"},
                        Case{"text/html", "application/vnd.schemaregistry.v1+json"},
                        Case{"application/json", "application/json"},
                        Case{"application/vnd.schemaregistry+json, application/json",
                             "application/vnd.schemaregistry+json"},
                        Case{"text/html, application/json; q=0.5", "application/json"}}) {
    HttpRequest request = Request("GET", "/subjects");
    request.accept = c.accept;
    EXPECT_EQ(handler_->Handle(request).content_type, c.type) << c.accept;
    request.path = "/nothing";
    EXPECT_EQ(handler_->Handle(request).content_type, c.type) << c.accept;
  }
}

TEST_F(RegistryHandlerTest, BodyOfAnotherTypeIs415) {
  for (const char* type :
       {"application/vnd.schemaregistry.v1+json", "application/vnd.schemaregistry+json",
        "application/json", "application/json; charset=utf-8", "application/octet-stream", ""}) {
    HttpRequest request = Request("POST", "/subjects/s/versions", Posted(R"("int")"));
    request.content_type = type;
    EXPECT_EQ(Text(handler_->Handle(request)), R"(200 {"id":1})") << type;
  }
  for (const char* type : {"text/plain", "application/xml", "application/jsonp"}) {
    HttpRequest request = Request("POST", "/subjects/s/versions", Posted(R"("int")"));
    request.content_type = type;
    EXPECT_THAT(Text(handler_->Handle(request)), StartsWith(R"(415 {"error_code":415,)")) << type;
  }
  HttpRequest request = Request("GET", "/subjects");
  request.content_type = "text/plain";  // of no body
  EXPECT_EQ(handler_->Handle(request).status, 200);
}

TEST_F(RegistryHandlerTest, BodyThatIsNoObjectIs400) {
  for (const char* body : {"{", "[]", "7", "null", "\"s\"", "{}{}", "{\"schema\":\"\xFF\"}"}) {
    EXPECT_THAT(Told("POST", "/subjects/s/versions", body), StartsWith(R"(400 {"error_code":400,)"))
        << body;
  }
  std::string deep(33, '[');
  EXPECT_EQ(Ask("PUT", "/config", R"({"compatibility":)" + deep).status, 400);
}

TEST_F(RegistryHandlerTest, BodyWithoutAReadableSchemaIs422) {
  for (const char* body :
       {"", "{}", R"({"schema":null})", R"({"schema":7})", R"({"schema":""})",
        R"({"schema":"\"itn\""})", R"({"schema":"\"int\"","schemaType":"JSON"})",
        R"({"schema":"\"int\"","references":7})", R"({"schema":"\"int\"","references":[7]})",
        R"({"schema":"\"int\"","references":[{"name":"n","subject":"s"}]})",
        R"({"schema":"\"int\"","id":1.5})", R"({"schema":"\"int\"","id":99999999999})",
        R"({"schema":"\"int\"","version":-99999999999})",
        R"({"schema":"\"int\"","ruleSet":{"domainRules":[]}})"}) {
    EXPECT_THAT(Told("POST", "/subjects/s/versions", body),
                StartsWith(R"(422 {"error_code":42201,)"))
        << body;
  }
}

TEST_F(RegistryHandlerTest, SubjectIsDecoded) {
  Ask("POST", "/subjects/a%2Fb%3Ac%20%C3%A9+/versions", Posted(R"("int")"));
  EXPECT_EQ(Told("GET", "/subjects"), "200 [\"a/b:c \xC3\xA9+\"]");
  EXPECT_EQ(Told("GET", "/subjects/a%2fb%3ac%20%c3%a9%2B/versions"), "200 [1]");
  EXPECT_EQ(Told("GET", "/subjects?subjectPrefix=a%2Fb%3Ac+"), "200 [\"a/b:c \xC3\xA9+\"]");
  for (const char* path :
       {"/subjects/%/versions", "/subjects/%2/versions", "/subjects/%FF/versions",
        "/subjects?subjectPrefix=%zz", "/config/%ZZ"}) {
    EXPECT_THAT(Told("GET", path), StartsWith(R"(400 {"error_code":400,)")) << path;
  }
  for (const char* subject : {"", "%00", "a%0Ab"}) {
    EXPECT_THAT(Told("POST", std::string("/subjects/") + subject + "/versions", Posted(R"("int")")),
                testing::AnyOf(StartsWith("422 {\"error_code\":42208,"), StartsWith("400 ")))
        << subject;
  }
}

TEST_F(RegistryHandlerTest, OnlyWhatIsInMemoryRunsOnTheServingThread) {
  Ask("POST", "/subjects/s/versions", Posted(R"("int")"));
  for (const char* path :
       {"/", "/contexts", "/schemas/types", "/schemas/ids/1", "/schemas/ids/1/schema",
        "/schemas/ids/x", "/healthz", "/nothing", "/%zz"}) {
    EXPECT_FALSE(handler_->MayBlock(Request("GET", path))) << path;
  }
  EXPECT_TRUE(handler_->MayBlock(Request("GET", "/schemas/ids/2")))
      << "another process may have given it";
  for (const char* path : {"/subjects", "/subjects/s/versions", "/subjects/s/versions/1", "/config",
                           "/mode/s", "/schemas", "/schemas/ids/1/versions"}) {
    EXPECT_TRUE(handler_->MayBlock(Request("GET", path))) << path;
  }
  for (const char* path :
       {"/subjects/s", "/subjects/s/versions", "/compatibility/subjects/s/versions/latest"}) {
    EXPECT_TRUE(handler_->MayBlock(Request("POST", path))) << path;
  }
  EXPECT_TRUE(handler_->MayBlock(Request("PUT", "/config")));
  EXPECT_TRUE(handler_->MayBlock(Request("DELETE", "/subjects/s")));
}

TEST_F(RegistryHandlerTest, ASettingOfAnEmptySubjectIsNotThatOfAll) {
  for (const char* path : {"/config//", "/mode//"}) {
    EXPECT_THAT(Told("PUT", path, R"({"compatibility":"NONE","mode":"READONLY"})"),
                StartsWith(R"(422 {"error_code":42208,)"))
        << path;
  }
  EXPECT_EQ(Told("GET", "/config"), R"(200 {"compatibilityLevel":"BACKWARD"})");
}

TEST_F(RegistryHandlerTest, RefusalsAreJson) {
  const HttpResponse response = handler_->Refuse(413, "body too large");
  EXPECT_EQ(Text(response), R"(413 {"error_code":413,"message":"body too large"})");
  EXPECT_EQ(response.content_type, kRegistryType);
}

TEST_F(RegistryHandlerTest, MetricsSayWhatHappened) {
  RegistryHandlerOptions options;
  options.server_stats = [] {
    HttpServerStats stats;
    stats.connections_open = 3;
    stats.connections_accepted = 11;
    stats.answers[4] = 5;
    return stats;
  };
  Serve(log_, std::move(options));
  Ask("POST", "/subjects/s/versions", Posted(R"("int")"));
  Ask("POST", "/subjects/t/versions", Posted(R"("int")"));
  Ask("GET", "/schemas/ids/1");
  Ask("GET", "/schemas/ids/2");
  Ask("GET", "/secret/of/a/user");
  const HttpResponse response = Ask("GET", "/metrics");
  EXPECT_EQ(response.content_type, "text/plain; version=0.0.4; charset=utf-8");
  for (const char* line :
       {"tillstream_registry_subjects 2", "tillstream_registry_versions 2",
        "tillstream_registry_ids 1", "tillstream_http_connections 3",
        "tillstream_http_connections_total 11", "tillstream_http_waiting_requests 0",
        "tillstream_http_held_bytes 0", "tillstream_http_refused_connections_total 0",
        "tillstream_http_write_timeouts_total 0", R"(tillstream_http_answers_total{class="4xx"} 5)",
        R"(tillstream_registry_requests_total{route="POST /subjects/*/versions",status="200"} 2)",
        R"(tillstream_registry_requests_total{route="GET /schemas/ids/*",status="200"} 1)",
        R"(tillstream_registry_requests_total{route="GET /schemas/ids/*",status="404"} 1)",
        R"(tillstream_registry_requests_total{route="none",status="404"} 1)",
        "tillstream_registry_request_seconds_count 5"}) {
    EXPECT_THAT(response.body, HasSubstr("\n" + std::string(line) + "\n"));
  }
  EXPECT_THAT(response.body, Not(HasSubstr("secret")));
  Ask("GET", "/schemas/ids/1");
  EXPECT_THAT(
      Ask("GET", "/metrics").body,
      HasSubstr(
          R"(tillstream_registry_requests_total{route="GET /schemas/ids/*",status="200"} 2)"));
}

TEST_F(RegistryHandlerTest, FailedLogIsToldAndNothingIsLost) {
  FaultyFileSystem files;
  SegmentLogOptions options;
  options.directory = "log";
  ASSERT_TRUE(files.MakeDirectory("log").has_value());
  SegmentLog log(files, clock_, options);
  Serve(log);
  EXPECT_EQ(Told("GET", "/healthz"), R"(200 {"status":"ok"})");
  EXPECT_EQ(Told("POST", "/subjects/s/versions", Posted(R"("int")")), R"(200 {"id":1})");

  files.FailNth({FileOperation::kSync}, 0);
  EXPECT_THAT(Told("POST", "/subjects/s/versions", Posted(R"("long")")),
              StartsWith(R"(500 {"error_code":50001,)"));
  ASSERT_TRUE(files.failed());
  EXPECT_THAT(Told("GET", "/healthz"), StartsWith(R"(503 {"error_code":50301,)"));
  // The disk is well again, but what it kept is not known.
  EXPECT_THAT(Told("POST", "/subjects/s/versions", Posted(R"("long")")),
              StartsWith(R"(500 {"error_code":50001,)"));
  EXPECT_EQ(Told("GET", "/schemas/ids/1"), R"(200 {"schema":"\"int\""})");

  handler_.reset();
  store_.reset();
  files.PowerCut(Survival::kNothing);
  Serve(log);
  EXPECT_EQ(Told("GET", "/healthz"), R"(200 {"status":"ok"})");
  EXPECT_EQ(Told("GET", "/schemas/ids/1"), R"(200 {"schema":"\"int\""})");
  EXPECT_EQ(Told("POST", "/subjects/s/versions", Posted(R"("long")")), R"(200 {"id":2})");
}

}  // namespace
}  // namespace tillstream
