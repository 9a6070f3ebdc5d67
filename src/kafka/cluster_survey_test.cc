#include "kafka/cluster_survey.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tillstream {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr int64_t kTimeoutMs = 60'000;

ClusterFacts ClusterOf(int32_t broker_count) {
  ClusterFacts cluster;
  for (int32_t id = 1; id <= broker_count; ++id) cluster.brokers.push_back({id, {"kafka", 9092}});
  return cluster;
}

/// What a broker has when nobody said otherwise.
const KafkaSettings kDefaults = {{"transaction.state.log.replication.factor", "3"},
                                 {"transaction.state.log.min.isr", "2"},
                                 {"offsets.topic.replication.factor", "3"},
                                 {"transaction.max.timeout.ms", "900000"}};

TEST(ClusterSurveyTest, ThreeBrokersWithTheDefaultsServeUs) {
  EXPECT_THAT(TransactionDeviations(ClusterOf(3), kDefaults, kTimeoutMs), IsEmpty());
  EXPECT_THAT(TransactionDeviations(ClusterOf(1), {}, kTimeoutMs), IsEmpty())
      << "what may not be read is taken for right";
  EXPECT_THAT(GroupDeviations(ClusterOf(3), kDefaults), IsEmpty());
  EXPECT_THAT(GroupDeviations(ClusterOf(1), {}), IsEmpty());
}

TEST(ClusterSurveyTest, TheDefaultsNeedThreeBrokers) {
  EXPECT_THAT(
      TransactionDeviations(ClusterOf(1), kDefaults, kTimeoutMs),
      ElementsAre(
          "begins no transaction: its log needs 3 brokers "
          "(transaction.state.log.replication.factor), found 1; start more, or set "
          "transaction.state.log.replication.factor=1 and transaction.state.log.min.isr=1"));
  EXPECT_THAT(GroupDeviations(ClusterOf(1), kDefaults),
              ElementsAre("serves no consumer group: its offsets need 3 brokers "
                          "(offsets.topic.replication.factor), found 1; start more, or set "
                          "offsets.topic.replication.factor=1"));
}

TEST(ClusterSurveyTest, BrokersThatAreGoneKeepTransactionsFromCommitting) {
  ClusterFacts cluster = ClusterOf(1);
  cluster.has_transactions_topic = cluster.has_offsets_topic = true;
  EXPECT_THAT(
      TransactionDeviations(cluster, kDefaults, kTimeoutMs),
      ElementsAre("commits no transaction: its log needs 2 replicas "
                  "(transaction.state.log.min.isr), found 1 of them; start more brokers, or "
                  "set transaction.state.log.min.isr=1"));
}

TEST(ClusterSurveyTest, ShortTransactionsAreFound) {
  EXPECT_THAT(
      TransactionDeviations(ClusterOf(1), {{"transaction.max.timeout.ms", "30000"}}, kTimeoutMs),
      ElementsAre("allows transactions of 30000 ms (transaction.max.timeout.ms), needed "
                  "60000; raise it, or give -X transaction.timeout.ms=30000"));
}

TEST(ClusterSurveyTest, TheVersionIsWhatTheBrokerSays) {
  EXPECT_EQ(KafkaVersionOf({{"inter.broker.protocol.version", "3.9-IV0"}}), "3.9");
  EXPECT_EQ(KafkaVersionOf({{"node.id", "1"}}), "4.0 or later");
}

TEST(ClusterSurveyTest, BootstrapServersAreAddresses) {
  EXPECT_THAT(BootstrapAddresses("kafka-1:9093, SASL_SSL://[::1]:9094,kafka-2,[::2]"),
              ElementsAre(TcpAddress{"kafka-1", 9093}, TcpAddress{"::1", 9094},
                          TcpAddress{"kafka-2", 9092}, TcpAddress{"::2", 9092}));
  EXPECT_THAT(BootstrapAddresses(""), IsEmpty());
}

TEST(ClusterSurveyTest, OldLibrariesHaveAKnownFault) {
  EXPECT_THAT(LibraryDeviations(0x020002ff), SizeIs(1));
  EXPECT_THAT(LibraryDeviations(0x020300ff), IsEmpty());
  EXPECT_THAT(LibraryDeviations(LibraryVersion()), SizeIs(LibraryVersion() < 0x020300ff ? 1 : 0));
}

}  // namespace
}  // namespace tillstream
