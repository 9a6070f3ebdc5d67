#include "app/metrics_server.h"

#include <gmock/gmock.h>

#include "app/app_fixture.h"
#include "web/http_fixture.h"

namespace tillstream {
namespace {

using testing::HasSubstr;

/// What a test tells the sampler.
class ToldSource final : public MetricsSource {
 public:
  explicit ToldSource(Health health) : health_(std::move(health)) {}
  Health Sample(Metrics& metrics) override {
    metrics.Gauge("tillstream_told", "Told.").Set(++samples_);
    return health_;
  }

 private:
  const Health health_;
  int samples_ = 0;
};

class MetricsServerTest : public AppTest {
 protected:
  std::unique_ptr<MetricsServer> Open(Context& context) {
    MetricsOptions options;
    options.listen = "127.0.0.1:0";
    auto opened = MetricsServer::Open(context, options);
    TILLSTREAM_CHECK(opened.has_value());
    return std::move(*opened);
  }

  static RawAnswer Get(const MetricsServer& server, const std::string& path,
                       const std::string& method = "GET") {
    RawClient client(server.port());
    client.Send(method + " " + path + " HTTP/1.1\r\nHost: x\r\n\r\n");
    return client.ReadAnswer();
  }

  /// Until `path` holds `text`.
  static RawAnswer WaitFor(const MetricsServer& server, const std::string& path,
                           const std::string& text) {
    const auto deadline = std::chrono::steady_clock::now() + kTestDeadline;
    while (true) {
      RawAnswer answer = Get(server, path);
      if (answer.body.find(text) != std::string::npos) return answer;
      TILLSTREAM_CHECK_MSG(std::chrono::steady_clock::now() < deadline, answer.body);
      std::this_thread::yield();
    }
  }
};

TEST_F(MetricsServerTest, WithoutASampleItIsStarting) {
  With([&](Context& context) {
    const auto server = Open(context);
    const RawAnswer health = Get(*server, "/healthz");
    EXPECT_EQ(health.status, 200);
    EXPECT_EQ(health.body, "{\"state\":\"starting\"}\n");
    const RawAnswer metrics = Get(*server, "/metrics");
    EXPECT_EQ(metrics.status, 200);
    EXPECT_TRUE(metrics.HasHeader("Content-Type: text/plain; version=0.0.4; charset=utf-8"));
    EXPECT_THAT(metrics.body, HasSubstr("tillstream_health_state{state=\"starting\"} 1\n"));
    EXPECT_THAT(metrics.body, HasSubstr("tillstream_health_state{state=\"stalled\"} 0\n"));
    EXPECT_THAT(metrics.body, HasSubstr("tillstream_build_info{version=\""));
  });
  EXPECT_THAT(err_, testing::MatchesRegex("metrics: http://127.0.0.1:[0-9]+/metrics\n"));
}

TEST_F(MetricsServerTest, AStallIs503WithItsReasonAndSlowIsNot) {
  With([&](Context& context) {
    const auto server = Open(context);
    {
      const MetricsSampler sampler(
          server.get(),
          std::make_unique<ToldSource>(Health{HealthState::kStalled, {"a: late", "b: late"}}));
      const RawAnswer stalled = WaitFor(*server, "/healthz", "stalled");
      EXPECT_EQ(stalled.status, 503);
      EXPECT_TRUE(stalled.HasHeader("Content-Type: application/json"));
      EXPECT_EQ(stalled.body,
                "{\"state\":\"stalled\",\"reason\":\"a: late\","
                "\"reasons\":[\"a: late\",\"b: late\"]}\n");
    }
    const MetricsSampler sampler(
        server.get(), std::make_unique<ToldSource>(Health{HealthState::kSlow, {"a: 7 s behind"}}));
    const RawAnswer slow = WaitFor(*server, "/healthz", "slow");
    EXPECT_EQ(slow.status, 200);
    EXPECT_THAT(Get(*server, "/metrics").body,
                HasSubstr("tillstream_health_state{state=\"slow\"} 1\n"));
  });
}

TEST_F(MetricsServerTest, ASourceIsSampledAgainAndAgain) {
  With([&](Context& context) {
    const auto server = Open(context);
    const MetricsSampler sampler(server.get(),
                                 std::make_unique<ToldSource>(Health{HealthState::kOk, {}}));
    WaitFor(*server, "/metrics", "tillstream_told 3\n");
  });
}

TEST_F(MetricsServerTest, OtherPathsAndMethodsAreRefused) {
  With([&](Context& context) {
    const auto server = Open(context);
    EXPECT_EQ(Get(*server, "/").status, 404);
    EXPECT_EQ(Get(*server, "/metrics/x").body, "{\"error\":\"there are /metrics and /healthz\"}\n");
    EXPECT_EQ(Get(*server, "/metrics", "DELETE").status, 405);
  });
}

TEST_F(MetricsServerTest, BothCommandsRefuseWhatIsNoAddressAndAPortInUse) {
  With([&](Context& context) {
    const auto server = Open(context);
    const std::string used = "127.0.0.1:" + std::to_string(server->port());
    for (const std::vector<std::string>& words :
         {std::vector<std::string>{"replay", "--data", "data", "--log", "log"},
          std::vector<std::string>{"replay", "--data", "data", "--log", "log", "--processes"},
          std::vector<std::string>{"consume", "--log", "log"}}) {
      const auto run = [&](std::vector<std::string> options) {
        options.insert(options.begin(), words.begin(), words.end());
        return Run(options);
      };
      EXPECT_EQ(run({"--metrics", "9100"}), kExitUsage);
      EXPECT_EQ(err_, "error: --metrics: \"9100\" is not an address; write HOST:PORT\n");
      EXPECT_EQ(run({"--stalled-after", "7"}), kExitUsage);
      EXPECT_EQ(err_, "error: --stalled-after: needs --metrics\n");
      EXPECT_EQ(run({"--metrics", used}), kExitUnavailable);
      EXPECT_EQ(err_, "error: --metrics: " + used + ": address already in use\n");
      for (const auto& [path, content] : files_.Contents()) {
        EXPECT_FALSE(path.starts_with("log/")) << path << " was made before the address was tried";
      }
    }
  });
}

}  // namespace
}  // namespace tillstream
