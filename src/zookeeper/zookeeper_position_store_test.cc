#include "zookeeper/zookeeper_position_store.h"

#include <gtest/gtest.h>

// Without a server; tests/kafka/ has what needs one.

namespace tillstream {
namespace {

/// Port 1 is not listened on.
ZooKeeperConfig Nobody() {
  ZooKeeperConfig config;
  config.servers = "127.0.0.1:1";
  config.path = "/tillstream";
  config.deadline = std::chrono::milliseconds(300);
  return config;
}

TEST(ZooKeeperPositionStoreTest, WithoutAServerEveryCallSaysSoWithinTheDeadline) {
  SystemClock clock;
  ZooKeeperPositionStore store(Nobody(), clock);
  const StreamName stream{"sales", "CA_1"};
  const std::chrono::nanoseconds begin = clock.Monotonic();
  const std::vector<Error> errors = {store.Load(stream).error(),
                                     store.Store(stream, {}, std::nullopt).error(),
                                     store.Store(stream, {}, PositionVersion(1)).error()};
  EXPECT_LT(clock.Monotonic() - begin, std::chrono::seconds(20));
  for (const Error& error : errors) {
    EXPECT_EQ(error.code, ErrorCode::kUnavailable);
    EXPECT_EQ(error.message,
              "zookeeper: no server answered within 0.3 s (127.0.0.1:1); check the address, and "
              "that the servers run");
  }
}

TEST(ZooKeeperPositionStoreTest, AHostThatCannotBeResolvedIsUnavailable) {
  SystemClock clock;
  ZooKeeperConfig config = Nobody();
  config.servers = "no-such-host.invalid:2181";
  ZooKeeperPositionStore store(config, clock);
  const auto loaded = store.Load({"sales", "CA_1"});
  ASSERT_FALSE(loaded.has_value());
  EXPECT_EQ(loaded.error().code, ErrorCode::kUnavailable);
}

TEST(ZooKeeperPositionStoreTest, DescribesItselfByItsServersAndPath) {
  SystemClock clock;
  EXPECT_EQ(ZooKeeperPositionStore(Nobody(), clock).Describe(), "zookeeper 127.0.0.1:1/tillstream");
}

}  // namespace
}  // namespace tillstream
