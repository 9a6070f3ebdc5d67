#include "web/listen_address.h"

#include <gtest/gtest.h>

#include <string>

namespace tillstream {
namespace {

TEST(ListenAddressTest, HostAndPortAreRead) {
  EXPECT_EQ(*ParseListen("127.0.0.1:8081"), (HostPort{"127.0.0.1", 8081}));
  EXPECT_EQ(*ParseListen("localhost:0"), (HostPort{"localhost", 0}));
  EXPECT_EQ(*ParseListen("[::1]:8081"), (HostPort{"::1", 8081}));
  EXPECT_EQ(*ParseListen("[fe80::1%eth0]:65535"), (HostPort{"fe80::1%eth0", 65535}));
}

TEST(ListenAddressTest, WhatIsReadIsWrittenTheSame) {
  for (const char* text : {"127.0.0.1:8081", "[::1]:0", "a-b.example:1"}) {
    EXPECT_EQ(FormatHostPort(*ParseListen(text)), text);
  }
}

TEST(ListenAddressTest, OthersAreSaid) {
  for (const std::string text :
       {"", "8081", ":8081", "localhost", "localhost:", "localhost:http", "localhost:65536",
        "localhost:-1", "localhost: 1", "localhost:1 ", "::1:8081", "[]:1", "[::1]", "[::1]8081",
        "[localhost]:1", "http://localhost:1", "a b:1", "[::1:1"}) {
    const auto address = ParseListen(text);
    ASSERT_FALSE(address.has_value()) << text;
    EXPECT_EQ(address.error().code, ErrorCode::kUsage);
    EXPECT_EQ(address.error().message,
              "--listen: \"" + text + "\" is not an address; write HOST:PORT");
  }
  EXPECT_FALSE(ParseListen(std::string(254, 'a').append(":1")).has_value());
  EXPECT_EQ(ParseListen("8081", "--metrics").error().message,
            "--metrics: \"8081\" is not an address; write HOST:PORT");
}

}  // namespace
}  // namespace tillstream
