#include "consume/totals_publisher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "consume/consume_fixture.h"
#include "consume/event_decoder.h"

namespace tillstream {
namespace {

using testing::HasSubstr;

class TotalsPublisherTest : public StreamTest {
 protected:
  TotalsPublisherTest() {
    options_.topic = "weekly";
    options_.schema = *registry_->Register("weekly-value", PeriodTotalSchema(), Timestamp(0));
    options_.shape = {{TotalsDimension::kStore, TotalsDimension::kCategory}, Period::kWeek, 2};
    options_.source = "sales";
    options_.holder = "test";
  }

  static PeriodTotals PeriodOf(int64_t number, int32_t group_count) {
    static const auto* const kNames = new std::vector<std::string>([] {
      std::vector<std::string> names;
      for (int i = 0; i < 5000; ++i) names.push_back(fmt::format("G{:04}", i));
      return names;
    }());
    PeriodTotals totals;
    totals.number = number;
    totals.period = Period::kWeek;
    totals.begin = *ParseDate("2011-01-29") + std::chrono::days(7 * number);
    totals.end = totals.begin + std::chrono::days(7);
    totals.days = 7;
    totals.complete = true;
    for (int32_t i = 0; i < group_count; ++i) {
      GroupTotals& group = totals.groups.emplace_back();
      group.key = {"CA_1", (*kNames)[i]};
      group.units = number * 10'000 + i;
    }
    return totals;
  }

  std::unique_ptr<TotalsPublisher> Open() {
    auto publisher = TotalsPublisher::Open(*log_, options_);
    TILLSTREAM_CHECK_MSG(publisher.has_value(), publisher ? "" : publisher.error().message);
    return *std::move(publisher);
  }

  std::vector<std::string> Values() {
    std::vector<std::string> values;
    const auto reader = *log_->OpenReader({"weekly", PartitionId(0)});
    for (;;) {
      const auto records = *reader->Read(std::chrono::milliseconds(0));
      if (records.empty()) return values;
      for (const RecordView& record : records) values.emplace_back(record.value);
    }
  }

  TotalsPublisherOptions options_;
};

TEST_F(TotalsPublisherTest, EachGroupIsARecordThatReadsBack) {
  PeriodTotals totals = PeriodOf(3, 1);
  GroupTotals& group = totals.groups.front();
  group.units_before = 7;
  group.price_index = 1.25;
  group.movers = {{"FOODS_1", 5, 9}};
  bool is_new = false;
  const auto publisher = Open();
  ASSERT_TRUE(publisher->Publish(totals, &is_new));
  EXPECT_TRUE(is_new);
  ASSERT_TRUE(publisher->Sync());
  const auto reader = *log_->OpenReader({"weekly", PartitionId(0)});
  const auto records = *reader->Read(std::chrono::milliseconds(0));
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].key, "CA_1,G0000");
  EXPECT_EQ(records[0].timestamp, StartOf(*ParseDate("2011-02-19")));
  EventDecoder decoder(*registry_);
  Event event;
  ASSERT_TRUE(decoder.Decode(records[0], &event));
  EXPECT_EQ(std::get<OtherEvent>(event).value.ToString(),
            "{\"totals by store, category a week of topic sales, top 2\", \"week\", 3, 15024, "
            "15031, 7, true, null, \"CA_1\", \"G0000\", null, null, 30000, 7, "
            "0, 0, 0, 0, 0, 1.25, [{\"FOODS_1\", 5, 9}]}");
}

TEST_F(TotalsPublisherTest, WhoeverStartsAgainAtAnyPlaceLeavesTheSameRecordsOnce) {
  const std::vector<int32_t> sizes = {2500, 3, 0, 1000, 1};
  std::vector<std::string> oracle;
  // Ends after each number of periods, and once before anything is durable.
  for (size_t stop = 0; stop <= sizes.size(); ++stop) {
    BeginLog();
    options_.schema = *registry_->Register("weekly-value", PeriodTotalSchema(), Timestamp(0));
    for (const size_t end : {stop, sizes.size()}) {
      const auto publisher = Open();
      const int64_t found = publisher->records_found();
      int64_t made = 0;
      for (size_t i = 0; i < end; ++i) {
        bool is_new = false;
        ASSERT_TRUE(publisher->Publish(PeriodOf(static_cast<int64_t>(i), sizes[i]), &is_new));
        made += sizes[i];
        EXPECT_EQ(is_new, made > found && sizes[i] > 0) << i;
      }
      ASSERT_TRUE(publisher->Sync());
    }
    if (oracle.empty()) oracle = Values();
    EXPECT_EQ(oracle.size(), 3504U);
    EXPECT_EQ(Values(), oracle) << stop;
  }
}

TEST_F(TotalsPublisherTest, OtherTotalsThanThoseThatAreThereAreRefused) {
  bool is_new = false;
  {
    const auto publisher = Open();
    ASSERT_TRUE(publisher->Publish(PeriodOf(0, 3), &is_new));
    ASSERT_TRUE(publisher->Sync());
  }
  const auto publisher = Open();
  PeriodTotals other = PeriodOf(0, 3);
  other.groups[2].units = 99;
  const Status refused = publisher->Publish(other, &is_new);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kRefused);
  EXPECT_EQ(refused.error().message,
            "topic \"weekly\": record 2 is another one than the stream makes; was that made from "
            "other data? use another topic");
}

TEST_F(TotalsPublisherTest, TotalsOfAnotherShapeAreRefusedAtOnce) {
  bool is_new = false;
  {
    const auto publisher = Open();
    ASSERT_TRUE(publisher->Publish(PeriodOf(0, 3), &is_new));
    ASSERT_TRUE(publisher->Sync());
  }
  options_.shape.top = 1;
  const auto refused = TotalsPublisher::Open(*log_, options_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kRefused);
  EXPECT_EQ(refused.error().message,
            "topic \"weekly\": has totals by store, category a week of topic sales, top 2, needed "
            "totals by store, category a week of topic sales, top 1; use the options that it began "
            "with, or another topic");
}

TEST_F(TotalsPublisherTest, ATopicWithSomethingElseIsRefused) {
  TILLSTREAM_CHECK(log_->CreateTopic({"weekly", 1}).has_value());
  Write("weekly", 0, {{"k", "no total", Timestamp(1)}});
  const auto refused = TotalsPublisher::Open(*log_, options_);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("has records that are no totals, needed"));
}

TEST_F(TotalsPublisherTest, ASecondPublisherIsRefused) {
  const auto publisher = Open();
  const auto second = TotalsPublisher::Open(*log_, options_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kRefused);
}

TEST_F(TotalsPublisherTest, ALineOfJsonHasTheAskedDimensionsAndTheShareOfZeros) {
  PeriodTotals totals = PeriodOf(0, 1);
  GroupTotals& group = totals.groups.front();
  group.listed_events = 4;
  group.zero_events = 1;
  group.movers = {{"A", 5, 9}, {"B", 1, 0}};
  std::string line;
  AppendJsonLine(options_.shape, totals, group, &line);
  EXPECT_EQ(line,
            "{\"period\":\"week\",\"begin\":\"2011-01-29\",\"end\":\"2011-02-05\",\"days\":7,"
            "\"complete\":true,\"store_id\":\"CA_1\",\"cat_id\":\"G0000\",\"units\":0,"
            "\"units_before\":null,\"revenue_cents\":0,\"unpriced_units\":0,\"events\":0,"
            "\"listed_events\":4,\"zero_events\":1,\"share_of_zeros\":0.25,\"price_index\":null,"
            "\"movers\":[{\"item_id\":\"A\",\"units\":5,\"units_before\":9},"
            "{\"item_id\":\"B\",\"units\":1,\"units_before\":0}]}\n");
}

}  // namespace
}  // namespace tillstream
