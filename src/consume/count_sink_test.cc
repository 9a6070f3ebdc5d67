#include "consume/count_sink.h"

#include <gtest/gtest.h>

#include <cmath>

namespace tillstream {
namespace {

void Put(CountSink* sink, const Event& event) {
  ASSERT_TRUE(sink->Put({"sales", PartitionId(0)}, RecordView(), event));
}

TEST(CountSinkTest, EveryFieldHasItsPartInASum) {
  CountSink sink;
  Put(&sink, SalesRecord{"FOODS_1_001", "FOODS_1", "FOODS", "CA_1", "CA", Day(7), 3, 1.25F});
  Put(&sink, SalesRecord{"FOODS_1_002", "FOODS_1", "FOODS", "CA_1", "CA", Day(8), 0, 2.0F});
  Put(&sink, SalesRecord{"F", "F", "F", "C", "C", Day(10), 5, std::nullopt});
  Put(&sink, StoreDay{"CA_1", "CA", Day(7), Date{}, 3, 40, 200, 1, 0});
  Put(&sink, StoreDay{"CA_1", "CA", Day(8), Date{}, 3, 2, 200, 1, 0});
  Put(&sink, std::monostate());
  Put(&sink, OtherEvent());
  const EventCounts& counts = sink.counts();
  EXPECT_EQ(counts.events, 3);
  EXPECT_EQ(counts.units, 8);
  EXPECT_EQ(counts.revenue_cents, 375);
  EXPECT_EQ(counts.unpriced_events, 1);
  EXPECT_EQ(counts.zero_events, 1);
  EXPECT_EQ(counts.day_sum, 25);
  EXPECT_EQ(counts.text_bytes, 2 * (11 + 7 + 5 + 4 + 2) + 5);
  EXPECT_EQ(counts.totals, 2);
  EXPECT_EQ(counts.total_units, 42);
  EXPECT_EQ(counts.other, 2);
}

TEST(CountSinkTest, APriceThatIsNoAmountCountsAsNone) {
  CountSink sink;
  for (const float price : {NAN, INFINITY, -INFINITY, 1e30F}) {
    Put(&sink, SalesRecord{"F", "F", "F", "C", "C", Day(1), 5, price});
  }
  EXPECT_EQ(sink.counts().unpriced_events, 4);
  EXPECT_EQ(sink.counts().revenue_cents, 0);
}

}  // namespace
}  // namespace tillstream
