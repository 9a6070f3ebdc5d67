#include "kafka/kafka_log.h"

#include <gtest/gtest.h>

#include "base/clock.h"

// Without a broker; tests/kafka/ has what needs one.

namespace tillstream {
namespace {

/// Port 1 is not listened on.
KafkaLogOptions Nobody() {
  KafkaLogOptions options;
  options.config.bootstrap_servers = "127.0.0.1:1";
  options.config.deadline = std::chrono::milliseconds(500);
  return options;
}

TEST(KafkaLogTest, WithoutABrokerEveryCallSaysSoWithinTheDeadline) {
  SystemClock clock;
  const auto log = KafkaLog::Open(Nobody(), clock);
  ASSERT_TRUE(log.has_value());
  const std::string expected =
      "kafka: no broker answered within 0.5 s (bootstrap.servers=127.0.0.1:1)";
  WriterSpec spec;
  spec.events = {{"sales", PartitionId(0)}};
  const std::chrono::nanoseconds begin = clock.Monotonic();
  const std::vector<Error> errors = {
      (*log)->CreateTopic({"sales", 1}).error(), (*log)->ListTopics().error(),
      (*log)->OpenReader({"sales", PartitionId(0)}).error(), (*log)->OpenWriter(spec).error()};
  EXPECT_LT(clock.Monotonic() - begin, std::chrono::seconds(20));
  for (const Error& error : errors) {
    EXPECT_EQ(error.code, ErrorCode::kUnavailable);
    EXPECT_EQ(error.message, expected);
  }
}

TEST(KafkaLogTest, APropertyThatIsNotTakenIsAUsageError) {
  SystemClock clock;
  KafkaLogOptions options = Nobody();
  options.config.properties["ack"] = "1";
  const auto log = KafkaLog::Open(options, clock);
  ASSERT_FALSE(log.has_value());
  EXPECT_EQ(log.error().code, ErrorCode::kUsage);
}

TEST(KafkaLogTest, DescribesItselfByItsServers) {
  SystemClock clock;
  EXPECT_EQ((*KafkaLog::Open(Nobody(), clock))->Describe(), "kafka 127.0.0.1:1");
}

}  // namespace
}  // namespace tillstream
