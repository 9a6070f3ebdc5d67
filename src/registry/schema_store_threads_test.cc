// Several threads over one store and over several of one log, as the workers of a server and a
// generator beside it. What it finds by itself is a wrong answer; with the thread sanitizer races.

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <numeric>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "log/memory_log.h"
#include "registry/registry_error.h"
#include "registry/schema_store.h"

namespace tillstream {
namespace {

constexpr int kThreads = 4;
constexpr int kSchemas = 12;

/// All of them go with each other at every level, so that a registration is never refused.
std::string TextOf(int number) {
  return R"({"type":"record","name":"R","fields":[{"name":"f)" + std::to_string(number) +
         R"(","type":"int","default":0}]})";
}

/// Lets other threads go first where a writer is wanted, so that what a store read before it had
/// the lock often is old once it has it.
class CrowdedLog final : public EventLog {
 public:
  explicit CrowdedLog(Clock& clock) : log_(clock) {}
  Status CreateTopic(const TopicInfo& topic) override { return log_.CreateTopic(topic); }
  Result<std::vector<TopicInfo>> ListTopics() override { return log_.ListTopics(); }
  Result<std::unique_ptr<LogWriter>> OpenWriter(const WriterSpec& spec) override {
    ++waiting_;
    for (int i = 0; i < kYields && waiting_ < 2; ++i) std::this_thread::yield();
    auto writer = log_.OpenWriter(spec);
    --waiting_;
    return writer;
  }
  Result<std::unique_ptr<LogReader>> OpenReader(const TopicPartition& partition) override {
    return log_.OpenReader(partition);
  }
  std::string Describe() const override { return log_.Describe(); }

 private:
  static constexpr int kYields = 1000;

  MemoryLog log_;
  std::atomic<int> waiting_{0};
};

/// What threads were answered, put together after they ended.
struct Answers {
  std::map<std::string, std::set<int32_t>> ids;       ///< By schema.
  std::map<std::string, std::set<int32_t>> versions;  ///< By subject: registered.
  std::map<std::string, std::set<int32_t>> deleted;   ///< By subject: softly, or for good.
  std::vector<std::string> faults;                    ///< What should not have been answered.

  void Add(const Answers& other) {
    for (const auto& [schema, more] : other.ids) ids[schema].insert(more.begin(), more.end());
    for (const auto& [subject, more] : other.versions) {
      versions[subject].insert(more.begin(), more.end());
    }
    for (const auto& [subject, more] : other.deleted) {
      deleted[subject].insert(more.begin(), more.end());
    }
    faults.insert(faults.end(), other.faults.begin(), other.faults.end());
  }
};

/// One thread's calls, each checked by itself.
class Client {
 public:
  Client(SchemaStore& store, SchemaStore& other, unsigned seed)
      : store_(store), other_(other), random_(seed) {}

  void Register(const std::string& subject, const std::string& text) {
    const auto registered = store_.Register(subject, {text}, false, {});
    if (!registered) return Fault("register", registered.error());
    answers_.ids[text].insert(registered->id.value());
    answers_.versions[subject].insert(registered->version);
    ExpectFound(store_, registered->id, text);
    // And for everybody; not asked each time, since the other store reads the log for it.
    if (random_() % 4 == 0) ExpectFound(other_, registered->id, text);
  }

  void Lookup(const std::string& subject, const std::string& text) {
    const auto found = store_.Lookup(subject, {text}, false, true);
    if (!found) return Allow("look up", found.error(), {404});
    answers_.ids[text].insert(found->id.value());
  }

  void DeleteVersion(const std::string& subject, bool permanent) {
    const auto versions = store_.Versions(subject, DeletedFilter::kWith);
    if (!versions) return Allow("list", versions.error(), {404});
    const int32_t version = (*versions)[random_() % versions->size()];
    const auto deleted = store_.DeleteVersion(subject, version, permanent);
    if (!deleted) return Allow("delete", deleted.error(), {404});
    answers_.deleted[subject].insert(*deleted);
  }

  void DeleteSubject(const std::string& subject) {
    const auto deleted = store_.DeleteSubject(subject, false);
    if (!deleted) return Allow("delete", deleted.error(), {404});
    answers_.deleted[subject].insert(deleted->begin(), deleted->end());
  }

  void ChangeLevel(const std::string& subject) {
    const auto level =
        random_() % 2 == 0 ? CompatibilityLevel::kFullTransitive : CompatibilityLevel::kForward;
    if (const auto set = store_.SetLevel(subject, level); !set) Fault("set", set.error());
    const auto read = store_.Level(subject, true);
    if (!read) Fault("level", read.error());
  }

  /// One of everything that clients do, by chance.
  void Anything() {
    const std::string subject = "s" + std::to_string(random_() % 3);
    const std::string text = TextOf(static_cast<int>(random_() % kSchemas));
    switch (random_() % 8) {
      case 0:
        return DeleteVersion(subject, false);
      case 1:
        return DeleteVersion(subject, true);
      case 2:
        return random_() % 4 == 0 ? DeleteSubject(subject) : ChangeLevel(subject);
      case 3:
        return Lookup(subject, text);
      case 4:
        if (const auto reasons = store_.CheckAll(subject, {text}, false); !reasons) {
          Fault("check", reasons.error());
        }
        return;
      default:
        return Register(subject, text);
    }
  }

  std::mt19937& random() { return random_; }
  const Answers& answers() const { return answers_; }

 private:
  void ExpectFound(SchemaStore& store, SchemaId id, const std::string& text) {
    const auto found = store.FindId(id);
    if (!found) return Fault("find", found.error());
    if (found->schema != text) answers_.faults.push_back("id has another schema: " + text);
  }
  void Fault(const std::string& what, const Error& error) {
    answers_.faults.push_back(what + ": " + error.message);
  }
  void Allow(const std::string& what, const Error& error, const std::set<int>& statuses) {
    if (!statuses.contains(error.protocol_code / 100)) Fault(what, error);
  }

  SchemaStore& store_;
  SchemaStore& other_;
  std::mt19937 random_;
  Answers answers_;
};

class SchemaStoreThreadsTest : public ::testing::TestWithParam<size_t> {
 protected:
  SchemaStoreThreadsTest() {
    for (size_t i = 0; i < GetParam(); ++i) stores_.push_back(Opened());
  }

  std::unique_ptr<SchemaStore> Opened() {
    auto store = SchemaStore::Open(log_, clock_, "test");
    EXPECT_TRUE(store.has_value()) << store.error().message;
    return store ? *std::move(store) : nullptr;
  }

  /// Runs `work(client, thread)` in all threads at once, over the stores in turn.
  template <typename Work>
  Answers Run(const Work& work) {
    std::vector<std::unique_ptr<Client>> clients;
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) {
      const auto number = static_cast<size_t>(i);
      clients.push_back(std::make_unique<Client>(*stores_[number % stores_.size()],
                                                 *stores_[(number + 1) % stores_.size()],
                                                 kSeed + static_cast<unsigned>(i)));
    }
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back(
          [&work, i, &client = *clients[static_cast<size_t>(i)]] { work(client, i); });
    }
    for (std::thread& thread : threads) thread.join();
    Answers answers;
    for (const auto& client : clients) answers.Add(client->answers());
    return answers;
  }

  /// One id a schema, no id twice, no version left out, and all of it after a new start too.
  void ExpectConsistent(const Answers& answers) {
    EXPECT_EQ(answers.faults, std::vector<std::string>());
    const auto reopened = Opened();
    ASSERT_NE(reopened, nullptr);
    std::set<int32_t> ids;
    for (const auto& [schema, given] : answers.ids) {
      EXPECT_EQ(given.size(), 1U) << schema;
      for (const int32_t id : given) {
        EXPECT_TRUE(ids.insert(id).second) << "id " << id << " is given twice";
        const auto found = reopened->FindId(SchemaId(id));
        ASSERT_TRUE(found.has_value()) << found.error().message;
        EXPECT_EQ(found->schema, schema);
      }
    }
    for (const auto& [subject, registered] : answers.versions) {
      std::set<int32_t> known;
      if (const auto present = reopened->Versions(subject, DeletedFilter::kWith)) {
        known.insert(present->begin(), present->end());
      }
      if (const auto gone = answers.deleted.find(subject); gone != answers.deleted.end()) {
        known.insert(gone->second.begin(), gone->second.end());
      }
      std::vector<int32_t> dense(known.size());
      std::iota(dense.begin(), dense.end(), 1);
      EXPECT_EQ(std::vector<int32_t>(known.begin(), known.end()), dense) << subject;
      EXPECT_TRUE(std::ranges::includes(known, registered)) << subject;
    }
    ExpectSameEverywhere(*reopened);
  }

  /// Each store that was written through says the same as one that read the log from its start.
  void ExpectSameEverywhere(SchemaStore& reopened) {
    const auto told = [](SchemaStore& store) {
      std::vector<std::string> lines;
      const auto listed = store.List("", true, false);
      if (!listed) return std::vector<std::string>{listed.error().message};
      for (const RegisteredSchema& version : *listed) {
        lines.push_back(version.subject + " " + std::to_string(version.version) + " " +
                        std::to_string(version.id.value()) + " " + version.schema);
      }
      return lines;
    };
    for (const auto& store : stores_) EXPECT_EQ(told(*store), told(reopened));
  }

  static constexpr unsigned kSeed = 20261126;

  SystemClock clock_;  // a writer that waits for another one's lock must not skip its time
  CrowdedLog log_{clock_};
  std::vector<std::unique_ptr<SchemaStore>> stores_;
};

TEST_P(SchemaStoreThreadsTest, SchemasThatAllRegisterAtOnceGetOneIdAndOneVersionEach) {
  const Answers answers = Run([](Client& client, int) {
    std::vector<int> order(kSchemas);
    std::iota(order.begin(), order.end(), 0);
    std::ranges::shuffle(order, client.random());
    for (const int number : order) {
      client.Register("shared", TextOf(number));
      client.Register("shared-" + std::to_string(number % 3), TextOf(number));
    }
  });
  ExpectConsistent(answers);
  EXPECT_EQ(answers.ids.size(), size_t{kSchemas});
  EXPECT_EQ(answers.versions.at("shared").size(), size_t{kSchemas});
  EXPECT_EQ(*answers.versions.at("shared").rbegin(), kSchemas);
}

TEST_P(SchemaStoreThreadsTest, DifferentSchemasGetDifferentIds) {
  const Answers answers = Run([](Client& client, int thread) {
    for (int i = 0; i < kSchemas; ++i) {
      client.Register(i % 2 == 0 ? "shared" : "own-" + std::to_string(thread),
                      TextOf(thread * kSchemas + i));
    }
  });
  ExpectConsistent(answers);
  EXPECT_EQ(answers.ids.size(), size_t{kThreads} * kSchemas);
  EXPECT_EQ(*answers.versions.at("shared").rbegin(), kThreads * kSchemas / 2);
}

TEST_P(SchemaStoreThreadsTest, WhateverIsDoneAtOnceIdsStayAndVersionsCountUp) {
  SCOPED_TRACE("seeds from " + std::to_string(kSeed));
  const Answers answers = Run([](Client& client, int) {
    for (int i = 0; i < 60; ++i) client.Anything();
  });
  ExpectConsistent(answers);
  EXPECT_FALSE(answers.deleted.empty()) << "nothing was deleted";
}

INSTANTIATE_TEST_SUITE_P(Stores, SchemaStoreThreadsTest, ::testing::Values(1, 2, 4),
                         [](const auto& tested) { return std::to_string(tested.param); });

}  // namespace
}  // namespace tillstream
