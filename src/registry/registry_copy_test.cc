#include "registry/registry_copy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/sim_clock.h"

namespace tillstream {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kInt = R"({"id":7,"subject":"s","version":3,"schema":"\"int\""})";
constexpr const char* kNothing = R"({"error_code":40401,"message":"nothing"})";

/// Answers by method and path; 404 to what nobody said anything about. Later words win.
class AnsweringClient final : public HttpClient {
 public:
  void On(const std::string& call, int status, std::string body) {
    answers_[call] = {status, "application/json", std::move(body), std::nullopt};
  }
  Result<HttpAnswer> Send(const HttpCall& call) override {
    const std::string words = call.method + " " + call.url.substr(std::string("http://r").size());
    calls.push_back(call.body.empty() ? words : words + " " + call.body);
    if (stop_at == words) stop.request_stop();
    const auto found = answers_.find(words);
    if (found == answers_.end()) return HttpAnswer{404, "application/json", kNothing, std::nullopt};
    return found->second;
  }

  std::vector<std::string> calls;
  std::string stop_at;
  std::stop_source stop;

 private:
  std::map<std::string, HttpAnswer> answers_;
};

class RegistryCopyTest : public ::testing::Test {
 protected:
  RegistryCopyTest() {
    http_.On("GET /mode", 200, R"({"mode":"READWRITE"})");
    http_.On("GET /config", 200, R"({"compatibilityLevel":"BACKWARD"})");
    http_.On("PUT /mode/s", 200, R"({"mode":"IMPORT"})");
    http_.On("DELETE /mode/s", 200, R"({"mode":"IMPORT"})");
    http_.On("POST /subjects/s/versions", 200, R"({"id":7})");
    contents_.versions = {{SchemaId(7), "s", 3, "\"int\""}};
    contents_.levels[""] = CompatibilityLevel::kBackward;
  }

  Result<CopyPlan> Copy(CopyOptions options = {}) {
    RestClientOptions rest;
    rest.urls = {"http://r"};
    rest.stop = http_.stop.get_token();
    const auto target = *RestClient::Open(http_, clock_, rest);
    rest.stop = {};
    const auto last = *RestClient::Open(http_, clock_, rest);
    options.stop = http_.stop.get_token();
    RegistryCopier copier(*target, *last, options);
    TILLSTREAM_ASSIGN(CopyPlan plan, copier.Plan(contents_));
    http_.calls.clear();
    TILLSTREAM_TRY(copier.Execute(&plan));
    return plan;
  }
  std::string CopyError(CopyOptions options = {}) {
    const auto plan = Copy(std::move(options));
    return plan ? "no error" : plan.error().message;
  }

  SimClock clock_;
  AnsweringClient http_;
  RegistryContents contents_;
};

TEST_F(RegistryCopyTest, VersionIsImportedWithItsNumbersAndTheModeTakenBack) {
  EXPECT_THAT(CopyError(), HasSubstr("has no such version afterwards, needed id 7"))
      << "it is looked at again";
  EXPECT_THAT(http_.calls,
              ElementsAre("GET /mode/s", R"(PUT /mode/s {"mode":"IMPORT"})",
                          R"(POST /subjects/s/versions {"schema":"\"int\"","id":7,"version":3})",
                          "DELETE /mode/s", "GET /subjects/s/versions/3"));
}

TEST_F(RegistryCopyTest, WhatIsThereIsNotWritten) {
  http_.On("GET /schemas/ids/7", 200, R"({"schema":"{\"type\":\"int\"}"})");
  http_.On("GET /subjects/s/versions/3", 200, kInt);
  const auto plan = Copy();
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_EQ(plan->Count(CopyState::kPresent), 2);
  EXPECT_THAT(http_.calls, ElementsAre("GET /subjects/s/versions/3", "GET /schemas/ids/7"));
}

TEST_F(RegistryCopyTest, ConflictsAreRefusedBeforeAnythingIsWritten) {
  http_.On("GET /schemas/ids/7", 200, R"({"schema":"\"long\""})");
  EXPECT_EQ(CopyError(),
            "registry http://r: id 7 of subject \"s\": version 3 is another schema's there; "
            "nothing was written");
  http_.On("GET /schemas/ids/7", 404, kNothing);
  http_.On("GET /subjects/s/versions/3?deleted=true", 200,
           R"({"id":8,"subject":"s","version":3,"schema":"\"int\""})");
  EXPECT_EQ(CopyError(),
            "registry http://r: subject \"s\": version 3 has id 8 there, needed 7; nothing was "
            "written");
  EXPECT_THAT(http_.calls, Not(Contains(HasSubstr("PUT"))));
}

TEST_F(RegistryCopyTest, OwnModeOfTheSubjectComesBack) {
  http_.On("GET /mode/s", 200, R"({"mode":"READONLY"})");
  CopyError();
  EXPECT_THAT(http_.calls, Contains(R"(PUT /mode/s {"mode":"READONLY"})"));
}

TEST_F(RegistryCopyTest, ModeIsTakenBackAfterAnErrorAndAfterAStop) {
  http_.On("POST /subjects/s/versions", 422, R"({"error_code":42201,"message":"no"})");
  EXPECT_EQ(CopyError(), "registry http://r: subject \"s\": version 3: 42201 no");
  EXPECT_EQ(http_.calls.back(), "DELETE /mode/s");
  http_.stop_at = "PUT /mode/s";
  EXPECT_EQ(CopyError(), "registry http://r: stopped");
  EXPECT_EQ(http_.calls.back(), "DELETE /mode/s");
}

TEST_F(RegistryCopyTest, ImportThatACopyLeftBehindIsNotTheSubjectsOwn) {
  http_.On("GET /mode/s", 200, R"({"mode":"IMPORT"})");
  CopyError();
  EXPECT_THAT(http_.calls, Contains("DELETE /mode/s"));
  EXPECT_THAT(http_.calls, Not(Contains(R"(PUT /mode/s {"mode":"IMPORT"})")));
  // The copy may have been killed when everything was there.
  http_.On("GET /schemas/ids/7", 200, R"({"schema":"\"int\""})");
  http_.On("GET /subjects/s/versions/3", 200, kInt);
  const auto plan = Copy();
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_EQ(plan->Count(CopyState::kMissing), 0);
  EXPECT_THAT(plan->left_in_import, ElementsAre("s"));
  EXPECT_TRUE(plan->HasWork());
  EXPECT_THAT(http_.calls, Contains("DELETE /mode/s"));
}

TEST_F(RegistryCopyTest, ModeThatStaysAfterAStopIsAnError) {
  http_.stop_at = "PUT /mode/s";
  http_.On("DELETE /mode/s", 403, R"({"error_code":403,"message":"no"})");
  const auto plan = Copy();
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(plan.error().message, HasSubstr("subject \"s\" is left in mode IMPORT"));
}

TEST_F(RegistryCopyTest, ServerWithoutDeleteGetsTheOrdinaryMode) {
  http_.On("DELETE /mode/s", 405, R"({"error_code":405,"message":"no"})");
  CopyError();
  EXPECT_THAT(http_.calls, Contains(R"(PUT /mode/s {"mode":"READWRITE"})"));
}

TEST_F(RegistryCopyTest, ModeThatStaysIsSaid) {
  http_.On("POST /subjects/s/versions", 422, R"({"error_code":42201,"message":"no"})");
  http_.On("DELETE /mode/s", 403, R"({"error_code":403,"message":"no"})");
  EXPECT_THAT(CopyError(), HasSubstr("subject \"s\" is left in mode IMPORT"));
}

TEST_F(RegistryCopyTest, AnotherIdThanTheOneAskedForIsAFault) {
  http_.On("POST /subjects/s/versions", 200, R"({"id":1})");
  EXPECT_EQ(CopyError(), "registry http://r: subject \"s\": version 3: got id 1, needed 7");
}

TEST_F(RegistryCopyTest, RegistryWithoutModesTakesNoIds) {
  http_.On("GET /mode", 404, R"({"error_code":404,"message":"no"})");
  EXPECT_THAT(CopyError(), HasSubstr("has no mode IMPORT"));
}

TEST_F(RegistryCopyTest, OccupiedSubjectNeedsForce) {
  http_.On("GET /subjects/s/versions", 200, "[1]");
  EXPECT_THAT(CopyError(), HasSubstr("--force imports beside them"));
  EXPECT_TRUE(http_.calls.empty());
  http_.On("PUT /mode/s?force=true", 200, R"({"mode":"IMPORT"})");
  CopyError({true, true, {}});
  EXPECT_THAT(http_.calls, Contains(R"(PUT /mode/s?force=true {"mode":"IMPORT"})"));
}

TEST_F(RegistryCopyTest, ReferencesComeBeforeWhatRefersToThem) {
  http_.On("GET /subjects?deleted=true", 200, R"(["s","money"])");
  http_.On("GET /subjects/s/versions", 200, "[1]");
  http_.On("GET /subjects/s/versions/1", 200,
           R"({"id":1,"version":1,"schema":"x","references":[{"name":"M","subject":"money",)"
           R"("version":2}]})");
  http_.On("GET /subjects/money/versions", 200, "[2]");
  http_.On("GET /subjects/money/versions?deleted=true", 200, "[1,2]");
  http_.On("GET /subjects/money/versions/2", 200,
           R"({"id":5,"version":2,"schema":"y","metadata":{"properties":{"owner":"me"}}})");
  RestClientOptions rest;
  rest.urls = {"http://r"};
  const auto client = *RestClient::Open(http_, clock_, rest);
  const auto contents = ReadContents(*client);
  ASSERT_TRUE(contents) << contents.error().message;
  ASSERT_EQ(contents->versions.size(), 2U);
  EXPECT_EQ(contents->versions[0].subject, "money");
  EXPECT_EQ(contents->deleted_count, 1);
  EXPECT_EQ(contents->bare_count, 1);
  http_.On("GET /subjects/money/versions", 200, "[]");
  EXPECT_EQ(ReadContents(*client).error().message,
            "schema: subject \"s\": version 1 refers to version 2 of subject \"money\", which is "
            "not there or deleted");
}

}  // namespace
}  // namespace tillstream
