#include "kafka/kafka_config.h"

#include <gtest/gtest.h>

namespace tillstream {
namespace {

Error ErrorOf(const Status& status) { return status ? Error{} : status.error(); }

KafkaConfig With(const std::string& name, const std::string& value = "") {
  KafkaConfig config;
  config.bootstrap_servers = "localhost:9092";
  if (!name.empty()) config.properties[name] = value;
  return config;
}

TEST(KafkaConfigTest, RecommendedSettingsAreTakenByTheLibrary) {
  const Status status = CheckKafkaConfig(With(""));
  EXPECT_TRUE(status.has_value()) << ErrorOf(status).message;
}

TEST(KafkaConfigTest, AnUnknownPropertyIsNamed) {
  const Error error = ErrorOf(CheckKafkaConfig(With("linger.mss", "5")));
  EXPECT_EQ(error.code, ErrorCode::kUsage);
  EXPECT_TRUE(error.message.starts_with("kafka: linger.mss: no such property of librdkafka "))
      << error.message;
}

TEST(KafkaConfigTest, AValueOutOfRangeNamesItsProperty) {
  const Error error = ErrorOf(CheckKafkaConfig(With("linger.ms", "-7")));
  EXPECT_EQ(error.code, ErrorCode::kUsage);
  EXPECT_TRUE(error.message.starts_with("kafka: linger.ms: ")) << error.message;
}

TEST(KafkaConfigTest, APasswordIsInNoMessage) {
  const Error error = ErrorOf(CheckKafkaConfig(With("sasl.passwort", "secret")));
  EXPECT_EQ(error.message.find("secret"), std::string::npos) << error.message;
}

TEST(KafkaConfigTest, WhatExactlyOnceStandsOnCannotBeSet) {
  for (const char* const name : {"transactional.id", "isolation.level", "acks"}) {
    const Error error = ErrorOf(CheckKafkaConfig(With(name, "all")));
    EXPECT_EQ(error.code, ErrorCode::kUsage);
    EXPECT_EQ(error.message, std::string("kafka: ") + name +
                                 ": tillstream sets it, since exactly once stands on it; leave it "
                                 "out");
  }
}

TEST(KafkaConfigTest, SettingsThatDoNotGoTogetherAreRefused) {
  KafkaConfig config = With("transaction.timeout.ms", "10000");
  EXPECT_TRUE(CheckKafkaConfig(config).has_value());
  config.properties["message.timeout.ms"] = "20000";
  EXPECT_EQ(ErrorOf(CheckKafkaConfig(config)).code, ErrorCode::kUsage);
}

TEST(KafkaConfigTest, ALoginNeedsItsMechanism) {
  EXPECT_EQ(ErrorOf(CheckKafkaConfig(With("security.protocol", "sasl_ssl"))).message,
            "kafka: security.protocol=sasl_ssl: needed sasl.mechanism too, such as PLAIN or "
            "SCRAM-SHA-256");
}

TEST(KafkaConfigTest, AFileOfCertificatesThatIsNotThereIsNamed) {
  KafkaConfig config = With("security.protocol", "ssl");
  config.properties["ssl.ca.location"] = "/nonexistent";
  const std::string message = ErrorOf(CheckKafkaConfig(config)).message;
  EXPECT_TRUE(message.starts_with("kafka: ssl.ca.location failed: ")) << message;
  EXPECT_TRUE(message.ends_with("; give a file that is there, in PEM")) << message;
}

TEST(KafkaConfigTest, ServersComeFromOnePlace) {
  EXPECT_EQ(ErrorOf(CheckKafkaConfig({})).message,
            "kafka: bootstrap.servers: needed one or more host:port");
  EXPECT_EQ(ErrorOf(CheckKafkaConfig(With("bootstrap.servers", "b:1"))).message,
            "kafka: bootstrap.servers: given twice, \"localhost:9092\" and \"b:1\"");
  KafkaConfig from_file = With("bootstrap.servers", "b:1");
  from_file.bootstrap_servers.clear();
  EXPECT_TRUE(CheckKafkaConfig(from_file).has_value());
  EXPECT_EQ(from_file.Servers(), "b:1");
}

TEST(KafkaConfigTest, AFileOfPropertiesIsRead) {
  const auto properties = ParseKafkaProperties(
      "# how to get in\r\n\nsecurity.protocol = SASL_SSL\r\nsasl.password=a=b # c\nempty=",
      "k.conf");
  ASSERT_TRUE(properties.has_value());
  EXPECT_EQ(*properties,
            (KafkaProperties{
                {"security.protocol", "SASL_SSL"}, {"sasl.password", "a=b # c"}, {"empty", ""}}));
  for (const char* const text : {"x=1\nlinger", "\n=5"}) {
    const auto fault = ParseKafkaProperties(text, "k.conf");
    ASSERT_FALSE(fault.has_value());
    EXPECT_EQ(fault.error().code, ErrorCode::kUsage);
    EXPECT_TRUE(fault.error().message.starts_with("k.conf:2: \"")) << fault.error().message;
  }
}

}  // namespace
}  // namespace tillstream
