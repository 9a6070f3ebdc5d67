#pragma once

// Private to this folder: why a broker does not let a client in.

#include <optional>
#include <string>
#include <string_view>

namespace tillstream {

struct KafkaRefusal {
  /// `<broker>: <what is wrong>; <what to do>`.
  std::string text;
  /// The broker said so. Otherwise it closed the connection, as it also does for other reasons.
  bool is_certain = false;
};

/// What a text of librdkafka about a broken connection says about security: TLS or not, the
/// certificates, the login. None for other faults, unless `is_security` says that it is one: then
/// librdkafka's words are given. `library_version` is rd_kafka_version().
std::optional<KafkaRefusal> ParseRefusal(std::string_view reason, bool is_security,
                                         int library_version);

}  // namespace tillstream
