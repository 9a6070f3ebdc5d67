#include "app/replay_report.h"

#include "app/app_fixture.h"
#include "replay/replay_fixture.h"

namespace tillstream {
namespace {

class ReplayReportTest : public AppTest {};

TEST_F(ReplayReportTest, WhatWasWrittenBeforeTheTimingBeganIsNotInTheRate) {
  const Dataset dataset = LoadSmall(SmallDataset());
  StoreProgress store;
  store.store_id = "CA_1";
  store.events_a_day = 3;
  const auto summary = [&](const CommonOptions& common) {
    store.events_written = 0;
    With(
        [&](Context& context) {
          ReplayReport report(context, ShapeOf(dataset), LogOptions(), Day(1), Day(11), false);
          report.Begin({store});
          clock_.Advance(std::chrono::seconds(5));
          store.events_written = 1'000;
          report.RestartTiming({store});
          clock_.Advance(std::chrono::seconds(2));
          store.events_written = 4'000;
          ASSERT_TRUE(report.End({store}, true));
        },
        common);
  };
  summary({.json = true});
  const Json json = *ParseJson(out_.substr(0, out_.size() - 1));
  EXPECT_EQ(json["events_written"], 4'000);
  EXPECT_EQ(json["seconds"], 2.0);
  EXPECT_EQ(json["events_a_second"], 1'500.0);
  summary({});
  EXPECT_NE(err_.find("; wrote 4,000 in 2.0 s: 1,500 events/s, "), std::string::npos) << err_;
}

}  // namespace
}  // namespace tillstream
