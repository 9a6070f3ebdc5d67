// The replay command from its words to its exit codes, on a file system in memory.
#include <gmock/gmock.h>

#include <algorithm>

#include "app/app_fixture.h"

namespace tillstream {
namespace {

using testing::HasSubstr;

TEST_F(ReplayCommandTest, StreamsSaysItsTargetFirstAndSumsUp) {
  EXPECT_EQ(Replay(), 0);
  EXPECT_EQ(out_, "");
  EXPECT_TRUE(err_.starts_with("target: log log, topic sales, codec zstd\n")) << err_;
  EXPECT_THAT(err_, HasSubstr("streaming 2 stores, 6 series, d_1 to d_10 (2011-01-29 to "
                              "2011-02-07): 60 events\n"));
  EXPECT_THAT(err_, HasSubstr("sales: 60 events durable, d_1 to d_10; wrote 60 in "));
  EXPECT_EQ(Verify({"--complete"}), 0);
}

TEST_F(ReplayCommandTest, TypedTwiceEverythingWasThereAlready) {
  ASSERT_EQ(Replay(), 0);
  const auto before = LogFiles();
  EXPECT_EQ(Replay(), 0);
  EXPECT_EQ(err_,
            "target: log log, topic sales, codec zstd\n"
            "sales: 60 events durable, d_1 to d_10; everything was there already\n");
  EXPECT_EQ(LogFiles(), before);
}

TEST_F(ReplayCommandTest, OptionsThatWouldHaveNoEffectAreRefused) {
  EXPECT_EQ(Replay({"--catch-up"}), 2);
  EXPECT_EQ(err_, "error: --catch-up: needs a --speed; at max there is no schedule to keep\n");
  EXPECT_EQ(Replay({"--give-up", "3"}), 2);
  EXPECT_EQ(err_, "error: --give-up: needs --processes\n");
  EXPECT_TRUE(LogFiles().empty());
}

TEST_F(ReplayCommandTest, QuietSaysNothing) {
  EXPECT_EQ(Replay({"-q"}), 0);
  EXPECT_EQ(err_, "");
  EXPECT_EQ(out_, "");
}

TEST_F(ReplayCommandTest, VerboseSaysWhatIsDurable) {
  EXPECT_EQ(Replay({"-v"}), 0);
  EXPECT_THAT(err_, HasSubstr("durable: CA_1 position 30\n"));
  EXPECT_THAT(err_, HasSubstr("durable: TX_1 position 30\n"));
}

TEST_F(ReplayCommandTest, JsonIsTheSummaryOnOneLine) {
  EXPECT_EQ(Replay({"--json", "--to", "d_4"}), 0);
  const Json json = OutJson();
  EXPECT_EQ(std::count(out_.begin(), out_.end(), '\n'), 1);
  EXPECT_EQ(json["topic"], "sales");
  EXPECT_EQ(json["log"], "log");
  EXPECT_EQ(json["succeeded"], true);
  EXPECT_EQ(json["done"], true);
  EXPECT_EQ(json["events_durable"], 18);
  EXPECT_EQ(json["events_written"], 18);
  ASSERT_EQ(json["stores"].size(), 2U);
  EXPECT_EQ(json["stores"][1]["store"], "TX_1");
  EXPECT_EQ(json["stores"][1]["next_day"], 4);
  EXPECT_EQ(json["stores"][1]["durable"], 9);
}

TEST_F(ReplayCommandTest, GoesOnWhereItStopped) {
  ASSERT_EQ(Replay({"--to", "d_4"}), 0);
  EXPECT_EQ(Replay(), 0);
  EXPECT_THAT(err_, HasSubstr("going on at d_4 with 2 stores, 6 series, d_1 to d_10 (2011-01-29 to "
                              "2011-02-07): 42 of 60 events to go\n"));
  EXPECT_EQ(Verify({"--complete"}), 0);
}

TEST_F(ReplayCommandTest, AStopRequestLeavesItDurableAndSaysHowToGoOn) {
  stop_.request_stop();
  EXPECT_EQ(Replay(), 0);
  EXPECT_THAT(err_, HasSubstr("stopped at d_1"));
  EXPECT_THAT(err_, HasSubstr("the same command goes on from there\n"));
}

TEST_F(ReplayCommandTest, AStoreByItselfJoinsTheRun) {
  ASSERT_EQ(Replay({"--store", "TX_1"}), 0);
  EXPECT_EQ(Verify({"--store", "TX_1", "--complete"}), 0);
  EXPECT_EQ(Verify({"--complete"}), 1);
  ASSERT_EQ(Replay({"--store", "CA_1"}), 0);
  EXPECT_EQ(Verify({"--complete"}), 0);
  EXPECT_EQ(Replay({"--store", "CA1"}), 2);
  EXPECT_THAT(err_, HasSubstr("did you mean CA_1"));
}

TEST_F(ReplayCommandTest, AStoreByItselfSaysWhoseClockItFollows) {
  ASSERT_EQ(Replay({"--speed", "2d/s", "--to", "d_3"}), 0);
  EXPECT_THAT(err_, HasSubstr("replay lag: "));
  EXPECT_EQ(Replay({"--store", "TX_1", "--speed", "5d/s"}), 0);
  EXPECT_THAT(err_, HasSubstr("clock: joins the run's, which goes at 2d/s\n"));
}

TEST_F(ReplayCommandTest, WhatCannotBeRightIsRefusedBeforeAnythingIsTouched) {
  struct Case {
    std::vector<std::string> options;
    const char* message;
  };
  for (const Case& c :
       {Case{{"--speed", "2d"}, "--speed: \"2d\" is not a speed; write 2d/s, 3600x or max"},
        Case{{"--codec", "gzip"}, "--codec: \"gzip\" is not a codec; write none, lz4 or zstd"},
        Case{{"--sync", "1s"},
             "--sync: \"1s\" is not a size of at most 1024 GiB and a time of at most 1440 min; "
             "write "
             "16MiB,1s"},
        Case{{"--from", "1"}, "--from: \"1\" is not a day; write d_17 or 2011-02-14"},
        Case{{"--to", "x"}, "--to: \"x\" is not a day; write d_17 or 2011-02-14"},
        Case{{"-t", "a b"},
             "--topic: \"a b\" cannot be a topic; use letters, digits, '.', '_' and '-', at most "
             "244"},
        Case{{"-t", "_schemas"}, "--topic: \"_schemas\" holds the schemas; use another"}}) {
    EXPECT_EQ(Replay(c.options), 2);
    EXPECT_EQ(err_, std::string("error: ") + c.message + "\n");
  }
  EXPECT_TRUE(LogFiles().empty());
}

TEST_F(ReplayCommandTest, DaysOutsideTheDataAreRefused) {
  EXPECT_EQ(Replay({"--from", "d_11"}), 2);
  EXPECT_THAT(err_, HasSubstr("error: --from: \"d_11\" is outside d_1 to d_10 (2011-01-29 to "
                              "2011-02-07)\n"));
  EXPECT_EQ(Replay({"--to", "d_12"}), 2);
  EXPECT_EQ(Replay({"--from", "d_5", "--to", "d_4"}), 2);
  EXPECT_THAT(err_, HasSubstr("error: --to: lies before --from\n"));
  EXPECT_TRUE(LogFiles().empty());
}

TEST_F(ReplayCommandTest, BadDataIsExitThreeAndWritesNothing) {
  files_.SetContent("data/calendar.csv", "date,wm_yr_wk,d\n2011-01-29,11101,d_1\n");
  EXPECT_EQ(Replay(), 3);
  EXPECT_TRUE(LogFiles().empty());
}

TEST_F(ReplayCommandTest, AnotherRunsDataIsExitSeven) {
  ASSERT_EQ(Replay(), 0);
  const auto before = LogFiles();
  EXPECT_EQ(Replay({"--codec", "none"}), 7);
  EXPECT_THAT(err_,
              HasSubstr("error: run: began with --codec zstd, found none; use the options and "
                        "data that the run began with, or another --log or --topic\n"));
  EXPECT_EQ(Replay({"--from", "d_2"}), 7);
  SmallDataset other;
  other.cells[{"CA_1", "FOODS_1_001", 3}] = 77;
  PutDataset(other);
  EXPECT_EQ(Replay(), 7);
  EXPECT_THAT(err_, HasSubstr("store CA_1: d_3 (2011-01-31) differs"));
  EXPECT_EQ(LogFiles(), before);
}

TEST_F(ReplayCommandTest, DataWithMoreDaysGoesOn) {
  SmallDataset validation;
  validation.evaluation = false;
  PutDataset(validation);
  files_.SetContents([&] {
    auto files = files_.Contents();
    files.erase("data/sales_train_evaluation.csv");
    return files;
  }());
  ASSERT_EQ(Replay(), 0);
  SmallDataset evaluation;
  evaluation.days = 13;
  PutDataset(evaluation);
  EXPECT_EQ(Replay(), 0);
  EXPECT_THAT(err_, HasSubstr("going on at d_11"));
  EXPECT_EQ(Verify({"--complete"}), 0);
}

TEST_F(ReplayCommandTest, ATopicThatIsNoRunIsRefused) {
  ASSERT_EQ(Replay({"-t", "sales-days"}), 0);
  EXPECT_EQ(Replay(), 7) << "its totals would go among the events of that run";
  EXPECT_THAT(err_, HasSubstr("error: log log: topic \"sales-days\" is there without "
                              "sales.run.json, so it is no run of tillstream; use another --log or "
                              "--topic\n"));
  EXPECT_EQ(Replay({"-t", "other"}), 0) << "two runs may share a log";
}

TEST_F(ReplayCommandTest, AFailingDiskIsExitSixAndTheNextStartEndsAllTheSame) {
  ASSERT_EQ(Replay({"--threads", "1"}), 0);
  const auto whole = LogFiles();
  FaultyFileSystem healthy;
  for (int64_t n = 0; n < 40; n += 3) {
    auto only_data = files_.Contents();
    std::erase_if(only_data, [](const auto& file) { return !file.first.starts_with("data/"); });
    files_.SetContents(only_data);
    files_.FailNth({FileOperation::kWrite, FileOperation::kSync}, n, "no space left on device");
    const int code = Replay({"--threads", "1"});
    if (!files_.failed()) break;
    EXPECT_EQ(code, 6) << n << err_;
    EXPECT_THAT(err_, HasSubstr("no space left on device"));
    ASSERT_EQ(Replay({"--threads", "1"}), 0) << err_;
    EXPECT_EQ(LogFiles(), whole);
  }
}

TEST_F(ReplayCommandTest, RepairWritesDamagedBatchesAgain) {
  ASSERT_EQ(Replay({"--segment-bytes", "4096"}), 0);
  const auto whole = LogFiles();
  for (const auto& [path, content] : whole) {
    if (!path.ends_with(".log") || content.empty() || path.find("_schemas") != std::string::npos) {
      continue;
    }
    std::string damaged = content;
    damaged[damaged.size() / 2] = static_cast<char>(~damaged[damaged.size() / 2]);
    files_.SetContent(path, damaged);
    EXPECT_EQ(Run({"log", "verify", "--log", "log"}), 4);
    EXPECT_EQ(Replay({"--segment-bytes", "4096", "--repair"}), 0) << err_;
    EXPECT_THAT(err_, HasSubstr("repair: log: "));
    EXPECT_EQ(LogFiles(), whole) << path;
  }
}

TEST_F(ReplayCommandTest, RepairCutsWhatTheDataCannotMakeAgainAndGoesOn) {
  ASSERT_EQ(Replay(), 0);
  const auto whole = LogFiles();
  const std::string path = "log/sales-0/00000000000000000000.log";
  // A byte less in the middle: no batch of the data has that length. The totals are ahead then.
  std::string damaged = whole.at(path);
  damaged.erase(damaged.size() / 2, 1);
  files_.SetContent(path, damaged);
  EXPECT_EQ(Replay({"--repair"}), 0) << err_;
  EXPECT_EQ(LogFiles(), whole);
  EXPECT_EQ(Verify({"--complete"}), 0);
}

TEST_F(ReplayCommandTest, PositionsAreKafkas) {
  EXPECT_EQ(Replay({"--positions", "idempotent"}), 2);
  EXPECT_EQ(
      err_,
      "error: --positions: \"idempotent\": the embedded log is its own position; leave it out, "
      "or give -b\n");
  EXPECT_EQ(Replay({"--positions", "transaction"}), 0);
}

TEST_F(ReplayCommandTest, RepairCutsWhatIsBehindTheData) {
  ASSERT_EQ(Replay(), 0);
  const auto whole = LogFiles();
  const std::string path = "log/sales-0/00000000000000000000.log";
  // As long as a batch and none: there is no day to make it from.
  files_.SetContent(path, whole.at(path) + whole.at(path).substr(0, 600));
  EXPECT_EQ(Replay({"--repair"}), 0) << err_;
  EXPECT_EQ(LogFiles(), whole);
}

TEST_F(ReplayCommandTest, DaysOutsideTheDataAreOneLineWithTheRange) {
  const auto last_line = [this] { return err_.substr(err_.rfind("error: ")); };
  for (const char* day : {"d_11", "2011-02-08", "2011-01-28"}) {
    EXPECT_EQ(Replay({"--from", day}), 2);
    EXPECT_EQ(last_line(), fmt::format("error: --from: \"{}\" is outside d_1 to d_10 (2011-01-29 "
                                       "to 2011-02-07)\n",
                                       day));
  }
  for (const char* day : {"d_12", "2011-02-09", "2010-12-31"}) {
    EXPECT_EQ(Replay({"--to", day}), 2);
    EXPECT_EQ(last_line(), fmt::format("error: --to: \"{}\" is outside d_1 to d_11 (2011-01-29 to "
                                       "2011-02-08)\n",
                                       day));
  }
  EXPECT_EQ(Replay({"--from", "d_5", "--to", "2011-01-31"}), 2);
  EXPECT_EQ(last_line(), "error: --to: lies before --from\n");
  EXPECT_TRUE(LogFiles().empty());
}

TEST_F(ReplayCommandTest, FromAfterThePositionIsRefusedAndNothingIsWritten) {
  ASSERT_EQ(Replay({"--to", "2011-02-01"}), 0);
  const auto before = LogFiles();
  EXPECT_EQ(Replay({"--from", "2011-02-05"}), 7);
  EXPECT_EQ(err_.substr(err_.rfind("error: ")),
            "error: run: began with --from d_1, found d_8; use the options and data that the run "
            "began with, or another --log or --topic\n");
  EXPECT_EQ(LogFiles(), before);
  EXPECT_EQ(Verify({"--from", "2011-02-05"}), 0);
  EXPECT_THAT(err_, HasSubstr("warning: --from: d_8 lies after d_4, where store CA_1 stands; "
                              "nothing of it was compared\n"));
  EXPECT_THAT(err_, HasSubstr("sales: 0 events equal, no difference, stands at d_4 in "));
  EXPECT_EQ(Verify({"--from", "d_8", "--complete"}), 1);
}

}  // namespace
}  // namespace tillstream
