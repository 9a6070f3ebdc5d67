#include "parquet/parquet_sink.h"

#include <gmock/gmock.h>

#include <set>

#include "consume/consume_fixture.h"
#include "consume/consumer.h"
#include "testing/faulty_file_system.h"

namespace tillstream {
namespace {

using testing::HasSubstr;

constexpr const char* kFolder = "out";

/// Two stores, 3 events a day, from 2011-01-29: days 1 to 3 are January, 4 to 31 February.
class ParquetSinkTest : public StreamTest {
 protected:
  ParquetSinkTest() {
    SmallDataset small;
    small.days = 36;
    dataset_ = LoadSmall(small);
    options_.folder = kFolder;
    options_.holder = "test";
    options_.stream = {"sales", "a run"};
    files_ = std::make_unique<FaultyFileSystem>();
  }

  void WriteDays(Day from, Day to) {
    for (int32_t partition = 0; partition < 2; ++partition) {
      const auto store = static_cast<size_t>(partition);
      Write("sales", partition, EventsOf(dataset_, store, from, to));
      Write("sales-days", partition, TotalsOf(dataset_, store, from, to));
    }
  }

  /// Reads to the end; where `finish`, closes the folder too.
  Status Consume(bool finish = true) {
    TILLSTREAM_ASSIGN(const auto sink, ParquetSink::Open(*files_, options_));
    ConsumeOptions options;
    options.topics = {"sales", "sales-days"};
    options.stop_at_end = true;
    Consumer consumer(*log_, *registry_, clock_, *sink, sink.get(), options,
                      [](const std::string&) {});
    Status consumed = consumer.Run({});
    // As the command does, whatever has failed.
    if (finish) {
      const Status finished = sink->Finish();
      if (consumed) consumed = finished;
    }
    kept_ = sink->kept();
    remarks_ = sink->Remarks();
    return consumed;
  }

  /// What a reader of the folder sees.
  std::map<std::string, std::string> Published() const {
    std::map<std::string, std::string> published;
    for (const auto& [path, content] : files_->Contents()) {
      if (path.starts_with("out/store_id=")) published[path.substr(4)] = content;
    }
    return published;
  }
  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    for (const auto& [path, unused] : Published()) names.push_back(path);
    return names;
  }

  Dataset dataset_;
  ParquetSinkOptions options_;
  std::unique_ptr<FaultyFileSystem> files_;
  TableCounts kept_;
  std::vector<std::string> remarks_;
};

TEST_F(ParquetSinkTest, MonthsThatAreOverAreFilesAndTheRestFollowsAtTheEnd) {
  WriteDays(Day(1), Day(11));
  ASSERT_TRUE(Consume(false).has_value());
  EXPECT_THAT(Names(), testing::ElementsAre("store_id=CA_1/month=2011-01/d_1-d_3.parquet",
                                            "store_id=TX_1/month=2011-01/d_1-d_3.parquet"));
  EXPECT_EQ(kept_.sales, 2 * 3 * 3);
  EXPECT_EQ(kept_.store_days, 2 * 3);
  EXPECT_THAT(remarks_, testing::ElementsAre(HasSubstr("42 events are of days that are not")));
  ASSERT_TRUE(Consume().has_value());
  EXPECT_EQ(kept_.sales, 2 * 3 * 7);
  EXPECT_THAT(Names(), testing::ElementsAre("store_id=CA_1/month=2011-01/d_1-d_3.parquet",
                                            "store_id=CA_1/month=2011-02/d_4-d_10.parquet",
                                            "store_id=TX_1/month=2011-01/d_1-d_3.parquet",
                                            "store_id=TX_1/month=2011-02/d_4-d_10.parquet"));
  EXPECT_TRUE(remarks_.empty());
}

TEST_F(ParquetSinkTest, TheNextStartGoesOnAndPublishesNothingTwice) {
  WriteDays(Day(1), Day(6));
  ASSERT_TRUE(Consume().has_value());
  const auto before = Published();
  ASSERT_TRUE(Consume().has_value());
  EXPECT_EQ(kept_.sales, 0);
  EXPECT_EQ(Published(), before);
  WriteDays(Day(6), Day(9));
  ASSERT_TRUE(Consume().has_value());
  EXPECT_EQ(kept_.sales, 2 * 3 * 3);
  auto after = Published();
  EXPECT_EQ(after.size(), before.size() + 2);
  for (const auto& [path, content] : before) EXPECT_EQ(after[path], content);
  EXPECT_TRUE(after.contains("store_id=CA_1/month=2011-02/d_6-d_8.parquet"));
}

TEST_F(ParquetSinkTest, ADayWithoutItsTotalWaits) {
  Write("sales", 0, EventsOf(dataset_, 0, Day(1), Day(3)));
  Write("sales-days", 0, TotalsOf(dataset_, 0, Day(1), Day(2)));
  ASSERT_TRUE(Consume().has_value());
  EXPECT_THAT(Names(), testing::ElementsAre("store_id=CA_1/month=2011-01/d_1-d_1.parquet"));
  EXPECT_THAT(remarks_, testing::ElementsAre(
                            "3 events are of days that are not closed, as CA_1 d_2: not published, "
                            "and read again at the next start"));
  Write("sales-days", 0, TotalsOf(dataset_, 0, Day(2), Day(3)));
  ASSERT_TRUE(Consume().has_value());
  EXPECT_EQ(kept_.sales, 3);
}

TEST_F(ParquetSinkTest, WhatComesForAPublishedDayIsLeftOutAndSaid) {
  WriteDays(Day(1), Day(3));
  ASSERT_TRUE(Consume().has_value());
  const auto before = Published();
  Write("sales", 0, EventsOf(dataset_, 0, Day(1), Day(2)));
  Write("sales-days", 0, TotalsOf(dataset_, 0, Day(1), Day(2)));
  ASSERT_TRUE(Consume().has_value());
  EXPECT_EQ(Published(), before);
  EXPECT_THAT(remarks_,
              testing::ElementsAre("3 events and 1 end-of-day totals came for days that were "
                                   "published already: left out"));
}

TEST_F(ParquetSinkTest, ADayThatDoesNotAddUpStopsBeforeIt) {
  auto records = EventsOf(dataset_, 0, Day(1), Day(2));
  records[1].value = Framed(
      SalesRecord{"FOODS_1_002", "FOODS_1", "FOODS", "CA_1", "CA", Day(1), 77, std::nullopt});
  Write("sales", 0, records);
  Write("sales-days", 0, TotalsOf(dataset_, 0, Day(1), Day(2)));
  const Status consumed = Consume();
  ASSERT_FALSE(consumed.has_value());
  EXPECT_EQ(consumed.error().code, ErrorCode::kFailed);
  EXPECT_THAT(consumed.error().message, HasSubstr("sales-days-0 offset 0: d_1: 3 events with "));
  EXPECT_TRUE(Published().empty());
}

TEST_F(ParquetSinkTest, ATextThatIsNotUtf8IsCorrupt) {
  Write("sales", 0,
        {{"k", Framed(SalesRecord{"A\xFF", "D", "C", "CA_1", "CA", Day(1), 0, std::nullopt}),
          Timestamp(0)}});
  EXPECT_EQ(
      Consume().error().message,
      "sales-0 offset 0: item_id: \"A\\xFF\" is not UTF-8; --on-error skip goes on behind it");
}

TEST_F(ParquetSinkTest, AStoreThatIsNoFoldersNameIsCorrupt) {
  Write("sales", 0,
        {{"k", Framed(SalesRecord{"A", "D", "C", "../x", "CA", Day(1), 0, std::nullopt}),
          Timestamp(0)}});
  EXPECT_EQ(
      Consume().error().message,
      "sales-0 offset 0: store_id: \"../x\" cannot be a folder's name; --on-error skip goes on "
      "behind it");
}

TEST_F(ParquetSinkTest, DaysThatNeverCloseDoNotFillTheMemory) {
  options_.open_rows_max = 8;
  WriteDays(Day(1), Day(3));
  ASSERT_TRUE(Consume().has_value());
  Write("sales", 0, EventsOf(dataset_, 0, Day(3), Day(20)));
  const Status consumed = Consume();
  ASSERT_FALSE(consumed.has_value());
  EXPECT_EQ(consumed.error().message,
            "parquet: out: 17 events are of days without an end-of-day total, at most 16 can wait; "
            "tillstream verify says what is missing");
}

TEST_F(ParquetSinkTest, MoreThanMayWaitIsPublishedBeforeTheMonthIsOver) {
  options_.open_rows_max = 30;
  WriteDays(Day(4), Day(32));
  ASSERT_TRUE(Consume().has_value());
  EXPECT_EQ(kept_.sales, 2 * 3 * 28);
  EXPECT_GT(Published().size(), 2U);
}

TEST_F(ParquetSinkTest, WhatIsNotOursIsRefused) {
  WriteDays(Day(1), Day(3));
  ASSERT_TRUE(Consume().has_value());
  const auto refused = [&](const char* text) {
    const auto opened = ParquetSink::Open(*files_, options_);
    ASSERT_FALSE(opened.has_value()) << text;
    EXPECT_EQ(opened.error().code, ErrorCode::kRefused);
    EXPECT_THAT(opened.error().message, HasSubstr(text));
  };
  options_.stream.run = "another";
  refused("out: holds the run a run, found another; give another folder");
  options_.stream = {"shop", "a run"};
  refused("out: holds topic \"sales\", found \"shop\"; give another folder");
  options_.stream.topic = "sales";
  const auto first = ParquetSink::Open(*files_, options_);
  ASSERT_TRUE(first.has_value());
  options_.holder = "second";
  refused("out: test writes there; end that first");
  options_.folder = "other";
  files_->SetContent("other/report.csv", "x");
  refused("other: has \"report.csv\", and no manifest of tillstream; give an empty folder");
}

TEST_F(ParquetSinkTest, APublishedFileThatIsGoneOrShorterIsCorrupt) {
  WriteDays(Day(1), Day(3));
  ASSERT_TRUE(Consume().has_value());
  const std::string path = "out/store_id=CA_1/month=2011-01/d_1-d_2.parquet";
  auto contents = files_->Contents();
  ASSERT_TRUE(contents.contains(path));
  const std::string whole = contents[path];
  files_->SetContent(path, whole.substr(1));
  EXPECT_EQ(Consume().error().code, ErrorCode::kCorrupt);
  contents.erase(path);
  files_->SetContents(contents);
  EXPECT_EQ(Consume().error().message,
            "parquet: out: the manifest names store_id=CA_1/month=2011-01/d_1-d_2.parquet, which "
            "is not there; put it back, or begin again in an empty folder");
}

TEST_F(ParquetSinkTest, ADamagedManifestIsCorrupt) {
  WriteDays(Day(1), Day(3));
  ASSERT_TRUE(Consume().has_value());
  const std::string path = "out/_tillstream/manifest.json";
  const std::string whole = files_->Contents()[path];
  for (size_t size = 0; size + 2 < whole.size(); size += 7) {
    files_->SetContent(path, whole.substr(0, size));
    const Status consumed = Consume();
    ASSERT_FALSE(consumed.has_value()) << size;
    EXPECT_EQ(consumed.error().code, ErrorCode::kCorrupt) << consumed.error().message;
  }
}

/// What is published of the same stream, wherever the writing was interrupted.
class ParquetCrashTest : public ParquetSinkTest {
 protected:
  ParquetCrashTest() {
    WriteDays(Day(1), Day(37));
    TILLSTREAM_CHECK(Consume().has_value());
    oracle_ = Published();
    operations_ = files_->operation_count();
    TILLSTREAM_CHECK(oracle_.size() == 6);
  }

  /// Whatever stands there under a file's name is that file, as a whole.
  void ExpectNoHalfFiles(const std::string& what) const {
    for (const auto& [path, content] : Published()) {
      ASSERT_TRUE(oracle_.contains(path)) << what << ": " << path;
      EXPECT_EQ(content, oracle_.at(path)) << what << ": " << path;
    }
  }

  std::map<std::string, std::string> oracle_;
  int64_t operations_ = 0;
};

TEST_F(ParquetCrashTest, AfterAPowerCutAtAnyOperationEveryRowIsThereOnce) {
  ASSERT_GT(operations_, 40);
  for (const Survival survival :
       {Survival::kNothing, Survival::kAll, Survival::kSome, Survival::kSomeZero}) {
    for (int64_t n = 0; n < operations_; ++n) {
      const std::string what =
          fmt::format("cut before operation {}, survival {}", n, static_cast<int>(survival));
      files_ = std::make_unique<FaultyFileSystem>();
      files_->TurnOffBefore(n);
      EXPECT_FALSE(Consume().has_value()) << what;
      files_->PowerCut(survival, static_cast<uint64_t>(n));
      ExpectNoHalfFiles(what);
      const Status consumed = Consume();
      ASSERT_TRUE(consumed.has_value()) << what << ": " << consumed.error().message;
      ASSERT_EQ(Published(), oracle_) << what;
    }
  }
}

TEST_F(ParquetCrashTest, AfterAFailureOfAnyOperationTheNextStartEndsTheSame) {
  for (int64_t n = 0; n < operations_; ++n) {
    files_ = std::make_unique<FaultyFileSystem>();
    files_->FailNth(
        {FileOperation::kCreate, FileOperation::kWrite, FileOperation::kSync,
         FileOperation::kRename, FileOperation::kMakeDirectory, FileOperation::kSyncDirectory},
        n, "no space left on device");
    const Status failed = Consume();
    if (!files_->failed()) {
      EXPECT_TRUE(failed.has_value());
      break;
    }
    ASSERT_FALSE(failed.has_value()) << n;
    EXPECT_EQ(failed.error().code, ErrorCode::kIoError) << failed.error().message;
    EXPECT_THAT(failed.error().message, HasSubstr("no space left on device"));
    ExpectNoHalfFiles(fmt::format("failure of operation {}", n));
    const Status consumed = Consume();
    ASSERT_TRUE(consumed.has_value()) << n << ": " << consumed.error().message;
    ASSERT_EQ(Published(), oracle_) << n;
  }
}

}  // namespace
}  // namespace tillstream
