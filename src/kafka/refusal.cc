#include "kafka/refusal.h"

#include <fmt/format.h>

#include <array>

namespace tillstream {
namespace {

struct Pattern {
  std::string_view found;  ///< In librdkafka's text.
  bool is_certain;
  const char* text;
};

constexpr const char* kLogin = "the login was refused; check sasl.username and sasl.password";
constexpr const char* kNoTls =
    "it does not speak TLS; set security.protocol=plaintext, or sasl_plaintext";

// The first that is found counts.
constexpr std::array kPatterns = {
    Pattern{"Invalid username or password", true, kLogin},
    Pattern{"invalid credentials", true, kLogin},
    Pattern{"Request not valid in current SASL state", true,
            "it takes no login; set security.protocol=plaintext, or ssl"},
    Pattern{"certificate verify failed", true,
            "its certificate is not trusted, or not for this host name; give its authority with "
            "ssl.ca.location"},
    Pattern{"SSL alert", true,
            "it does not take this client's certificate, or wants one; give it with "
            "ssl.certificate.location and ssl.key.location"},
    Pattern{"unexpected eof while reading", true, kNoTls},
    Pattern{"wrong version number", true, kNoTls},
    Pattern{"connecting to a SSL listener", false,
            "it closes the connection, as for a client without TLS; set security.protocol=ssl, or "
            "sasl_ssl"},
    Pattern{"might require SASL", false,
            "it closes the connection, as for a client without login; set "
            "security.protocol=sasl_ssl, or sasl_plaintext, and sasl.mechanism, sasl.username, "
            "sasl.password"},
};

/// Before 2.6.1 librdkafka repeats a number of the client's in its answer, which brokers since 4.0
/// take for a wrong password.
constexpr int kScramOfKafka4 = 0x020601ff;

constexpr std::string_view kMechanisms = "broker's supported mechanisms: ";

/// Cuts the text up to and with `end` from the front of `text`; empty when it is not there.
std::string_view CutUntil(std::string_view* text, std::string_view end) {
  const size_t at = text->find(end);
  if (at == std::string_view::npos) return {};
  const std::string_view cut = text->substr(0, at);
  text->remove_prefix(at + end.size());
  return cut;
}

/// "host:9092" of "sasl_ssl://host:9092/bootstrap: why"; `reason` becomes the rest.
std::string_view CutBroker(std::string_view* reason) {
  std::string_view broker = CutUntil(reason, ": ");
  CutUntil(&broker, "://");
  return broker.substr(0, broker.find('/'));
}

}  // namespace

std::optional<KafkaRefusal> ParseRefusal(std::string_view reason, bool is_security,
                                         int library_version) {
  std::string_view why = reason;
  const std::string_view broker = CutBroker(&why);
  for (const Pattern& pattern : kPatterns) {
    if (why.find(pattern.found) == std::string_view::npos) continue;
    KafkaRefusal refusal = {fmt::format("{}: {}", broker, pattern.text), pattern.is_certain};
    const bool is_scram = why.find("mechanism SCRAM") != std::string_view::npos;
    if (is_scram && library_version < kScramOfKafka4) {
      refusal.text +=
          ", and for Kafka 4 or later use sasl.mechanism=PLAIN, since SCRAM there needs librdkafka "
          "2.6.1";
    }
    return refusal;
  }
  if (!is_security) return std::nullopt;
  // How long and in what state is for people at librdkafka's side.
  const std::string_view words = why.substr(0, why.rfind(" (after "));
  const size_t at = words.find(kMechanisms);
  if (at != std::string_view::npos) {
    return KafkaRefusal{fmt::format("{}: it does not take this sasl.mechanism; use one of {}",
                                    broker, words.substr(at + kMechanisms.size())),
                        true};
  }
  return KafkaRefusal{
      fmt::format("{}: {}; check security.protocol, sasl.* and ssl.*", broker, words), true};
}

}  // namespace tillstream
