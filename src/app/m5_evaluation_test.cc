// Golden values on the real files, when they are there: TILLSTREAM_M5_DIR, or ../shared/data/m5
// beside the source. Not under a sanitizer, where it takes minutes.

#include <gmock/gmock.h>

#include <cstdlib>

#include "app/evaluation.h"
#include "app/model_list.h"
#include "app/sales_panel.h"
#include "base/check.h"
#include "base/clock.h"
#include "forecast/accuracy.h"

namespace tillstream {
namespace {

/// Levels in the order of weights_validation.csv, and the columns of the two parts of a node's
/// name.
double LargestWeightDifference(const std::string& text, const Hierarchy& hierarchy,
                               const std::vector<double>& weights) {
  std::map<std::string, double> official;
  size_t begin = text.find('\n') + 1;
  while (begin < text.size()) {
    const size_t end = text.find('\n', begin);
    std::vector<std::string> cells(1);
    for (const char c : text.substr(begin, end - begin)) {
      if (c == ',') {
        cells.emplace_back();
      } else if (c != '"' && c != '\r') {
        cells.back() += c;
      }
    }
    begin = end + 1;
    official[cells[0] + " " + cells[1] + "_" + cells[2]] = std::stod(cells[4]);
  }
  double largest = 0;
  size_t found = 0;
  for (int32_t node = 0; node < hierarchy.node_count(); ++node) {
    const auto weight =
        official.find(fmt::format("Level{} {}", hierarchy.LevelOf(node), hierarchy.NodeName(node)));
    if (weight == official.end()) continue;
    ++found;
    largest = std::max(largest, std::abs(weight->second - weights[static_cast<size_t>(node)]));
  }
  EXPECT_GT(found, 30'000U);
  return largest;
}

class M5EvaluationTest : public testing::Test {
 protected:
  void SetUp() override {
    const char* const from_environment = std::getenv("TILLSTREAM_M5_DIR");
    directory_ = from_environment != nullptr ? std::string(from_environment)
                                             : TILLSTREAM_SOURCE_DIR "/../shared/data/m5";
    if (std::getenv("TILLSTREAM_SANITIZER") != nullptr) GTEST_SKIP() << "takes too long";
    if (!files_->Info(directory_)) {
      GTEST_SKIP() << "the M5 files are not in " << directory_
                   << "; TILLSTREAM_M5_DIR names a folder";
    }
    FaultList faults;
    Result<Dataset> dataset = LoadDataset(*files_, directory_, {}, &faults);
    ASSERT_TRUE(dataset) << dataset.error().message;
    dataset_ = *std::move(dataset);
    if (dataset_.day_count < 1941) GTEST_SKIP() << "the files end before d_1941";
    panel_ = std::make_unique<SalesPanel>(dataset_, *ParseHolidayTable(kHolidaysJson));
  }

  std::map<std::string, Accuracy> ScoreFrom(Day origin, const std::vector<std::string>& names) {
    std::vector<std::unique_ptr<OnlineModel>> models;
    for (const std::string& name : names) {
      models.push_back(MakeModel(name, panel_->hierarchy(), panel_->known(), 2, origin - 28 - 364));
    }
    EvaluationObserver observer;
    observer.progress = [](Day) {};
    observer.is_stopped = [] { return false; };
    observer.forecast = [](const OnlineModel&, Day, std::span<const float>,
                           std::span<const float>) { return Ok(); };
    SystemClock clock;
    const auto results =
        Evaluate(panel_.get(), models, std::vector<Day>{origin}, {}, clock, observer);
    TILLSTREAM_CHECK(results.has_value());
    std::map<std::string, Accuracy> scores;
    for (const ModelResult& result : *results) scores[result.name] = result.origins[0].accuracy;
    return scores;
  }

  std::string directory_;
  const std::unique_ptr<FileSystem> files_ = MakePosixFileSystem();
  Dataset dataset_;
  std::unique_ptr<SalesPanel> panel_;
};

TEST_F(M5EvaluationTest, PublicWindowHasTheGoldenValues) {
  std::map<std::string, std::string> found;
  const auto scores = ScoreFrom(Day(1913), AllModelNames());
  for (const auto& [name, accuracy] : scores) {
    found[name] = fmt::format("{:.4f}", accuracy.wrmsse());
  }
  EXPECT_EQ(found["naive"], "1.4639");
  EXPECT_EQ(found["snaive"], "0.8697");
  EXPECT_EQ(found["ses"], "1.0721");
  EXPECT_EQ(found["croston"], "1.0566");
  EXPECT_EQ(found["mean4"], "0.7524");
  EXPECT_EQ(found["ana"], "0.7402");
  // The ladder's own, so that a change of theirs is seen.
  EXPECT_EQ(found["calendar"], "0.5445");
  EXPECT_EQ(found["reconciled"], "0.5523");
  EXPECT_EQ(found["pooled"], "0.5784");
  EXPECT_NEAR(scores.at("pooled").wspl(), .1497, .0002);
  // Of one window the aggregates say little; items are tens of thousands.
  for (size_t level = 9; level < kLevelCount; ++level) {
    const LevelAccuracy& of_level = scores.at("pooled").levels[level];
    EXPECT_NEAR(of_level.pit_coverage[0], .5, .04) << level;
    EXPECT_NEAR(of_level.pit_coverage[1], .67, .04) << level;
    EXPECT_NEAR(of_level.pit_coverage[2], .95, .04) << level;
    EXPECT_GT(of_level.coverage[0], of_level.pit_coverage[0]) << level;
  }
}

TEST_F(M5EvaluationTest, WeightsAreTheOfficialOnes) {
  const auto text = ReadFile(*files_, directory_ + "/weights_validation.csv");
  if (!text) GTEST_SKIP() << "weights_validation.csv is not there";
  AccuracyScales scales(panel_->hierarchy());
  std::vector<float> units(static_cast<size_t>(panel_->hierarchy().series_count()));
  std::vector<float> revenue(units.size());
  for (Day day(1); day.value() <= 1913; ++day) {
    panel_->CopyDay(day, units, revenue);
    scales.Advance(units, revenue);
  }
  EXPECT_LT(LargestWeightDifference(*text, panel_->hierarchy(), scales.Now().weights), 1e-7);
}

}  // namespace
}  // namespace tillstream
