#include "base/base64.h"

#include <gtest/gtest.h>

namespace tillstream {
namespace {

TEST(Base64Test, EncodesTheVectorsOfTheRfc) {
  EXPECT_EQ(EncodeBase64(""), "");
  EXPECT_EQ(EncodeBase64("f"), "Zg==");
  EXPECT_EQ(EncodeBase64("fo"), "Zm8=");
  EXPECT_EQ(EncodeBase64("foo"), "Zm9v");
  EXPECT_EQ(EncodeBase64("foob"), "Zm9vYg==");
  EXPECT_EQ(EncodeBase64("fooba"), "Zm9vYmE=");
  EXPECT_EQ(EncodeBase64("foobar"), "Zm9vYmFy");
}

TEST(Base64Test, EncodesBytesThatAreNoText) {
  EXPECT_EQ(EncodeBase64(std::string_view("\x00\xff\x80\xfb\xef", 5)), "AP+A++8=");
}

}  // namespace
}  // namespace tillstream
