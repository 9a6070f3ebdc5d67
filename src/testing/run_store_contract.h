#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "log/run_store.h"

// The contract suite of RunStore.

namespace tillstream {

/// Where one test keeps its documents.
class RunStoresUnderTest {
 public:
  virtual ~RunStoresUnderTest() = default;
  /// A store of another process, as it were, over the same documents.
  virtual std::unique_ptr<RunStore> Open() = 0;
  /// What the suite's topic `name` is called there; it is there.
  virtual std::string TopicName(const std::string& name) = 0;
};

struct RunStoreFactory {
  std::string name;
  std::function<std::unique_ptr<RunStoresUnderTest>()> make;
  friend void PrintTo(const RunStoreFactory& factory, std::ostream* out) { *out << factory.name; }
};

class RunStoreContract : public testing::TestWithParam<RunStoreFactory> {
 protected:
  RunStoreContract() : stores_(GetParam().make()), store_(stores_->Open()) {}

  std::optional<std::string> Load(RunDocument document = RunDocument::kIdentity) {
    const auto text = stores_->Open()->Load(topic_, document);
    EXPECT_TRUE(text.has_value()) << text.error().message;
    return text ? *text : std::nullopt;
  }
  /// Appends to what is there.
  static Status Append(RunStore& store, const std::string& topic, const std::string& word) {
    return store.Update(topic, RunDocument::kIdentity, "a test",
                        [&](const std::optional<std::string>& stored) -> Result<std::string> {
                          return stored.value_or("") + word;
                        });
  }

  const std::unique_ptr<RunStoresUnderTest> stores_;
  const std::unique_ptr<RunStore> store_;
  const std::string topic_ = stores_->TopicName("sales");
};

TEST_P(RunStoreContract, WhatWasNeverStoredIsNotThere) {
  EXPECT_EQ(Load(), std::nullopt);
  EXPECT_EQ(Load(RunDocument::kClock), std::nullopt);
}

TEST_P(RunStoreContract, TheLastTextIsTheOneThatCounts) {
  for (const std::string text : {"first", "second", "{\"a\": \"\n\xC3\xA9\"}\n"}) {
    ASSERT_TRUE(store_->Store(topic_, RunDocument::kClock, text));
    EXPECT_EQ(Load(RunDocument::kClock), text);
  }
}

TEST_P(RunStoreContract, DocumentsAndTopicsAreApart) {
  ASSERT_TRUE(store_->Store(topic_, RunDocument::kClock, "clock"));
  ASSERT_TRUE(Append(*store_, topic_, "identity"));
  EXPECT_EQ(Load(), "identity");
  EXPECT_EQ(Load(RunDocument::kClock), "clock");
  const auto other = store_->Load(stores_->TopicName("other"), RunDocument::kIdentity);
  ASSERT_TRUE(other.has_value()) << other.error().message;
  EXPECT_EQ(*other, std::nullopt);
  EXPECT_NE(store_->NameOf(topic_, RunDocument::kClock),
            store_->NameOf(topic_, RunDocument::kIdentity));
}

TEST_P(RunStoreContract, ALargeTextComesBack) {
  std::string text;
  for (int64_t i = 0; i < 400'000; ++i) text += std::to_string(i * 7919 % 1'000'003);
  ASSERT_TRUE(Append(*store_, topic_, text));
  EXPECT_EQ(Load(), text);
}

TEST_P(RunStoreContract, AMergeThatFailsKeepsWhatIsThere) {
  ASSERT_TRUE(Append(*store_, topic_, "one"));
  const Status refused = store_->Update(
      topic_, RunDocument::kIdentity, "a test",
      [](const std::optional<std::string>& stored) -> Result<std::string> {
        return MakeError(ErrorCode::kRefused, "found {}", stored.value_or("nothing"));
      });
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::kRefused);
  EXPECT_EQ(refused.error().message, "found one");
  EXPECT_EQ(Load(), "one");
}

TEST_P(RunStoreContract, OfUpdatesAtOnceNoneIsLost) {
  constexpr int kThreads = 4;
  std::vector<Status> results(kThreads, Ok());
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      const auto store = stores_->Open();
      results[static_cast<size_t>(i)] =
          Append(*store, topic_, std::string(1, static_cast<char>('a' + i)));
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const Status& result : results) {
    EXPECT_TRUE(result.has_value()) << result.error().message;
  }
  std::string text = Load().value_or("");
  std::sort(text.begin(), text.end());
  EXPECT_EQ(text, "abcd");
}

}  // namespace tillstream
