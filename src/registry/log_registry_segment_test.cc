// LogRegistry on segment files: the bytes that stay, and several writers of one directory.

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <set>
#include <thread>

#include "base/file.h"
#include "log/segment_log.h"
#include "registry/log_registry.h"
#include "testing/sim_clock.h"
#include "testing/temp_dir.h"

namespace tillstream {
namespace {

constexpr Timestamp kRegisteredAt(1296259200000);

Schema Number(int number) {
  return *Schema::Parse(
      R"({"type":"record","name":"R","fields":[{"name":"a","type":"int","doc":")" +
      std::to_string(number) + R"("}]})");
}

class LogRegistrySegmentTest : public ::testing::Test {
 protected:
  SegmentLog Log(Clock& clock) {
    SegmentLogOptions options;
    options.directory = dir_ / "log";
    return SegmentLog(*files_, clock, options);
  }

  /// Every file of the topic with its bytes.
  std::map<std::string, std::string> Files() {
    std::map<std::string, std::string> content;
    const std::string directory = dir_ / "log/_schemas-0";
    const auto names = files_->List(directory);
    for (const std::string& name : *names) {
      content[name] = *ReadFile(*files_, JoinPath(directory, name));
    }
    return content;
  }

  void StartAgain() { std::filesystem::remove_all(dir_ / "log"); }

  TempDir dir_;
  std::unique_ptr<FileSystem> files_ = MakePosixFileSystem();
  SimClock clock_;
};

TEST_F(LogRegistrySegmentTest, InterruptedRunLeavesTheBytesOfAnUninterruptedOne) {
  {
    SegmentLog log = Log(clock_);
    const auto registry = *LogRegistry::Open(log, clock_, "one");
    EXPECT_EQ(*registry->Register("sales-value", Number(1), kRegisteredAt), SchemaId(1));
    EXPECT_EQ(*registry->Register("sales-days-value", Number(2), kRegisteredAt), SchemaId(2));
  }
  const auto uninterrupted = Files();
  EXPECT_FALSE(uninterrupted.at("00000000000000000000.log").empty());

  StartAgain();
  for (int start = 0; start < 3; ++start) {
    clock_.Advance(std::chrono::hours(7));
    SegmentLog log = Log(clock_);
    const auto registry = *LogRegistry::Open(log, clock_, "again");
    EXPECT_EQ(*registry->Register("sales-value", Number(1), kRegisteredAt), SchemaId(1));
    if (start == 0) continue;
    EXPECT_EQ(*registry->Register("sales-days-value", Number(2), kRegisteredAt), SchemaId(2));
  }
  EXPECT_EQ(Files(), uninterrupted);

  // A torn record is cut and written again.
  std::filesystem::resize_file(dir_ / "log/_schemas-0/00000000000000000000.log",
                               uninterrupted.at("00000000000000000000.log").size() - 7);
  SegmentLog log = Log(clock_);
  const auto registry = *LogRegistry::Open(log, clock_, "again");
  EXPECT_EQ(registry->List()->size(), 1U);
  EXPECT_EQ(*registry->Register("sales-days-value", Number(2), kRegisteredAt), SchemaId(2));
  EXPECT_EQ(Files(), uninterrupted);
}

TEST_F(LogRegistrySegmentTest, RegistriesOfOneDirectoryGiveEverySchemaItsOwnId) {
  constexpr int kProcesses = 4;
  constexpr int kSchemas = 6;
  std::vector<std::vector<SchemaId>> ids(kProcesses);
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kProcesses; ++thread) {
    threads.emplace_back([&, thread] {
      SystemClock clock;
      SegmentLog log = Log(clock);
      const auto registry = LogRegistry::Open(log, clock, "thread " + std::to_string(thread));
      ASSERT_TRUE(registry) << registry.error().message;
      for (int schema = 0; schema < kSchemas; ++schema) {
        // All threads have the even ones in common.
        const int number = schema % 2 == 0 ? schema : schema + 100 * thread;
        const auto id = (*registry)->Register("sales-value", Number(number), kRegisteredAt);
        ASSERT_TRUE(id) << id.error().message;
        ids[static_cast<size_t>(thread)].push_back(*id);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::set<SchemaId> distinct;
  for (size_t thread = 0; thread < ids.size(); ++thread) {
    ASSERT_EQ(ids[thread].size(), size_t{kSchemas});
    for (size_t schema = 0; schema < size_t{kSchemas}; ++schema) {
      if (schema % 2 == 0) {
        EXPECT_EQ(ids[thread][schema], ids[0][schema]);
      }
      distinct.insert(ids[thread][schema]);
    }
  }
  EXPECT_EQ(distinct.size(), size_t{3 + 3 * kProcesses});
  SegmentLog log = Log(clock_);
  const auto list = *(*LogRegistry::Open(log, clock_, "reader"))->List();
  EXPECT_EQ(list.size(), distinct.size());
  for (size_t i = 0; i < list.size(); ++i) {
    EXPECT_EQ(list[i].version, static_cast<int32_t>(i + 1));
    EXPECT_EQ(list[i].id, SchemaId(static_cast<int32_t>(i + 1)));
  }
}

}  // namespace
}  // namespace tillstream
