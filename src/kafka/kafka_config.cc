#include "kafka/kafka_config.h"

#include <array>
#include <charconv>

#include "kafka/kafka_client.h"

namespace tillstream {
namespace {

constexpr const char* kServers = "bootstrap.servers";

/// What exactly once, or at least once, stands on: not the user's to change.
constexpr std::array kOurs = {
    "transactional.id",         "enable.idempotence",
    "enable.gapless.guarantee", "isolation.level",
    "enable.auto.commit",       "acks",
    "request.required.acks",    "auto.offset.reset",
    "enable.partition.eof",     "delivery.report.only.error",
};

KafkaProperties Recommended(KafkaRole role) {
  KafkaProperties settings = {
      {"client.id", "tillstream"},
      {"allow.auto.create.topics", "false"},
      // Nagle's algorithm holds small requests back for as much as 40 ms.
      {"socket.nagle.disable", "true"},
      // The default lets ten seconds pass before a broker that came back is asked again.
      {"reconnect.backoff.max.ms", "1000"},
  };
  if (role == KafkaRole::kWriter) {
    settings.insert({
        {"compression.codec", "lz4"},
        {"linger.ms", "50"},
        {"batch.num.messages", "10000"},
        // Requests over 512 KB are humongous objects in a broker's heap: twice the CPU.
        {"batch.size", "400000"},
        // What a broker takes by default.
        {"message.max.bytes", "1048588"},
        {"queue.buffering.max.messages", "1000000"},
        {"transaction.timeout.ms", "60000"},
    });
  }
  if (role == KafkaRole::kReader) {
    settings.insert({
        // At the end of a partition every other request waits behind a fetch.
        {"fetch.wait.max.ms", "10"},
        {"fetch.error.backoff.ms", "20"},
        {"queued.min.messages", "1000000"},
        // Of each reader; small messages take nine times that in memory.
        {"queued.max.messages.kbytes", "1024"},
        // Compressed; what comes at once for a partition that had less than that in store.
        {"fetch.message.max.bytes", "262144"},
    });
  }
  return settings;
}

/// A message must be given up before its transaction is, so that the writer learns why.
std::string MessageTimeout(const std::string& transaction_timeout) {
  int64_t milliseconds = 0;
  const char* const end = transaction_timeout.data() + transaction_timeout.size();
  std::from_chars(transaction_timeout.data(), end, milliseconds);
  return std::to_string(milliseconds - milliseconds / 10);
}

std::string_view TrimSpace(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r";
  const size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

Status Set(rd_kafka_conf_t* conf, const std::string& name, const std::string& value) {
  std::array<char, 512> text{};
  const auto outcome =
      rd_kafka_conf_set(conf, name.c_str(), value.c_str(), text.data(), text.size());
  if (outcome == RD_KAFKA_CONF_UNKNOWN) {
    return MakeError(ErrorCode::kUsage,
                     "kafka: {}: no such property of librdkafka {}; its CONFIGURATION.md has them",
                     name, rd_kafka_version_str());
  }
  if (outcome == RD_KAFKA_CONF_INVALID) {
    // Without the value, which may be a password.
    return MakeError(ErrorCode::kUsage, "kafka: {}: {}", name, text.data());
  }
  return Ok();
}

}  // namespace

std::string KafkaConfig::Servers() const {
  if (!bootstrap_servers.empty()) return bootstrap_servers;
  const auto at = properties.find(kServers);
  return at == properties.end() ? "" : at->second;
}

std::string KafkaConfValue(const rd_kafka_conf_t* conf, const char* name) {
  std::array<char, 512> value{};
  size_t size = value.size();
  if (rd_kafka_conf_get(conf, name, value.data(), &size) != RD_KAFKA_CONF_OK) return "";
  return value.data();
}

Result<KafkaConfPtr> MakeKafkaConf(const KafkaConfig& config, KafkaRole role,
                                   const KafkaProperties& fixed) {
  KafkaConfPtr conf(rd_kafka_conf_new());
  for (const auto& [name, value] : Recommended(role)) {
    TILLSTREAM_TRY(Set(conf.get(), name, value));
  }
  for (const auto& [name, value] : config.properties) {
    TILLSTREAM_TRY(Set(conf.get(), name, value));
  }
  TILLSTREAM_TRY(Set(conf.get(), kServers, config.Servers()));
  if (role == KafkaRole::kWriter && !config.properties.contains("message.timeout.ms")) {
    const std::string timeout = KafkaConfValue(conf.get(), "transaction.timeout.ms");
    TILLSTREAM_TRY(Set(conf.get(), "message.timeout.ms", MessageTimeout(timeout)));
  }
  for (const auto& [name, value] : fixed) TILLSTREAM_TRY(Set(conf.get(), name, value));
  return conf;
}

Status CheckKafkaConfig(const KafkaConfig& config) {
  for (const char* const name : kOurs) {
    if (config.properties.contains(name)) {
      return MakeError(
          ErrorCode::kUsage,
          "kafka: {}: tillstream sets it, since exactly once stands on it; leave it out", name);
    }
  }
  if (!config.bootstrap_servers.empty() && config.properties.contains(kServers)) {
    return MakeError(ErrorCode::kUsage, "kafka: {}: given twice, \"{}\" and \"{}\"", kServers,
                     config.bootstrap_servers, config.properties.at(kServers));
  }
  if (config.Servers().empty()) {
    return MakeError(ErrorCode::kUsage, "kafka: {}: needed one or more host:port", kServers);
  }
  const auto protocol = config.properties.find("security.protocol");
  const bool has_login =
      protocol != config.properties.end() &&
      (protocol->second.starts_with("sasl_") || protocol->second.starts_with("SASL_"));
  if (has_login && !config.properties.contains("sasl.mechanism") &&
      !config.properties.contains("sasl.mechanisms")) {
    return MakeError(ErrorCode::kUsage,
                     "kafka: security.protocol={}: needed sasl.mechanism too, such as PLAIN or "
                     "SCRAM-SHA-256",
                     protocol->second);
  }
  // Some faults show only when a client is made from it all.
  TILLSTREAM_TRY(KafkaClient::Open(config, KafkaRole::kWriter, {{"transactional.id", "check"}}));
  TILLSTREAM_TRY(KafkaClient::Open(config, KafkaRole::kReader, {}));
  return Ok();
}

Status AddKafkaProperty(std::string_view text, KafkaProperties* properties) {
  const size_t equals = text.find('=');
  if (equals == std::string_view::npos || TrimSpace(text.substr(0, equals)).empty()) {
    return MakeError(ErrorCode::kUsage, "\"{}\" is not a property; write NAME=VALUE", text);
  }
  properties->insert_or_assign(std::string(TrimSpace(text.substr(0, equals))),
                               std::string(TrimSpace(text.substr(equals + 1))));
  return Ok();
}

Result<KafkaProperties> ParseKafkaProperties(std::string_view text, const std::string& path) {
  KafkaProperties properties;
  for (int line_number = 1; !text.empty(); ++line_number) {
    const size_t newline = text.find('\n');
    const std::string_view line = TrimSpace(text.substr(0, newline));
    text.remove_prefix(newline == std::string_view::npos ? text.size() : newline + 1);
    if (line.empty() || line.front() == '#') continue;
    const Status added = AddKafkaProperty(line, &properties);
    if (!added) return added.error().At(fmt::format("{}:{}", path, line_number));
  }
  return properties;
}

}  // namespace tillstream
