#pragma once

#include <chrono>
#include <map>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tillstream {

/// Settings of librdkafka by their names, as its CONFIGURATION.md lists them.
using KafkaProperties = std::map<std::string, std::string>;

/// How a Kafka cluster is reached, and what a user says about it. A plain value.
struct KafkaConfig {
  /// "host:port,...": where to ask for the cluster first. Empty when `properties` has it.
  std::string bootstrap_servers;
  /// Win over what Tillstream would set: security, compression, batches, queues.
  KafkaProperties properties;
  /// How long a call waits for an answer before it gives the cluster up.
  std::chrono::milliseconds deadline{30'000};

  /// bootstrap.servers, wherever it was said.
  std::string Servers() const;
};

/// Whether librdkafka takes every property, and no property is one that Tillstream must set itself
/// for its promises to hold. Contacts nobody. kUsage, with the property's name:
/// `kafka: linger.mss: no such property ...`.
Status CheckKafkaConfig(const KafkaConfig& config);

/// Adds one "name=value" to `properties`, as -X has it. kUsage when there is no "=".
Status AddKafkaProperty(std::string_view text, KafkaProperties* properties);

/// Reads the text of a file of properties: a "name=value" a line; empty lines and lines that begin
/// with # say nothing. kUsage with `path` and line.
Result<KafkaProperties> ParseKafkaProperties(std::string_view text, const std::string& path);

}  // namespace tillstream
