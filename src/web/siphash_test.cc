#include "web/siphash.h"

#include <gtest/gtest.h>

#include <string>

namespace tillstream {
namespace {

TEST(SipHashTest, AgreesWithTheReference) {
  const SecretKey key{0x0706050403020100, 0x0f0e0d0c0b0a0908};
  std::string text;
  EXPECT_EQ(SipHash(key, text), 0x726fdb47dd0e0e31U);
  for (char c = 0; c < 15; ++c) text += c;
  EXPECT_EQ(SipHash(key, text.substr(0, 8)), 0x93f5f5799a932462U);
  EXPECT_EQ(SipHash(key, text), 0xa129ca6149be45e5U);
}

TEST(SipHashTest, DependsOnKeyAndText) {
  EXPECT_NE(SipHash({1, 0}, "a"), SipHash({0, 1}, "a"));
  EXPECT_NE(SipHash({1, 0}, "a"), SipHash({1, 0}, std::string_view("a\0", 2)));
}

}  // namespace
}  // namespace tillstream
