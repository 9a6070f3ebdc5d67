#include "kafka/reader_clients.h"

#include <gtest/gtest.h>

namespace tillstream {
namespace {

/// Nobody is asked: a client connects in the background, here in vain.
class ReaderClientsTest : public testing::Test {
 protected:
  static KafkaConfig Config() {
    KafkaConfig config;
    config.bootstrap_servers = "127.0.0.1:1";
    return config;
  }
  std::shared_ptr<SharedClient> Claim(int32_t partition) {
    auto client = clients_.Claim({"sales", PartitionId(partition)});
    EXPECT_TRUE(client);
    return *client;
  }

  ReaderClients clients_{Config()};
};

TEST_F(ReaderClientsTest, PartitionsShareAClient) {
  const auto first = Claim(0);
  EXPECT_EQ(Claim(1), first);
}

TEST_F(ReaderClientsTest, APartitionThatIsReadTwiceHasTwoClients) {
  const auto first = Claim(0);
  const auto second = Claim(0);
  EXPECT_NE(first, second);
  EXPECT_EQ(Claim(1), first);
}

TEST_F(ReaderClientsTest, AReleasedPartitionIsReadByTheSameClientAgain) {
  const auto first = Claim(0);
  const auto other = Claim(1);
  first->Release({"sales", PartitionId(0)});
  EXPECT_EQ(Claim(0), other);
}

TEST_F(ReaderClientsTest, AClientEndsWithItsLastReader) {
  std::weak_ptr<SharedClient> ended = Claim(0);
  EXPECT_TRUE(ended.expired());
}

}  // namespace
}  // namespace tillstream
