#include "base/quantity.h"

#include <gtest/gtest.h>

namespace tillstream {
namespace {

using std::chrono::milliseconds;

TEST(QuantityTest, BytesHaveDecimalAndBinaryUnits) {
  constexpr int64_t kMaximum = int64_t{1} << 40;
  EXPECT_EQ(ParseByteCount("0", kMaximum), 0);
  EXPECT_EQ(ParseByteCount("7B", kMaximum), 7);
  EXPECT_EQ(ParseByteCount("16MiB", kMaximum), 16 << 20);
  EXPECT_EQ(ParseByteCount("2kB", kMaximum), 2000);
  EXPECT_EQ(ParseByteCount("1024GiB", kMaximum), kMaximum);
  for (const char* text : {"", "MiB", "-1", "1.5MiB", "1 MiB", "1mib", "1025GiB",
                           "9223372036854775807GiB", "99999999999999999999"}) {
    EXPECT_EQ(ParseByteCount(text, kMaximum), std::nullopt) << text;
  }
}

TEST(QuantityTest, TimesNeedAUnit) {
  constexpr milliseconds kMaximum = std::chrono::hours(24);
  EXPECT_EQ(ParseDuration("250ms", kMaximum), milliseconds(250));
  EXPECT_EQ(ParseDuration("2s", kMaximum), milliseconds(2'000));
  EXPECT_EQ(ParseDuration("1440min", kMaximum), kMaximum);
  for (const char* text : {"", "1", "1h", "s", "-1s", "1.5s", "1441min", "86400001ms"}) {
    EXPECT_EQ(ParseDuration(text, kMaximum), std::nullopt) << text;
  }
}

TEST(QuantityTest, DurationTextIsNeverZero) {
  using std::chrono::milliseconds;
  EXPECT_EQ(DurationText(milliseconds(1)), "1 ms");
  EXPECT_EQ(DurationText(milliseconds(999)), "999 ms");
  EXPECT_EQ(DurationText(milliseconds(1'000)), "1 s");
  EXPECT_EQ(DurationText(milliseconds(1'549)), "1.5 s");
  EXPECT_EQ(DurationText(milliseconds(9'999)), "10 s");
  EXPECT_EQ(DurationText(milliseconds(3'600'000)), "3600 s");
}

}  // namespace
}  // namespace tillstream
