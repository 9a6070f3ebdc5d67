#include "kafka/refusal.h"

#include <gtest/gtest.h>

namespace tillstream {
namespace {

constexpr int kVersion = 0x020601ff;  // 2.6.1

std::string TextOf(std::string_view reason, bool is_security = true, int version = kVersion) {
  const auto refusal = ParseRefusal(reason, is_security, version);
  return refusal ? refusal->text : "none";
}

// The reasons are librdkafka's, against a real broker.

TEST(RefusalTest, ARefusedLoginNamesTheBrokerAndWhatToCheck) {
  for (const char* const reason :
       {"sasl_ssl://till-1:9093/bootstrap: SASL authentication error: Authentication failed: "
        "Invalid "
        "username or password (after 301ms in state AUTH_REQ)",
        "sasl_plaintext://till-1:9093/2: SASL authentication error: Authentication failed during "
        "authentication due to invalid credentials with SASL mechanism SCRAM-SHA-256 (after 343ms "
        "in "
        "state AUTH_REQ, 1 identical error(s) suppressed)"}) {
    EXPECT_EQ(TextOf(reason),
              "till-1:9093: the login was refused; check sasl.username and sasl.password");
  }
}

TEST(RefusalTest, ScramOfAnOldLibraryIsRefusedWithTheRightPasswordToo) {
  constexpr const char* kReason =
      "sasl_plaintext://till-1:9093/2: SASL authentication error: Authentication failed during "
      "authentication due to invalid credentials with SASL mechanism SCRAM-SHA-256 (after 343ms in "
      "state AUTH_REQ)";
  constexpr int kOld = 0x020000ff;
  EXPECT_EQ(TextOf(kReason, /*is_security=*/true, kOld),
            "till-1:9093: the login was refused; check sasl.username and sasl.password, and for "
            "Kafka 4 or later use sasl.mechanism=PLAIN, since SCRAM there needs librdkafka 2.6.1");
}

TEST(RefusalTest, AMechanismThatIsNotTakenNamesThoseThatAre) {
  EXPECT_EQ(TextOf("sasl_plaintext://[::1]:9093/bootstrap: SASL SCRAM-SHA-512 mechanism handshake "
                   "failed: Broker: Unsupported SASL mechanism: broker's supported mechanisms: "
                   "PLAIN,SCRAM-SHA-256 (after 300ms in state AUTH_HANDSHAKE)"),
            "[::1]:9093: it does not take this sasl.mechanism; use one of PLAIN,SCRAM-SHA-256");
}

TEST(RefusalTest, ALoginWhereNoneIsTaken) {
  EXPECT_EQ(
      TextOf("sasl_plaintext://till-1:9092/bootstrap: SASL PLAIN mechanism handshake failed: "
             "Broker: Request not valid in current SASL state: broker's supported mechanisms:  "
             "(after 1ms in state AUTH_HANDSHAKE)"),
      "till-1:9092: it takes no login; set security.protocol=plaintext, or ssl");
}

TEST(RefusalTest, ACertificateThatIsNotTrusted) {
  EXPECT_EQ(
      TextOf("ssl://till-1:9094/bootstrap: SSL handshake failed: error:0A000086:SSL "
             "routines::certificate verify failed: broker certificate could not be verified, "
             "verify that ssl.ca.location is correctly configured or root CA certificates are "
             "installed (install ca-certificates package) (after 10ms in state "
             "SSL_HANDSHAKE)"),
      "till-1:9094: its certificate is not trusted, or not for this host name; give its "
      "authority with ssl.ca.location");
}

TEST(RefusalTest, ACertificateOfTheClientThatIsMissing) {
  EXPECT_EQ(TextOf("ssl://till-1:9095/bootstrap: Receive failed: error:0A000412:SSL "
                   "routines::sslv3 alert bad certificate: SSL alert number 42 (after 5ms in state "
                   "APIVERSION_QUERY)",
                   /*is_security=*/false),
            "till-1:9095: it does not take this client's certificate, or wants one; give it with "
            "ssl.certificate.location and ssl.key.location");
}

TEST(RefusalTest, TlsToPlaintextAndTheReverse) {
  EXPECT_EQ(TextOf("ssl://till-1:9092/bootstrap: SSL handshake failed: error:0A000126:SSL "
                   "routines::unexpected eof while reading (after 2ms in state SSL_HANDSHAKE)"),
            "till-1:9092: it does not speak TLS; set security.protocol=plaintext, or "
            "sasl_plaintext");
  const auto reverse = ParseRefusal(
      "till-1:9094/bootstrap: Disconnected while requesting ApiVersion: might be caused by "
      "incorrect "
      "security.protocol configuration (connecting to a SSL listener?) or broker version is < 0.10 "
      "(see api.version.request) (after 2ms in state APIVERSION_QUERY)",
      /*is_security=*/false, kVersion);
  ASSERT_TRUE(reverse.has_value());
  EXPECT_EQ(reverse->text,
            "till-1:9094: it closes the connection, as for a client without TLS; set "
            "security.protocol=ssl, or sasl_ssl");
  EXPECT_FALSE(reverse->is_certain);
}

TEST(RefusalTest, NoLoginWhereOneIsWanted) {
  const auto refusal = ParseRefusal(
      "till-1:9093/bootstrap: Disconnected: verify that security.protocol is correctly configured, "
      "broker might require SASL authentication (after 0ms in state UP)",
      /*is_security=*/false, kVersion);
  ASSERT_TRUE(refusal.has_value());
  EXPECT_EQ(refusal->text,
            "till-1:9093: it closes the connection, as for a client without login; set "
            "security.protocol=sasl_ssl, or sasl_plaintext, and sasl.mechanism, sasl.username, "
            "sasl.password");
  EXPECT_FALSE(refusal->is_certain);
}

TEST(RefusalTest, OtherFaultsOfSecurityAreGivenInTheirOwnWords) {
  EXPECT_EQ(
      TextOf("ssl://till-1:9094/bootstrap: SSL handshake failed: error:0A00010B:SSL "
             "routines::no protocols available (after 1ms in state SSL_HANDSHAKE)"),
      "till-1:9094: SSL handshake failed: error:0A00010B:SSL routines::no protocols available; "
      "check security.protocol, sasl.* and ssl.*");
}

TEST(RefusalTest, ABrokerThatIsAwayIsNoRefusal) {
  constexpr const char* kNobody =
      "till-1:9092/bootstrap: Connect to ipv4#127.0.0.1:9092 failed: Connection refused (after 0ms "
      "in state CONNECT)";
  for (const char* const reason : {kNobody, "1/1 brokers are down", "", ":",
                                   "till-1:9092/1: Disconnected (after 5000ms in state UP)"}) {
    EXPECT_EQ(TextOf(reason, /*is_security=*/false), "none") << reason;
  }
}

TEST(RefusalTest, AnyTextIsTaken) {
  EXPECT_EQ(TextOf(""), ": ; check security.protocol, sasl.* and ssl.*");
  EXPECT_EQ(TextOf("why"), ": why; check security.protocol, sasl.* and ssl.*");
}

}  // namespace
}  // namespace tillstream
