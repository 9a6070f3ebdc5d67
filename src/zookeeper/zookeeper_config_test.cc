#include "zookeeper/zookeeper_config.h"

#include <gtest/gtest.h>

namespace tillstream {
namespace {

TEST(ZooKeeperConfigTest, HasServersAndPath) {
  const auto config = ParseZooKeeperUrl("zookeeper://zk-1:2181,zk-2:2182/tillstream/m5");
  ASSERT_TRUE(config.has_value());
  EXPECT_EQ(config->servers, "zk-1:2181,zk-2:2182");
  EXPECT_EQ(config->path, "/tillstream/m5");
}

TEST(ZooKeeperConfigTest, PortAndPathMayBeLeftOut) {
  EXPECT_EQ(ParseZooKeeperUrl("zookeeper://zk")->servers, "zk:2181");
  EXPECT_EQ(ParseZooKeeperUrl("zookeeper://zk,[::1]/")->servers, "zk:2181,[::1]:2181");
  EXPECT_EQ(ParseZooKeeperUrl("zookeeper://[::1]:2200")->servers, "[::1]:2200");
  EXPECT_EQ(ParseZooKeeperUrl("zookeeper://zk")->path, "");
  EXPECT_EQ(ParseZooKeeperUrl("zookeeper://zk/")->path, "");
  EXPECT_EQ(ParseZooKeeperUrl("zookeeper://zk/a/")->path, "/a");
}

TEST(ZooKeeperConfigTest, SaysWhatItDoesNotTake) {
  EXPECT_EQ(ParseZooKeeperUrl("zk:2181").error().message,
            "\"zk:2181\" is no address of ZooKeeper; write zookeeper://HOST:PORT,.../PATH");
  for (const char* const text :
       {"zookeeper://", "zookeeper:///a", "zookeeper://zk:", "zookeeper://zk:0",
        "zookeeper://zk:65536", "zookeeper://zk:2181x", "zookeeper://zk,,zk", "zookeeper://zk,",
        "zookeeper://u@zk", "zookeeper://[::1", "zookeeper://[::1]2181", "zookeeper:// zk"}) {
    const auto config = ParseZooKeeperUrl(text);
    ASSERT_FALSE(config.has_value()) << text;
    EXPECT_EQ(config.error().code, ErrorCode::kUsage);
    EXPECT_NE(config.error().message.find("has a server that is no host and port"),
              std::string::npos)
        << config.error().message;
  }
  for (const char* const text : {"zookeeper://zk//a", "zookeeper://zk/a//b", "zookeeper://zk/..",
                                 "zookeeper://zk/a/./b", "zookeeper://zk/a\x01"}) {
    const auto config = ParseZooKeeperUrl(text);
    ASSERT_FALSE(config.has_value()) << text;
    EXPECT_NE(config.error().message.find("has a path that ZooKeeper does not take"),
              std::string::npos)
        << config.error().message;
  }
}

}  // namespace
}  // namespace tillstream
