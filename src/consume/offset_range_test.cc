#include <gtest/gtest.h>

#include "consume/consumer.h"

namespace tillstream {
namespace {

using Kind = OffsetSpec::Kind;

TEST(OffsetRangeTest, PlacesAreRead) {
  struct Case {
    const char* text;
    Kind kind;
    int64_t value;
  };
  for (const Case& c : {Case{"beginning", Kind::kBeginning, 0}, Case{"end", Kind::kEnd, 0},
                        Case{"stored", Kind::kStored, 0}, Case{"0", Kind::kOffset, 0},
                        Case{"17", Kind::kOffset, 17}, Case{"-5", Kind::kFromEnd, 5},
                        Case{"9223372036854775807", Kind::kOffset, INT64_MAX},
                        Case{"s@1296259200000", Kind::kTimestamp, 1'296'259'200'000},
                        Case{"d@2011-01-29", Kind::kTimestamp, 1'296'259'200'000},
                        Case{"s@-5", Kind::kTimestamp, -5}}) {
    OffsetRange range;
    ASSERT_TRUE(range.Add(c.text)) << c.text;
    ASSERT_TRUE(range.start.has_value());
    EXPECT_EQ(range.start->kind, c.kind) << c.text;
    EXPECT_EQ(range.start->value, c.value) << c.text;
    EXPECT_FALSE(range.stop_at.has_value());
  }
}

TEST(OffsetRangeTest, AStopGoesWithAStart) {
  OffsetRange range;
  ASSERT_TRUE(range.Add("e@500"));
  EXPECT_FALSE(range.start.has_value());
  EXPECT_EQ(range.stop_at, Timestamp(500));
  ASSERT_TRUE(range.Add("s@100"));
  EXPECT_EQ(range.start->value, 100);
}

TEST(OffsetRangeTest, AnythingElseIsRefused) {
  for (const char* text : {"", "begin", "x", "1x", "--5", "-", "s@", "e@", "s@x", "1.5", "+1",
                           "99999999999999999999", "-9223372036854775808", "E@5", " 1"}) {
    OffsetRange range;
    const Status added = range.Add(text);
    ASSERT_FALSE(added.has_value()) << text;
    EXPECT_EQ(added.error().code, ErrorCode::kUsage);
    EXPECT_EQ(added.error().message,
              fmt::format("-o: \"{}\" is not a place; write beginning, end, stored, N, -N, s@MS, "
                          "e@MS or d@2011-01-29",
                          text));
  }
  OffsetRange range;
  const Status date = range.Add("d@2011-02-30");
  ASSERT_FALSE(date.has_value());
  EXPECT_EQ(date.error().code, ErrorCode::kUsage);
  EXPECT_TRUE(date.error().message.starts_with("-o: ")) << date.error().message;
}

TEST(OffsetRangeTest, TwoStartsOrTwoStopsAreRefused) {
  OffsetRange range;
  ASSERT_TRUE(range.Add("5"));
  const Status start = range.Add("end");
  ASSERT_FALSE(start.has_value());
  EXPECT_EQ(start.error().message, "-o: given twice; one start and one e@MS at most");
  ASSERT_TRUE(range.Add("e@5"));
  EXPECT_FALSE(range.Add("e@6").has_value());
}

}  // namespace
}  // namespace tillstream
