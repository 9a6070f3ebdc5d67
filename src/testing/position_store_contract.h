#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "log/position_store.h"

// The promises of PositionStore, as a suite that every implementation passes:
//
//   INSTANTIATE_TEST_SUITE_P(Memory, PositionStoreContract,
//   testing::Values(PositionStoreFactory{...}));

namespace tillstream {

/// Makes a store that is empty, or in which nobody used the topic before.
struct PositionStoreFactory {
  std::string name;
  std::function<std::unique_ptr<PositionStore>(std::string* topic)> make;
};

class PositionStoreContract : public testing::TestWithParam<PositionStoreFactory> {
 protected:
  void SetUp() override { store_ = GetParam().make(&topic_); }
  PositionStore& store() { return *store_; }
  StreamName Stream(const std::string& name = "CA_1") const { return {topic_, name}; }
  static PositionRecord At(int64_t position, const std::string& owner = "a-1") {
    return {.position = Position(position),
            .totals_count = position / 10,
            .owner = owner,
            .holder = "process of " + owner,
            .identity = "dataset 1a2b"};
  }
  /// The position that is there; a default one when there is none.
  PositionRecord Load(const StreamName& stream) {
    const auto entry = store().Load(stream);
    EXPECT_TRUE(entry.has_value()) << (entry ? "" : entry.error().message);
    return entry && *entry ? (*entry)->record : PositionRecord{};
  }
  PositionVersion Store(const StreamName& stream, const PositionRecord& record,
                        std::optional<PositionVersion> expected) {
    const auto version = store().Store(stream, record, expected);
    EXPECT_TRUE(version.has_value()) << (version ? "" : version.error().message);
    return version ? *version : PositionVersion(-1);
  }

 private:
  std::string topic_;
  std::unique_ptr<PositionStore> store_;
};

TEST_P(PositionStoreContract, AStreamThatNobodyWroteHasNoPosition) {
  const auto entry = store().Load(Stream());
  ASSERT_TRUE(entry.has_value()) << entry.error().message;
  EXPECT_FALSE(entry->has_value());
}

TEST_P(PositionStoreContract, APositionComesBackAsItWasStored) {
  const PositionVersion version = Store(Stream(), At(59'181'090), std::nullopt);
  EXPECT_EQ(Load(Stream()), At(59'181'090));
  const auto entry = store().Load(Stream());
  ASSERT_TRUE(entry.has_value() && entry->has_value());
  EXPECT_EQ((*entry)->version, version);
}

TEST_P(PositionStoreContract, StreamsAreApart) {
  Store(Stream("CA_1"), At(1), std::nullopt);
  Store(Stream("CA_2"), At(2), std::nullopt);
  EXPECT_EQ(Load(Stream("CA_1")), At(1));
  EXPECT_EQ(Load(Stream("CA_2")), At(2));
}

TEST_P(PositionStoreContract, AWriterGoesOnFromItsOwnVersion) {
  PositionVersion version = Store(Stream(), At(1), std::nullopt);
  for (int64_t i = 2; i < 6; ++i) {
    const PositionVersion next = Store(Stream(), At(i), version);
    EXPECT_EQ(next, version + 1);
    version = next;
  }
  EXPECT_EQ(Load(Stream()), At(5));
}

TEST_P(PositionStoreContract, AWriterWhoseVersionIsOldIsRefusedWithWhoReplacedIt) {
  const PositionVersion first = Store(Stream(), At(5, "a-1"), std::nullopt);
  Store(Stream(), At(5, "b-1"), first);
  const auto refused = store().Store(Stream(), At(9, "a-1"), first);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::kRefused);
  EXPECT_NE(refused.error().message.find("process of b-1"), std::string::npos)
      << refused.error().message;
  EXPECT_EQ(Load(Stream()), At(5, "b-1"));
}

TEST_P(PositionStoreContract, OfTwoFirstWritersOneIsRefused) {
  Store(Stream(), At(0, "a-1"), std::nullopt);
  const auto refused = store().Store(Stream(), At(0, "b-1"), std::nullopt);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::kRefused);
  EXPECT_EQ(Load(Stream()), At(0, "a-1"));
}

TEST_P(PositionStoreContract, AStoreWhoseAnswerWasLostMayBeRepeated) {
  const PositionVersion first = Store(Stream(), At(0), std::nullopt);
  EXPECT_EQ(Store(Stream(), At(0), std::nullopt), first);
  const PositionVersion second = Store(Stream(), At(7), first);
  EXPECT_EQ(Store(Stream(), At(7), first), second);
  EXPECT_EQ(Load(Stream()), At(7));
}

TEST_P(PositionStoreContract, APositionThatIsGoneIsNotMadeAgain) {
  const auto refused = store().Store(Stream(), At(7), PositionVersion(3));
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::kRefused);
  EXPECT_FALSE(store().Load(Stream())->has_value());
}

}  // namespace tillstream
