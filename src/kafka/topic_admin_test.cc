#include "kafka/topic_admin.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tillstream {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// A topic on three brokers that is as EventTopicSpec() has it, or differs in one setting.
TopicDescription Found(const std::string& name = "", const std::string& value = "") {
  TopicDescription found = {.name = "sales",
                            .partition_count = 10,
                            .replication_factor = 3,
                            .broker_count = 3,
                            .settings = EventTopicSpec("sales", 10).settings};
  found.settings["min.insync.replicas"] = "2";
  found.settings["max.message.bytes"] = "1048588";
  if (!name.empty()) found.settings[name] = value;
  return found;
}

Date DateFrom(const std::string& text) { return ParseDate(text).value(); }

/// Those of M5, which may still be moved.
EventDates DatesOfM5() {
  return {.begin = DateFrom("2011-01-29"),
          .end = DateFrom("2016-05-23"),
          .today = DateFrom("2026-11-27"),
          .may_move = true};
}

std::vector<std::string> Deviations(const TopicDescription& found,
                                    const std::optional<EventDates>& dates = DatesOfM5()) {
  return TopicDeviations(EventTopicSpec("sales", 10), found, dates);
}

/// retention.ms of so many days.
TopicDescription FoundWithDays(int64_t days) {
  return Found("retention.ms", std::to_string(days * 86'400'000));
}

TEST(TopicAdminTest, ATopicAsItIsToBeDoesNotDeviate) {
  EXPECT_THAT(Deviations(Found()), IsEmpty());
  TopicDescription more = Found();
  more.partition_count = 12;
  more.replication_factor = more.broker_count = 5;
  EXPECT_THAT(Deviations(more), IsEmpty());
}

TEST(TopicAdminTest, OneBrokerNeedsOneReplica) {
  TopicDescription found = Found("min.insync.replicas", "1");
  found.replication_factor = found.broker_count = 1;
  EXPECT_THAT(Deviations(found), IsEmpty());
}

TEST(TopicAdminTest, RetentionDeletesOldDates) {
  EXPECT_THAT(
      Deviations(Found("retention.ms", "604800000")),
      ElementsAre("topic \"sales\" deletes after 7 d (retention.ms=604800000) but the data begins "
                  "2011-01-29; set retention.ms=-1"));
  EXPECT_THAT(Deviations(Found("retention.ms", "5000"), std::nullopt),
              ElementsAre("topic \"sales\" deletes after 5 s (retention.ms=5000) of event time; "
                          "set retention.ms=-1"));
  EXPECT_THAT(Deviations(Found("retention.bytes", "1000")),
              ElementsAre("topic \"sales\" deletes what is over 1000 bytes a partition "
                          "(retention.bytes=1000); set retention.bytes=-1"));
}

TEST(TopicAdminTest, RebaseIsARemedyWhereTheDataIsThenYoungerThanTheRetention) {
  // 1941 days, the last of them up to a week old.
  EXPECT_THAT(Deviations(FoundWithDays(1'947)),
              ElementsAre("topic \"sales\" deletes after 1947 d (retention.ms=168220800000) but "
                          "the data begins 2011-01-29; set retention.ms=-1"));
  EXPECT_THAT(Deviations(FoundWithDays(1'948)),
              ElementsAre("topic \"sales\" deletes after 1948 d (retention.ms=168307200000) but "
                          "the data begins 2011-01-29; --rebase-to today, or set retention.ms=-1"));
  EventDates moved = DatesOfM5();
  moved.may_move = false;
  EXPECT_THAT(Deviations(FoundWithDays(1'948), moved),
              ElementsAre("topic \"sales\" deletes after 1948 d (retention.ms=168307200000) but "
                          "the data begins 2011-01-29; set retention.ms=-1"));
}

TEST(TopicAdminTest, RetentionThatTakesNothingTodayIsNoDeviation) {
  EventDates dates = DatesOfM5();
  dates.begin = dates.today - std::chrono::days(6);
  EXPECT_THAT(Deviations(FoundWithDays(7), dates), IsEmpty());
  dates.begin = dates.today - std::chrono::days(7);
  EXPECT_EQ(Deviations(FoundWithDays(7), dates).size(), 1U);
}

TEST(TopicAdminTest, ShortSegmentsAreManyFiles) {
  EXPECT_THAT(Deviations(Found("segment.ms", "604800000")),
              ElementsAre("topic \"sales\" begins a segment every 7 d of event time "
                          "(segment.ms=604800000), hundreds in a history of years; set "
                          "segment.ms=9000000000000"));
}

TEST(TopicAdminTest, ReplicasAndPartitionsAreCounted) {
  TopicDescription found = Found("min.insync.replicas", "1");
  found.replication_factor = 1;
  found.partition_count = 3;
  EXPECT_THAT(
      Deviations(found),
      ElementsAre("topic \"sales\" has 3 partitions, needed 10; let tillstream add them, or use "
                  "another topic",
                  "topic \"sales\" is on 1 of 3 brokers, needed 3; make it again with that "
                  "replication factor, or reassign its partitions",
                  "topic \"sales\" acknowledges on 1 replica (min.insync.replicas=1), so that one "
                  "broker's end can lose events; set min.insync.replicas=2"));
}

TEST(TopicAdminTest, MoreReplicasInSyncThanThereAreCannotBeWritten) {
  TopicDescription found = Found("min.insync.replicas", "2");
  found.replication_factor = found.broker_count = 1;
  EXPECT_THAT(Deviations(found),
              ElementsAre("topic \"sales\" needs 2 replicas to write (min.insync.replicas=2) but "
                          "has 1; set min.insync.replicas=1"));
}

TEST(TopicAdminTest, OtherSettingsThatSpoilEventsAreFound) {
  EXPECT_THAT(Deviations(Found("message.timestamp.type", "LogAppendTime")),
              ElementsAre("topic \"sales\" replaces event times "
                          "(message.timestamp.type=LogAppendTime); set "
                          "message.timestamp.type=CreateTime"));
  EXPECT_THAT(
      Deviations(Found("cleanup.policy", "compact")),
      ElementsAre("topic \"sales\" is cleaned up by \"compact\"; set cleanup.policy=delete"));
  EXPECT_THAT(Deviations(Found("max.message.bytes", "1000")),
              ElementsAre("topic \"sales\" takes batches of 1000 bytes (max.message.bytes), needed "
                          "1000000; set max.message.bytes=1048588"));
}

TEST(TopicAdminTest, WhereKeysArePlacedByTheNumberOfPartitionsMoreOfThemAreWrongToo) {
  TopicSpec wanted = EventTopicSpec("sales-store-CA_1", 3);
  wanted.partitions_are_exact = true;
  TopicDescription found = Found("retention.ms", "-1");
  found.name = "sales-store-CA_1";
  found.partition_count = 5;
  EXPECT_THAT(TopicDeviations(wanted, found, DatesOfM5()),
              ElementsAre("topic \"sales-store-CA_1\" has 5 partitions, the plan deals keys out to "
                          "3; begin the run with --store-partitions 5, or use another topic"));
}

TEST(TopicAdminTest, PositionsAreCompactedWithAPartitionMore) {
  const TopicSpec spec = PositionsTopicSpec("sales", 10);
  EXPECT_EQ(spec.name, "sales-positions");
  EXPECT_EQ(spec.partition_count, 11);
  EXPECT_EQ(spec.settings.at("cleanup.policy"), "compact");
}

TEST(TopicAdminTest, DocumentsOfARunNeedMoreThanABatchOfEvents) {
  TopicDescription found = Found("max.message.bytes", "1048588");
  found.name = "sales-positions";
  found.partition_count = 11;
  found.settings["cleanup.policy"] = "compact";
  EXPECT_THAT(TopicDeviations(PositionsTopicSpec("sales", 10), found, DatesOfM5()),
              ElementsAre("topic \"sales-positions\" takes batches of 1048588 bytes "
                          "(max.message.bytes), needed 8388608; set max.message.bytes=8388608"));
  found.settings["max.message.bytes"] = "10000000";
  EXPECT_THAT(TopicDeviations(PositionsTopicSpec("sales", 10), found, DatesOfM5()), IsEmpty());
}

TEST(TopicAdminTest, ReplicasAreThreeWhereThereAreBrokersForThem) {
  TopicSpec spec = EventTopicSpec("sales", 1);
  EXPECT_EQ(ReplicationOf(spec, 1), 1);
  EXPECT_EQ(ReplicationOf(spec, 2), 2);
  EXPECT_EQ(ReplicationOf(spec, 5), 3);
  spec.replication_factor = 5;
  EXPECT_EQ(ReplicationOf(spec, 5), 5);
  EXPECT_EQ(InSyncMinimum(2), 1);
  EXPECT_EQ(InSyncMinimum(3), 2);
}

}  // namespace
}  // namespace tillstream
