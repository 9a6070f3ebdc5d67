// The other commands from their words to their exit codes.
#include <gmock/gmock.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "app/app_fixture.h"
#include "testing/temp_dir.h"

namespace tillstream {
namespace {

using testing::HasSubstr;
using testing::Not;

// verify

class VerifyCommandTest : public ReplayCommandTest {};

TEST_F(VerifyCommandTest, PrintsATableAndTheResult) {
  ASSERT_EQ(Replay(), 0);
  EXPECT_EQ(Verify(), 0);
  EXPECT_EQ(
      out_,
      "store  partition  events  equal  different  missing  repeated  foreign  totals  equal  "
      "wrong  stands at\n"
      "CA_1           0      30     30          0        0         0        0      10     10 "
      "     0  the end\n"
      "TX_1           1      30     30          0        0         0        0      10     10 "
      "     0  the end\n");
  EXPECT_THAT(err_, HasSubstr("sales: 60 events equal, no difference, complete in "));
}

TEST_F(VerifyCommandTest, AStreamThatIsNotAtItsEndStandsSomewhere) {
  ASSERT_EQ(Replay({"--to", "d_6"}), 0);
  EXPECT_EQ(Verify(), 0);
  EXPECT_THAT(out_, HasSubstr("d_6 (2011-02-03)\n"));
  EXPECT_THAT(err_, HasSubstr("no difference, stands at d_6 in "));
  EXPECT_EQ(Verify({"--complete"}), 1);
  EXPECT_EQ(Verify({"--to", "d_6", "--complete"}), 0);
  EXPECT_EQ(Verify({"--from", "d_3", "--to", "2011-02-02", "--complete"}), 0);
}

TEST_F(VerifyCommandTest, ADifferenceIsExitOneAndShown) {
  ASSERT_EQ(Replay(), 0);
  SmallDataset other;
  other.cells[{"TX_1", "FOODS_1_002", 4}] = 999;
  PutDataset(other);
  EXPECT_EQ(Verify(), 1);
  EXPECT_THAT(out_, HasSubstr("sales-1 offset 10: FOODS_1_002 d_4: sold is "));
  EXPECT_THAT(out_, HasSubstr(", needed 999\n"));
  EXPECT_THAT(out_, HasSubstr("sales-days-1 offset 3: total of d_4: units is "));
  EXPECT_THAT(err_, HasSubstr("differences found, complete in "));
  EXPECT_EQ(Verify({"--from", "d_5"}), 0);
  EXPECT_EQ(Verify({"--to", "d_4"}), 0);
  EXPECT_EQ(Verify({"--store", "CA_1"}), 0);
}

TEST_F(VerifyCommandTest, JsonHasWhatTheTableHas) {
  ASSERT_EQ(Replay({"--to", "d_6"}), 0);
  EXPECT_EQ(Verify({"--json", "--threads", "1"}), 0);
  const Json json = OutJson();
  ASSERT_EQ(json.size(), 2U);
  EXPECT_EQ(json[0]["store"], "CA_1");
  EXPECT_EQ(json[0]["events_expected"], 30);
  EXPECT_EQ(json[0]["events_equal"], 15);
  EXPECT_EQ(json[0]["next_day"], 6);
  EXPECT_EQ(json[0]["complete"], false);
  EXPECT_EQ(json[0]["differences"].size(), 0U);
}

TEST_F(VerifyCommandTest, WithoutALogOrARunItSaysWhatMakesOne) {
  EXPECT_EQ(Verify(), 1);
  EXPECT_EQ(err_, "error: log log: not there; tillstream replay --data DIR --log log makes it\n");
  ASSERT_EQ(Replay(), 0);
  EXPECT_EQ(Verify({"-t", "other"}), 1);
  EXPECT_EQ(err_, "error: log log: no run of topic \"other\"; tillstream replay begins one\n");
  files_.SetContent("file", "x");
  EXPECT_EQ(Run({"verify", "--data", "data", "--log", "file"}), 2);
  EXPECT_EQ(err_, "error: --log: file is not a folder\n");
}

TEST_F(VerifyCommandTest, ADamagedLogIsExitFour) {
  ASSERT_EQ(Replay(), 0);
  const std::string path = "log/sales-1/00000000000000000000.log";
  std::string content = files_.Contents()[path];
  content[300] = static_cast<char>(~content[300]);
  files_.SetContent(path, content);
  EXPECT_EQ(Verify(), 4);
  EXPECT_THAT(err_, HasSubstr("sales-1/00000000000000000000.log"));
}

// consume

class ConsumeCommandTest : public ReplayCommandTest {
 protected:
  ConsumeCommandTest() { TILLSTREAM_CHECK_MSG(Replay() == 0, err_); }
  int Consume(std::vector<std::string> options) {
    options.insert(options.begin(), {"consume", "--log", "log", "-e"});
    return Run(options);
  }
  int64_t Lines() const { return std::count(out_.begin(), out_.end(), '\n'); }
};

TEST_F(ConsumeCommandTest, PrintsJsonIntoAPipe) {
  EXPECT_EQ(Consume({"-c", "1"}), 0);
  EXPECT_EQ(out_,
            "{\"item_id\":\"FOODS_1_001\",\"dept_id\":\"FOODS_1\",\"cat_id\":\"FOODS\","
            "\"store_id\":\"CA_1\",\"state_id\":\"CA\",\"day\":1,\"sold\":1,"
            "\"sell_price\":1.01}\n");
  EXPECT_THAT(err_, HasSubstr("1 records, "));
}

TEST_F(ConsumeCommandTest, TakesPlacesPartitionsStoresAndFormats) {
  EXPECT_EQ(Consume({}), 0);
  EXPECT_EQ(Lines(), 60);
  EXPECT_EQ(Consume({"-p", "1", "-o", "-4"}), 0);
  EXPECT_EQ(Lines(), 4);
  EXPECT_EQ(Consume({"--store", "TX_1", "-o", "d@2011-02-06"}), 0);
  EXPECT_EQ(Lines(), 6);
  EXPECT_THAT(out_, Not(HasSubstr("CA_1")));
  EXPECT_EQ(Consume({"-t", "sales-days", "--format", "text", "-c", "1"}), 0);
  EXPECT_THAT(out_, HasSubstr("2011-01-29  d_1     CA_1     3 events"));
  EXPECT_EQ(Consume({"--format", "kcat", "-c", "1"}), 0);
  EXPECT_THAT(out_, HasSubstr("{\"topic\":\"sales\",\"partition\":0,\"offset\":0,"));
}

TEST_F(ConsumeCommandTest, CountsWithoutLines) {
  EXPECT_EQ(Consume({"--sink", "count"}), 0);
  const Json json = OutJson();
  EXPECT_EQ(json["events"], 60);
  EXPECT_EQ(json["day_sum"], 6 * 55);
  EXPECT_EQ(json["unpriced_events"], 0);
  EXPECT_EQ(Lines(), 1);
}

TEST_F(ConsumeCommandTest, TotalsOfARunWithAnotherRegistryNeedItToo) {
  ASSERT_EQ(Replay(), 0);
  auto files = files_.Contents();
  std::string& manifest = files.at("log/sales.run.json");
  const std::string word = "\"schemas\": \"log\"";
  manifest.replace(manifest.find(word), word.size(), "\"schemas\": \"registry\"");
  files_.SetContents(files);
  for (const char* topic : {"sales", "sales-days"}) {
    EXPECT_EQ(Run({"consume", "--log", "log", "-e", "-t", topic}), 2) << topic;
    EXPECT_THAT(err_, HasSubstr("are those of a registry; give it with --registry URL"));
  }
}

TEST_F(ConsumeCommandTest, AGroupGoesOnWhereItStopped) {
  EXPECT_EQ(Consume({"-g", "report", "-p", "0", "-c", "20"}), 0);
  EXPECT_EQ(Lines(), 20);
  EXPECT_EQ(Consume({"-g", "report", "-p", "0"}), 0);
  EXPECT_EQ(Lines(), 10);
  EXPECT_EQ(Consume({"-g", "report", "-p", "0"}), 0);
  EXPECT_EQ(Lines(), 0);
  EXPECT_EQ(Consume({"-g", "report", "-p", "0", "-o", "beginning"}), 0);
  EXPECT_EQ(Lines(), 30);
  const auto held = files_.Lock("log/.groups/report.lock", "process 12 on till");
  EXPECT_EQ(Consume({"-g", "report"}), 7);
  EXPECT_THAT(err_, HasSubstr("group \"report\": process 12 on till reads as this group"));
}

TEST_F(ConsumeCommandTest, WhatIsNotKnownIsAUsageError) {
  struct Case {
    std::vector<std::string> options;
    const char* message;
  };
  for (const Case& c :
       {Case{{"-o", "x"},
             "-o: \"x\" is not a place; write beginning, end, stored, N, -N, s@MS, e@MS or "
             "d@2011-01-29"},
        Case{{"-o", "stored"}, "-o: stored is a group's position; give the group with -g"},
        Case{{"-p", "x"}, "-p: \"x\" is not a partition; write a number from 0"},
        Case{{"-p", "2"}, "-p: topic \"sales\" has partitions 0 to 1, found 2"},
        Case{{"--format", "xml"}, "--format: \"xml\" is not a format; write text, json or kcat"},
        Case{{"--on-error", "x"},
             "--on-error: \"x\" is not known; write stop, skip, dlq:TOPIC or dlq:DIR/"},
        Case{{"--sink", "x"},
             "--sink: \"x\" is not a sink; write count, postgres:URL, duckdb:FILE or parquet:DIR"},
        Case{{"--store", "CA1"}, "--store: \"CA1\" is not in the run; did you mean CA_1"}}) {
    EXPECT_EQ(Consume(c.options), 2) << c.message;
    EXPECT_EQ(err_, std::string("error: ") + c.message + "\n");
    EXPECT_EQ(out_, "");
  }
}

TEST_F(ConsumeCommandTest, PoisonIsExitFourOrSkipped) {
  EXPECT_EQ(Consume({"-t", "_schemas"}), 4);
  EXPECT_THAT(err_, HasSubstr("error: _schemas-0 offset 0: frame: found magic byte 0x7b, needed "
                              "0x00; --on-error skip goes on behind it\n"));
  EXPECT_EQ(Consume({"-t", "_schemas", "--on-error", "skip"}), 0);
  EXPECT_EQ(out_, "");
  EXPECT_THAT(err_, HasSubstr("warning: skipped 2: frame: found magic byte N, needed N\n"));
}

// The other commands.

class OtherCommandsTest : public ReplayCommandTest {};

TEST_F(OtherCommandsTest, CheckPrintsFaultsAndCountsTheRest) {
  EXPECT_EQ(Run({"check", "data"}), 0);
  EXPECT_EQ(out_, "");
  EXPECT_THAT(err_,
              HasSubstr("data: no fault; sales_train_evaluation.csv: 6 series in 2 stores, 10 "
                        "days (2011-01-29 to 2011-02-07), 60 events\n"));
  SmallDataset bad;
  std::string sales = bad.SalesCsv();
  size_t at = sales.find('\n');
  for (int i = 0; i < 3; ++i) {
    at = sales.find('\n', at + 1);
    sales[at - 1] = 'x';
  }
  files_.SetContent("data/sales_train_evaluation.csv", sales);
  EXPECT_EQ(Run({"check", "data"}), 3);
  EXPECT_EQ(std::count(out_.begin(), out_.end(), '\n'), 3);
  EXPECT_THAT(out_, HasSubstr("sales_train_evaluation.csv:2: column d_10: "));
  EXPECT_EQ(err_, "data: 3 faults\n");
  EXPECT_EQ(Run({"check", "data", "--limit", "1"}), 3);
  EXPECT_EQ(std::count(out_.begin(), out_.end(), '\n'), 1);
  EXPECT_EQ(err_, "data: 3 faults, the first 1 listed\n");
  EXPECT_EQ(Run({"check", "data", "--json"}), 3);
  EXPECT_EQ(OutJson()["count"], 3);
  EXPECT_EQ(OutJson()["faults"][0]["line"], 2);
  EXPECT_EQ(Run({"check", "nowhere"}), 3);
}

TEST_F(OtherCommandsTest, SynthWritesADatasetThatIsRight) {
  EXPECT_EQ(Run({"synth", "--out", "made", "--stores", "2", "--items", "7", "--days", "30"}), 0);
  EXPECT_EQ(err_,
            "target: folder made\n"
            "made: 7 items in 2 stores, 30 days: 420 events\n");
  EXPECT_EQ(Run({"check", "made"}), 0);
}

TEST_F(OtherCommandsTest, PositionsAreShown) {
  ASSERT_EQ(Replay({"--to", "d_4"}), 0);
  EXPECT_EQ(Run({"position", "show", "--log", "log"}), 0);
  EXPECT_EQ(out_,
            "store  partition  position  totals  next day        date  days in data\n"
            "CA_1           0         9       3  d_4       2011-02-01            10\n"
            "TX_1           1         9       3  d_4       2011-02-01            10\n");
  EXPECT_EQ(Run({"position", "show", "--log", "log", "--json"}), 0);
  EXPECT_EQ(OutJson()[1]["store"], "TX_1");
  EXPECT_EQ(OutJson()[1]["next_day"], 4);
  EXPECT_EQ(Run({"position", "show", "--log", "none"}), 1);
}

TEST_F(OtherCommandsTest, OnTheEmbeddedLogNoPositionMoves) {
  ASSERT_EQ(Replay({"--to", "d_4"}), 0);
  const auto before = LogFiles();
  for (const char* day : {"d_2", "d_8"}) {
    EXPECT_EQ(Run({"position", "set", "--log", "log", "--to", day, "--execute"}), 2);
    EXPECT_EQ(err_,
              "error: position set: log log: the offset is the position there, so neither goes "
              "without the other; write the days again or from elsewhere with replay --from into "
              "another --log or --topic\n");
  }
  EXPECT_EQ(Run({"position", "reset", "--log", "log"}), 2);
  EXPECT_THAT(err_, HasSubstr("error: position reset: log log: the offset is the position there"));
  EXPECT_EQ(Run({"position", "set", "--log", "log", "--to", "2d"}), 2);
  EXPECT_EQ(err_, "error: --to: \"2d\" is not a day; write d_17 or 2011-02-14\n");
  EXPECT_EQ(LogFiles(), before);
}

TEST_F(OtherCommandsTest, SchemasAreListedShownAndChecked) {
  ASSERT_EQ(Replay(), 0);
  EXPECT_EQ(Run({"schema", "list", "--log", "log"}), 0);
  EXPECT_THAT(out_, HasSubstr("sales-value"));
  EXPECT_THAT(out_, HasSubstr("m5.forecasting.avro.StoreDay"));
  EXPECT_EQ(Run({"schema", "list", "--log", "log", "--json"}), 0);
  EXPECT_EQ(OutJson().size(), 2U);
  EXPECT_EQ(Run({"schema", "show", "1", "--log", "log"}), 0);
  const std::string by_id = out_;
  EXPECT_EQ(Run({"schema", "show", "sales-value", "--log", "log"}), 0);
  EXPECT_EQ(out_, by_id);
  EXPECT_EQ(Run({"schema", "show", "sales-valu", "--log", "log"}), 1);
  EXPECT_EQ(err_, "error: schema: no subject \"sales-valu\"; did you mean sales-value\n");
  files_.SetContent("same.avsc", by_id);
  EXPECT_EQ(Run({"schema", "check", "same.avsc", "--subject", "sales-value", "--log", "log"}), 0);
  files_.SetContent("other.avsc", "\"int\"");
  EXPECT_EQ(Run({"schema", "check", "other.avsc", "--subject", "sales-value", "--log", "log"}), 3);
  EXPECT_NE(out_, "");
  EXPECT_EQ(Run({"schema", "list", "--log", "log", "--registry", "http://127.0.0.1:1"}), 2);
  EXPECT_EQ(err_, "error: --log, --registry: needed one of them\n");
}

TEST_F(OtherCommandsTest, LogsAreDumpedAndVerified) {
  ASSERT_EQ(Replay(), 0);
  EXPECT_EQ(Run({"log", "verify", "--log", "log"}), 0);
  EXPECT_THAT(out_, HasSubstr("sales-days-1"));
  EXPECT_EQ(Run({"log", "verify", "--log", "log", "-t", "sales", "--json"}), 0);
  EXPECT_EQ(OutJson().size(), 2U);
  EXPECT_EQ(OutJson()[0]["records"], 30);
  EXPECT_EQ(Run({"log", "verify", "--log", "log", "-t", "sale"}), 2);
  EXPECT_EQ(err_, "error: --topic: no topic \"sale\"; did you mean sales\n");
  EXPECT_EQ(Run({"log", "dump", "log/sales-0", "--limit", "1", "--records"}), 0);
  EXPECT_THAT(out_, HasSubstr("offsets 0 to 2, 3 records"));
  EXPECT_THAT(out_, HasSubstr("\"item_id\":\"FOODS_1_002\""));
  EXPECT_EQ(Run({"log", "dump", "log"}), 2);
  EXPECT_EQ(Run({"log", "dump", "log/none-0"}), 1);
}

/// The demo removes what it made before, so it runs on real files.
class DemoTest : public AppTest {
 protected:
  FileSystem& files() override { return *real_files_; }
  std::unique_ptr<FileSystem> real_files_ = MakePosixFileSystem();
  TempDir folder_;
};

TEST_F(DemoTest, RunsMoreThanOnceInItsOwnFolder) {
  const std::string data = folder_ / "data";
  const std::string demo = folder_ / "demo";
  std::filesystem::create_directory(data);
  SmallDataset().Write(data);
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(Run({"demo", "--data", data, "--dir", demo}), 0) << err_;
    EXPECT_THAT(err_, HasSubstr("wrote 60 in ")) << "afresh each time";
    EXPECT_THAT(err_, HasSubstr("60 events equal, no difference, complete"));
    EXPECT_THAT(err_, HasSubstr("try next:"));
  }
}

TEST_F(DemoTest, AFolderThatNoDemoMadeIsLeftAlone) {
  const std::string data = folder_ / "data";
  std::filesystem::create_directory(data);
  SmallDataset().Write(data);
  // A user's run in ./log, and the dataset in ./data: what --dir . would write over.
  ASSERT_EQ(Run({"replay", "--data", data, "--log", folder_ / "log"}), 0);
  EXPECT_EQ(Run({"demo", "--dir", folder_.path()}), 7);
  EXPECT_THAT(err_, HasSubstr("error: --dir: " + folder_.path() +
                              " is there and no demo made it; use another --dir\n"));
  EXPECT_EQ(Run({"verify", "--data", data, "--log", folder_ / "log", "--complete"}), 0);
}

TEST_F(DemoTest, ALogThatIsWrittenToIsLeftAlone) {
  const std::string data = folder_ / "data";
  const std::string demo = folder_ / "demo";
  std::filesystem::create_directory(data);
  SmallDataset().Write(data);
  ASSERT_EQ(Run({"demo", "--data", data, "--dir", demo}), 0);
  const auto names = real_files_->List(demo + "/log/.locks");
  ASSERT_TRUE(names.has_value());
  ASSERT_FALSE(names->empty());
  const auto lock = real_files_->Lock(demo + "/log/.locks/" + names->front(), "process 12 on till");
  ASSERT_TRUE(lock.has_value());
  EXPECT_EQ(Run({"demo", "--data", data, "--dir", demo}), 7);
  EXPECT_THAT(err_, HasSubstr("held by process 12 on till; use another --dir, or stop it\n"));
}

TEST_F(DemoTest, AFileIsNoFolder) {
  const std::string path = folder_ / "file";
  ASSERT_TRUE(WriteFileAtomically(*real_files_, path, "x"));
  EXPECT_EQ(Run({"demo", "--dir", path}), 2);
  EXPECT_THAT(err_, HasSubstr("error: --dir: " + path + " is not a folder\n"));
}

// schema

TEST_F(AppTest, ALogThatIsNamedIsNoRegistryWhateverItsName) {
  for (const char* log : {"./tillstream-data", "other"}) {
    EXPECT_EQ(Run({"schema", "list", "--log", log, "--registry", "http://127.0.0.1:1"}), 2);
    EXPECT_EQ(err_, "error: --log, --registry: needed one of them\n");
  }
  ::setenv("SCHEMA_REGISTRY_URL", "http://127.0.0.1:1", 1);
  EXPECT_EQ(Run({"schema", "list", "--log", "./tillstream-data"}), 1);
  EXPECT_THAT(err_, HasSubstr("log ./tillstream-data: not there"));
  ::unsetenv("SCHEMA_REGISTRY_URL");
  EXPECT_EQ(Run({"schema", "list"}), 1);
  EXPECT_THAT(err_, HasSubstr("log ./tillstream-data: not there"));
}

}  // namespace
}  // namespace tillstream
