#include "registry/once_cache.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

namespace tillstream {
namespace {

constexpr int kAskers = 8;
constexpr std::chrono::seconds kDeadline{30};

using Cache = OnceCache<int, std::string>;

/// Gets key 1 in all threads, the answer coming when all others wait for it. Returns the answers;
/// `asked` is counted up.
std::vector<Cache::Answer> GetInThreads(Cache& cache, const Cache::Answer& answer,
                                        std::atomic<int>* asked) {
  const auto ask = [&] {
    ++*asked;
    const auto end = std::chrono::steady_clock::now() + kDeadline;
    while (cache.waiting_count() < kAskers - 1 && std::chrono::steady_clock::now() < end) {
      std::this_thread::yield();
    }
    return answer;
  };
  std::vector<Cache::Answer> answers(kAskers, Cache::Answer(Error{}));
  std::vector<std::thread> threads;
  for (Cache::Answer& place : answers) {
    threads.emplace_back([&] { place = cache.Get(1, ask); });
  }
  for (std::thread& thread : threads) thread.join();
  return answers;
}

TEST(OnceCacheTest, WhatIsFoundIsSharedAndKept) {
  Cache cache;
  std::atomic<int> asked{0};
  for (const auto& answer : GetInThreads(cache, std::optional<std::string>("a"), &asked)) {
    EXPECT_EQ(**answer, "a");
  }
  EXPECT_EQ(asked, 1);
  EXPECT_EQ(**cache.Get(1, [&] { return Cache::Answer(Error{}); }), "a");
}

TEST(OnceCacheTest, AnErrorIsSharedByThoseWhoWaitAndNotKept) {
  Cache cache;
  std::atomic<int> asked{0};
  for (const auto& answer : GetInThreads(cache, Error{ErrorCode::kUnavailable, "away"}, &asked)) {
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().message, "away");
  }
  EXPECT_EQ(asked, 1);
  EXPECT_EQ(**cache.Get(1, [&] { return Cache::Answer(std::optional<std::string>("b")); }), "b");
}

TEST(OnceCacheTest, NothingIsSharedByThoseWhoWaitAndNotKept) {
  Cache cache;
  std::atomic<int> asked{0};
  for (const auto& answer : GetInThreads(cache, std::optional<std::string>(), &asked)) {
    ASSERT_TRUE(answer);
    EXPECT_FALSE(*answer);
  }
  EXPECT_EQ(asked, 1);
  cache.Keep(1, "c");
  EXPECT_EQ(**cache.Get(1, [&] { return Cache::Answer(Error{}); }), "c");
}

}  // namespace
}  // namespace tillstream
