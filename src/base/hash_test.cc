#include "base/hash.h"

#include <gtest/gtest.h>

namespace tillstream {
namespace {

// The hashes are stored in manifests, so they must never change.
TEST(HashTest, KnownVectorsOfXxh3) {
  EXPECT_EQ(Hash64(""), 0x2D06800538D394C2U);
  EXPECT_NE(Hash64("", 1), Hash64(""));
  EXPECT_NE(Hash64("a"), Hash64("b"));
  EXPECT_EQ(Hash64("tillstream", 7), Hash64("tillstream", 7));
}

}  // namespace
}  // namespace tillstream
