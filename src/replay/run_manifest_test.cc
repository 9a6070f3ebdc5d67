#include <gtest/gtest.h>

#include <random>

#include "log/folder_run_store.h"
#include "replay/replay_fixture.h"
#include "replay/run_identity.h"
#include "testing/faulty_file_system.h"

namespace tillstream {
namespace {

constexpr const char* kPath = "log/sales.run.json";
constexpr const char* kClockPath = "log/sales.clock.json";

class RunManifestTest : public testing::Test {
 protected:
  RunManifestTest() : clock_(WallTime(std::chrono::milliseconds(1'700'000'000'123))) {
    TILLSTREAM_CHECK(files_.MakeDirectory("log").has_value());
  }

  std::string Text(const std::string& path = kPath) { return files_.Contents()[path]; }

  FaultyFileSystem files_;
  SimClock clock_;
  FolderRunStore store_{files_, clock_, "log"};
  RunManifest manifest_{store_, clock_, "sales"};
  Dataset dataset_ = LoadSmall(SmallDataset());
  RunIdentity identity_ = IdentityOf(dataset_, Day(2), "lz4", 12'345);
};

TEST_F(RunManifestTest, WhatWasNeverWrittenIsNoRun) {
  EXPECT_FALSE((*manifest_.Load()).has_value());
  EXPECT_FALSE((*manifest_.LoadClock()).has_value());
  EXPECT_TRUE(files_.Contents().empty()) << "loading touches nothing";
}

TEST_F(RunManifestTest, WhatIsStoredIsLoaded) {
  identity_.sales_schema = SchemaId(4);
  identity_.totals_schema = SchemaId(5);
  identity_.subjects = "topic-record";
  identity_.stores["ZZ_9"].partition = PartitionId(2);  // not loaded: without hashes
  identity_.stores["ZZ_9"].number = 2;
  const Result<RunIdentity> updated = manifest_.Update(identity_, "me");
  ASSERT_TRUE(updated.has_value());
  EXPECT_EQ(updated->started_at, "2023-11-14T22:13:20Z");
  const RunIdentity loaded = **manifest_.Load();
  EXPECT_EQ(loaded.from, Day(2));
  EXPECT_EQ(loaded.first_date, identity_.first_date);
  EXPECT_EQ(loaded.plan, "store");
  EXPECT_EQ(loaded.codec, "lz4");
  EXPECT_EQ(loaded.segment_bytes_max, 12'345);
  EXPECT_EQ(loaded.sales_schema, SchemaId(4));
  EXPECT_EQ(loaded.totals_schema, SchemaId(5));
  EXPECT_EQ(loaded.subjects, "topic-record");
  EXPECT_EQ(loaded.started_at, "2023-11-14T22:13:20Z");
  ASSERT_EQ(loaded.stores.size(), 3U);
  for (const auto& [id, store] : identity_.stores) {
    EXPECT_EQ(loaded.stores.at(id).partition, store.partition);
    EXPECT_EQ(loaded.stores.at(id).series_hash, store.series_hash);
    EXPECT_EQ(loaded.stores.at(id).series_count, store.series_count);
    EXPECT_EQ(loaded.stores.at(id).day_hashes, store.day_hashes);
  }
}

TEST_F(RunManifestTest, AnIdentityThatHasNotGrownIsNotWrittenAgain) {
  ASSERT_TRUE(manifest_.Update(identity_, "me"));
  const std::string text = Text();
  clock_.Advance(std::chrono::hours(1));
  const int64_t writes = files_.operation_count({FileOperation::kWrite, FileOperation::kRename});
  ASSERT_TRUE(manifest_.Update(identity_, "me"));
  EXPECT_EQ(Text(), text);
  // The lock file gets its holder's line.
  EXPECT_LE(files_.operation_count({FileOperation::kWrite, FileOperation::kRename}), writes + 1);
}

TEST_F(RunManifestTest, AStoredIdentitySurvivesAPowerCut) {
  ASSERT_TRUE(manifest_.Update(identity_, "me"));
  const std::string text = Text();
  files_.PowerCut(Survival::kNothing);
  EXPECT_EQ(Text(), text);
}

TEST_F(RunManifestTest, ARefusedIdentityLeavesTheFileAlone) {
  ASSERT_TRUE(manifest_.Update(identity_, "me"));
  const std::string text = Text();
  RunIdentity other = identity_;
  other.codec = "none";
  const Result<RunIdentity> updated = manifest_.Update(other, "me");
  ASSERT_FALSE(updated.has_value());
  EXPECT_EQ(updated.error().code, ErrorCode::kRefused);
  EXPECT_EQ(Text(), text);
}

TEST_F(RunManifestTest, AnotherProcessThatIsStartingIsWaitedForAndThenNamed) {
  ASSERT_TRUE(files_.MakeDirectory("log/.locks"));
  auto lock = files_.Lock("log/.locks/sales.run.lock", "process 4711 on till");
  ASSERT_TRUE(lock.has_value());
  const auto begin = clock_.Monotonic();
  const Result<RunIdentity> updated = manifest_.Update(identity_, "me");
  ASSERT_FALSE(updated.has_value());
  EXPECT_EQ(updated.error().code, ErrorCode::kRefused);
  EXPECT_EQ(updated.error().message,
            "run: process 4711 on till has been starting for 10 s; try again");
  EXPECT_GE(clock_.Monotonic() - begin, std::chrono::seconds(10));
  lock->reset();
  EXPECT_TRUE(manifest_.Update(identity_, "me").has_value());
}

TEST_F(RunManifestTest, TopicsHaveTheirOwnManifests) {
  ASSERT_TRUE(manifest_.Update(identity_, "me"));
  const RunManifest other(store_, clock_, "other");
  EXPECT_FALSE((*other.Load()).has_value());
}

TEST_F(RunManifestTest, ARunOfAReleaseWithoutSubjectsHadThoseOfTheTopic) {
  ASSERT_TRUE(manifest_.Update(identity_, "me"));
  std::string text = Text();
  const std::string line = " \"subjects\": \"topic\"";
  const size_t at = text.find(line);
  ASSERT_NE(at, std::string::npos) << text;
  text.erase(at, line.size());
  text.erase(text.rfind(',', at), 1);
  files_.SetContent(kPath, text);
  const auto loaded = manifest_.Load();
  ASSERT_TRUE(loaded.has_value()) << loaded.error().message;
  EXPECT_EQ((*loaded)->subjects, "topic");
}

TEST_F(RunManifestTest, AShiftIsStoredInAFormatThatOlderReleasesRefuse) {
  ASSERT_TRUE(manifest_.Update(identity_, "me"));
  EXPECT_EQ((*manifest_.Load())->rebase, std::nullopt);
  EXPECT_EQ(Text().find("rebase"), std::string::npos);
  EXPECT_NE(Text().find("\"format\": 1"), std::string::npos);
  constexpr const char* kMovedPath = "log/moved.run.json";
  RunManifest moved(store_, clock_, "moved");
  identity_.rebase = Rebase{.weeks = -12, .to = ParseDate("2010-12-01").value()};
  ASSERT_TRUE(moved.Update(identity_, "me"));
  EXPECT_EQ((*moved.Load())->rebase, identity_.rebase);
  const std::string text = Text(kMovedPath);
  EXPECT_NE(text.find("\"format\": 2"), std::string::npos);
  const std::string weeks = "\"rebase_weeks\": -12";
  ASSERT_NE(text.find(weeks), std::string::npos);
  EXPECT_NE(text.find("\"rebase_to\": \"2010-12-01\""), std::string::npos);
  for (const char* damage : {"\"rebase_weeks\": \"12\"", "\"rebase_weeks\": 530001",
                             "\"rebase_weeks\": -9223372036854775808", "\"weeks\": -12"}) {
    std::string damaged = text;
    files_.SetContent(kMovedPath, damaged.replace(text.find(weeks), weeks.size(), damage));
    const auto loaded = moved.Load();
    ASSERT_FALSE(loaded) << damage;
    EXPECT_EQ(loaded.error().code, ErrorCode::kCorrupt);
  }
}

TEST_F(RunManifestTest, TotalsBelongToTheRunOfTheirEvents) {
  ASSERT_TRUE(manifest_.Update(identity_, "me"));
  const auto run_of = [&](const char* topic) {
    return LoadRunOfTopic(store_, clock_, topic)->has_value();
  };
  EXPECT_TRUE(run_of("sales"));
  EXPECT_TRUE(run_of("sales-days"));
  for (const char* topic : {"other", "other-days", "sales-days-days", "-days", "sales-day"}) {
    EXPECT_FALSE(run_of(topic)) << topic;
  }
}

TEST_F(RunManifestTest, TruncatedAtAnyByteItIsCorruptOrEqual) {
  ASSERT_TRUE(manifest_.Update(identity_, "me"));
  const std::string text = Text();
  for (size_t size = 0; size < text.size(); ++size) {
    files_.SetContent(kPath, text.substr(0, size));
    const auto loaded = manifest_.Load();
    if (loaded) {
      ASSERT_TRUE(loaded->has_value());
      ASSERT_EQ(size, text.size() - 1) << "only the last line feed may go";
      continue;
    }
    ASSERT_EQ(loaded.error().code, ErrorCode::kCorrupt) << loaded.error().message;
    ASSERT_TRUE(loaded.error().message.starts_with("log/sales.run.json: ")) << "byte " << size;
    ASSERT_TRUE(loaded.error().message.ends_with("; restore it, or use another --log or --topic"));
  }
}

TEST_F(RunManifestTest, ChangedBytesNeverCrash) {
  ASSERT_TRUE(manifest_.Update(identity_, "me"));
  const std::string text = Text();
  std::mt19937 random(20'110'129);
  int refused = 0;
  for (int round = 0; round < 4'000; ++round) {
    std::string damaged = text;
    for (int changes = 0; changes <= round % 3; ++changes) {
      damaged[random() % damaged.size()] = static_cast<char>(random());
    }
    files_.SetContent(kPath, damaged);
    const auto loaded = manifest_.Load();
    if (loaded) continue;
    ++refused;
    ASSERT_TRUE(loaded.error().code == ErrorCode::kCorrupt ||
                loaded.error().code == ErrorCode::kRefused)
        << loaded.error().message;
  }
  EXPECT_GT(refused, 1'000);
}

TEST_F(RunManifestTest, AShapeThatTillstreamDoesNotWriteIsCorrupt) {
  ASSERT_TRUE(manifest_.Update(identity_, "me"));
  const std::string text = Text();
  const auto damaged = [&](const std::string& find, const std::string& replace) {
    std::string changed = text;
    const size_t at = changed.find(find);
    TILLSTREAM_CHECK_MSG(at != std::string::npos, find);
    changed.replace(at, find.size(), replace);
    files_.SetContent(kPath, changed);
    const auto loaded = manifest_.Load();
    EXPECT_FALSE(loaded.has_value()) << replace;
    if (loaded) return;
    EXPECT_EQ(loaded.error().code, ErrorCode::kCorrupt);
    EXPECT_EQ(loaded.error().message,
              "log/sales.run.json: not what tillstream writes there; restore it, or use another "
              "--log or --topic");
  };
  damaged("\"from\": 2", "\"from\": 0");
  damaged("\"from\": 2", "\"from\": \"2\"");
  damaged("2011-01-29", "2011-02-29");
  damaged("\"subjects\": \"topic\"", "\"subjects\": \"topics\"");
  damaged("\"partition\": 1", "\"partition\": 0");
  damaged("\"partition\": 1", "\"partition\": -1");
  damaged("\"series_count\": 3", "\"series_count\": 0");
  damaged("\"series_hash\": \"", "\"series_hash\": \"0");
  damaged("\"day_hashes\": \"", "\"day_hashes\": \"z");
  damaged("\"stores\"", "\"shops\"");
}

TEST_F(RunManifestTest, ALaterFormatIsRefused) {
  ASSERT_TRUE(manifest_.Update(identity_, "me"));
  std::string text = Text();
  text.replace(text.find("\"format\": 1"), 11, "\"format\": 3");
  files_.SetContent(kPath, text);
  const auto loaded = manifest_.Load();
  ASSERT_FALSE(loaded.has_value());
  EXPECT_EQ(loaded.error().code, ErrorCode::kRefused);
  EXPECT_EQ(loaded.error().message,
            "log/sales.run.json: format 3, needed 1 or 2; use the release that wrote it");
}

TEST_F(RunManifestTest, TheClockIsStoredAndMayBeRewritten) {
  const RunClock first{
      .wall_ms = 1'700'000'000'123, .simulated = Timestamp(1'296'259'200'000), .speed = "2d/s"};
  ASSERT_TRUE(manifest_.StoreClock(first));
  EXPECT_EQ(**manifest_.LoadClock(), first);
  const RunClock second{
      .wall_ms = 1, .simulated = Timestamp(-5), .speed = "3600x", .paused_ms = 1'700'000'000'456};
  ASSERT_TRUE(manifest_.StoreClock(second));
  EXPECT_EQ(**manifest_.LoadClock(), second);
}

TEST_F(RunManifestTest, ADamagedClockIsCorrupt) {
  for (const char* text : {"", "{}", "[]", "3", "{\"wall_ms\":1,\"simulated_ms\":2}",
                           R"({"wall_ms":1,"simulated_ms":2,"speed":"2d"})",
                           R"({"wall_ms":1,"simulated_ms":2,"speed":"max"})",
                           R"({"wall_ms":1,"simulated_ms":2,"speed":"2d/s","paused_ms":"1"})",
                           R"({"wall_ms":1,"simulated_ms":2,"speed":"2d/s","paused_ms":9e18})",
                           R"({"wall_ms":"1","simulated_ms":2,"speed":"2d/s"})",
                           R"({"wall_ms":9223372036854775807,"simulated_ms":2,"speed":"2d/s"})",
                           R"({"wall_ms":1,"simulated_ms":-9223372036854775808,"speed":"2d/s"})"}) {
    files_.SetContent(kClockPath, text);
    const auto loaded = manifest_.LoadClock();
    ASSERT_FALSE(loaded.has_value()) << text;
    EXPECT_EQ(loaded.error().code, ErrorCode::kCorrupt) << loaded.error().message;
    EXPECT_TRUE(loaded.error().message.starts_with("log/sales.clock.json: "));
  }
}

}  // namespace
}  // namespace tillstream
