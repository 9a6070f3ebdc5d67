// What RestRegistry asks when threads want the same, and when schemas refer to others.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

#include "registry/rest_registry.h"
#include "testing/sim_clock.h"

namespace tillstream {
namespace {

using ::testing::HasSubstr;

constexpr const char* kJson = "application/json";

std::unique_ptr<RestRegistry> Open(HttpClient& client, Clock& clock) {
  RestClientOptions options;
  options.urls = {"http://registry:8081"};
  return *RestRegistry::Open(client, clock, options);
}

/// Answers, once a test says so.
class HeldClient final : public HttpClient {
 public:
  explicit HeldClient(HttpAnswer answer) : answer_(std::move(answer)) {}
  Result<HttpAnswer> Send(const HttpCall& /*call*/) override {
    if (++calls_ == 1) called_.set_value();
    let_go_.wait_for(std::chrono::seconds(30));
    return answer_;
  }
  void AwaitCall() { called_.get_future().wait_for(std::chrono::seconds(30)); }
  void Release() { release_.set_value(); }
  int calls() const { return calls_; }

 private:
  const HttpAnswer answer_;
  std::atomic<int> calls_{0};
  std::promise<void> called_;
  std::promise<void> release_;
  const std::shared_future<void> let_go_ = release_.get_future();
};

/// Runs `ask` in eight threads; the others begin while the first waits for its answer. Returns how
/// many succeeded.
template <typename Ask>
int InThreads(HeldClient& client, Ask ask) {
  std::atomic<int> begun{0};
  std::atomic<int> succeeded{0};
  const auto run = [&] {
    ++begun;
    if (ask()) ++succeeded;
  };
  std::vector<std::thread> threads;
  threads.emplace_back(run);
  client.AwaitCall();
  for (int i = 1; i < 8; ++i) threads.emplace_back(run);
  while (begun < 8) std::this_thread::yield();
  client.Release();
  for (std::thread& thread : threads) thread.join();
  return succeeded;
}

TEST(RestRegistryFetchTest, ThreadsThatLookForTheSameShareTheAnswer) {
  HeldClient found(HttpAnswer{200, kJson, R"({"id":7})", std::nullopt});
  SimClock clock;
  const auto registry = Open(found, clock);
  EXPECT_EQ(InThreads(found,
                      [&] { return registry->Lookup("s", *Schema::Parse("\"int\"")).has_value(); }),
            8);
  EXPECT_EQ(found.calls(), 1);
}

/// A registry whose schemas refer to three of the next level each, down to `levels`.
class Pyramid final : public HttpClient {
 public:
  explicit Pyramid(int levels, bool same) : levels_(levels), same_(same) {}
  Result<HttpAnswer> Send(const HttpCall& call) override {
    ++calls;
    const size_t at = call.url.find("/subjects/l");
    const int level = at == std::string::npos ? 0 : std::stoi(call.url.substr(at + 11));
    Json body = {{"schema", fmt::format(R"({{"type":"fixed","name":"F{}","size":1}})", calls)}};
    for (int i = 0; level < levels_ && i < 3; ++i) {
      body["references"].push_back({{"name", "a"},
                                    {"subject", fmt::format("l{}", level + 1)},
                                    {"version", same_ ? i + 1 : ++versions_}});
    }
    return HttpAnswer{200, kJson, DumpJson(body), std::nullopt};
  }
  int calls = 0;

 private:
  const int levels_;
  const bool same_;
  int versions_ = 0;
};

TEST(RestRegistryFetchTest, ReferenceThatIsNeededTwiceIsFetchedOnce) {
  Pyramid pyramid(5, true);
  SimClock clock;
  const auto registry = Open(pyramid, clock);
  EXPECT_TRUE(registry->Find(SchemaId(3))) << registry->Find(SchemaId(3)).error().message;
  EXPECT_EQ(pyramid.calls, 1 + 3 * 5);
}

TEST(RestRegistryFetchTest, ReferencesInAllAreBounded) {
  Pyramid pyramid(12, false);
  SimClock clock;
  const auto registry = Open(pyramid, clock);
  EXPECT_THAT(registry->Find(SchemaId(3)).error().message, HasSubstr("needed fewer references"));
  EXPECT_LE(pyramid.calls, 201);
}

}  // namespace
}  // namespace tillstream
