#include <gmock/gmock.h>

#include "app/app_fixture.h"

namespace tillstream {
namespace {

using testing::HasSubstr;

/// A dataset of 100 days with two stores and three items; d_72 is the last origin with a score.
class EvaluateCommandTest : public AppTest {
 protected:
  EvaluateCommandTest() {
    small_.days = 100;
    small_.calendar_days = 128;
    PutDataset(small_);
  }
  int Evaluate(std::vector<std::string> options) {
    options.insert(options.begin(), {"evaluate", "--data", "data"});
    return Run(options);
  }
  Json Models() const {
    Result<Json> json = ParseJson(out_.substr(0, out_.find('\n')));
    TILLSTREAM_CHECK_MSG(json.has_value(), out_);
    return (*json)["models"];
  }
  void Put(const std::string& path, const std::string& text) { files_.SetContent(path, text); }

  SmallDataset small_;
};

TEST_F(EvaluateCommandTest, EveryModelOriginAndLevelIsScored) {
  ASSERT_EQ(Evaluate({"--json"}), kExitDone) << err_;
  const Json models = Models();
  std::vector<std::string> names;
  for (const Json& model : models) {
    names.push_back(model["model"]);
    ASSERT_EQ(model["origins"].size(), 3U);  // d_16, d_44, d_72.
    for (const Json& origin : model["origins"]) {
      EXPECT_EQ(origin["scored"], true);
      EXPECT_EQ(origin["levels"].size(), 12U);
      EXPECT_TRUE(origin["wrmsse"].is_number()) << origin.dump();
    }
    EXPECT_TRUE(model["wrmsse"]["mean"].is_number());
  }
  EXPECT_THAT(names, testing::ElementsAre("naive", "snaive", "mean4", "ma28", "ses", "croston",
                                          "ana", "calendar", "reconciled", "pooled"));
  EXPECT_EQ(models[0]["value_added"], nullptr);
  EXPECT_TRUE(models[1]["value_added"].is_number());
  EXPECT_TRUE(models[9]["wspl"].is_number());
  EXPECT_EQ(models[9]["origins"][2]["window"], "d_73..d_100 (2011-04-11 to 2011-05-08)");
}

TEST_F(EvaluateCommandTest, TablesForPeople) {
  ASSERT_EQ(Evaluate({"--models", "snaive,pooled", "--detail"}), kExitDone) << err_;
  EXPECT_THAT(out_, HasSubstr("Over 3 origins: WRMSSE"));
  EXPECT_THAT(out_, HasSubstr("d_73..d_100 (2011-04-11 to 2011-05-08)"));
  EXPECT_THAT(out_, HasSubstr("12 item x store"));
  EXPECT_THAT(out_, HasSubstr("pooled: quantiles by level"));
  EXPECT_EQ(std::count(out_.begin(), out_.end(), '%') > 2 * 3 * 12, true);
}

TEST_F(EvaluateCommandTest, AnOriginWithoutItsDaysIsForecastAndNotScored) {
  ASSERT_EQ(Evaluate({"--models", "pooled", "--origins", "72,d_100"}), kExitDone) << err_;
  EXPECT_THAT(out_, HasSubstr("Over 1 origin: "));
  EXPECT_THAT(out_,
              HasSubstr("no score: d_101..d_128 (2011-05-09 to 2011-06-05) is not in the data"));
  ASSERT_EQ(Evaluate({"--models", "pooled", "--origins", "100", "--json"}), kExitDone) << err_;
  EXPECT_EQ(Models()[0]["origins"][0]["scored"], false);
}

TEST_F(EvaluateCommandTest, OnAnyNumberOfThreadsTheSame) {
  ASSERT_EQ(Evaluate({"--models", "pooled", "--threads", "1"}), kExitDone);
  const std::string alone = out_;
  ASSERT_EQ(Evaluate({"--models", "pooled", "--threads", "7"}), kExitDone);
  EXPECT_EQ(out_, alone);
}

TEST_F(EvaluateCommandTest, ASubmissionIsScoredAsTheModelThatWroteIt) {
  ASSERT_EQ(Evaluate({"--submission", "s.csv", "--uncertainty", "u.csv", "--origins", "72,100",
                      "--json"}),
            kExitDone)
      << err_;
  const Json written = Models()[0]["origins"][0];
  EXPECT_THAT(files_.Contents().at("s.csv"),
              testing::StartsWith("id,F1,F2,F3,F4,F5,F6,F7,F8,F9,F10,F11,F12,F13,F14,F15,F16,F17,"
                                  "F18,F19,F20,F21,F22,F23,F24,F25,F26,F27,F28\n"
                                  "FOODS_1_001_CA_1_validation,"));
  const std::string means = files_.Contents().at("s.csv");
  EXPECT_EQ(std::count(means.begin(), means.end(), '\n'), 1 + 2 * 6);
  const std::string quantiles = files_.Contents().at("u.csv");
  EXPECT_THAT(quantiles, HasSubstr("\nTotal_X_0.005_validation,"));
  EXPECT_THAT(quantiles, HasSubstr("\nFOODS_1_001_CA_1_0.995_evaluation,"));

  ASSERT_EQ(
      Evaluate({"--score", "s.csv", "--actuals", "data/sales_train_evaluation.csv", "--json"}),
      kExitDone)
      << err_;
  const Json scored = Models()[0]["origins"][0];
  EXPECT_EQ(scored["window"], written["window"]);
  EXPECT_NEAR(scored["wrmsse"].get<double>(), written["wrmsse"].get<double>(), 1e-4);
  ASSERT_EQ(
      Evaluate({"--score", "u.csv", "--actuals", "data/sales_train_evaluation.csv", "--json"}),
      kExitDone)
      << err_;
  EXPECT_NEAR(Models()[0]["origins"][0]["wspl"].get<double>(), written["wspl"].get<double>(), 1e-4);
}

TEST_F(EvaluateCommandTest, ActualsMayBeDaysThatTheDatasetDoesNotHave) {
  ASSERT_EQ(Evaluate({"--submission", "s.csv"}), kExitDone) << err_;
  small_.days = 128;
  PutDataset(small_, "later");
  ASSERT_EQ(Evaluate({"--score", "s.csv", "--actuals", "later/sales_train_evaluation.csv"}),
            kExitDone)
      << err_;
  EXPECT_THAT(out_, HasSubstr("d_73..d_100 (2011-04-11 to 2011-05-08)"));
  EXPECT_THAT(out_, HasSubstr("d_101..d_128 (2011-05-09 to 2011-06-05)"));
  EXPECT_THAT(out_, HasSubstr("Over 2 origins: "));
}

TEST_F(EvaluateCommandTest, WrongCommandLinesAreRefused) {
  const auto error_of = [&](const std::vector<std::string>& options) {
    EXPECT_EQ(Evaluate(options), kExitUsage);
    return err_;
  };
  EXPECT_EQ(error_of({"--origins", "x"}),
            "error: --origins: \"x\" is not a day; write 1913 or d_1913\n");
  EXPECT_EQ(error_of({"--origins", "101"}),
            "error: --origins: d_101 lies after the last day of sales, d_100\n");
  EXPECT_EQ(error_of({"--models", "polled"}),
            "error: --models: \"polled\" is no model; did you mean pooled?; there are all, naive, "
            "snaive, mean4, ma28, ses, croston, ana, calendar, reconciled, pooled\n");
  EXPECT_EQ(error_of({"--uncertainty", "u.csv", "--models", "ana"}),
            "error: --uncertainty: model ana has no quantiles; pooled has\n");
  EXPECT_EQ(error_of({"--score", "s.csv"}), "error: --score: needs --actuals too\n");
  EXPECT_EQ(error_of({"--actuals", "s.csv"}), "error: --actuals: needs --score too\n");
  EXPECT_EQ(error_of({"--score", "s.csv", "--actuals", "a.csv", "--models", "ana"}),
            "error: --score: the file has its models and origins; leave out --models, --origins, "
            "--submission and --uncertainty\n");
}

TEST_F(EvaluateCommandTest, WrongFilesAreNamedWithTheirLine) {
  ASSERT_EQ(Evaluate({"--submission", "s.csv"}), kExitDone) << err_;
  const std::string right = files_.Contents().at("s.csv");
  const auto error_with = [&](const std::string& text, const std::string& actuals) {
    Put("t.csv", text);
    EXPECT_EQ(Evaluate({"--score", "t.csv", "--actuals", actuals}), kExitBadInput);
    return err_;
  };
  const std::string actuals = "data/sales_train_evaluation.csv";
  EXPECT_EQ(error_with("id,F1\n", actuals),
            "error: t.csv:1: expected the columns id,F1,...,F28, found \"id,F1\"\n");
  const std::string first_line = right.substr(0, right.find('\n') + 1);
  EXPECT_EQ(error_with(first_line, actuals),
            "error: t.csv: expected rows after the header, found none\n");
  const size_t last_line = right.rfind('\n', right.size() - 2) + 1;
  EXPECT_EQ(error_with(right.substr(0, last_line), actuals),
            "error: t.csv: expected 6 rows ending in _evaluation, found 5\n");
  EXPECT_EQ(error_with(right + right.substr(last_line), actuals),
            "error: t.csv:14: \"HOBBIES_1_001_TX_1_evaluation\" is there twice\n");
  std::string renamed = right;
  renamed.replace(renamed.find("FOODS_1_001"), 11, "FOODS_9_001");
  EXPECT_EQ(error_with(renamed, actuals),
            "error: t.csv:2: expected a series of the dataset, found "
            "\"FOODS_9_001_CA_1_validation\"\n");
  std::string word = right;
  const size_t comma = word.find("validation,") + 11;
  word.replace(comma, word.find(',', comma) - comma, "nan");
  EXPECT_EQ(error_with(word, actuals),
            "error: t.csv:2: column F1: expected a number, found \"nan\"\n");
  Put("a.csv", "id,d_1\nFOODS_1_001_CA_1_evaluation,3\n");
  EXPECT_EQ(error_with(right, "a.csv"),
            "error: a.csv:1: expected columns d_73 to d_100 or d_101 to d_128, found neither\n");
}

TEST_F(EvaluateCommandTest, AnotherRetailersHolidays) {
  Put("holidays.json", R"({"closed_dates": ["04-20"]})");
  ASSERT_EQ(Evaluate({"--holidays", "holidays.json", "--submission", "s.csv"}), kExitDone) << err_;
  const std::string text = files_.Contents().at("s.csv");
  // The forecast from d_72 begins on 2011-04-11: its tenth number is of the closed day.
  size_t at = text.find("_validation");
  for (int k = 0; k < 10; ++k) at = text.find(',', at + 1);
  EXPECT_EQ(text.substr(at, 3), ",0,");
  Put("holidays.json", R"({"closed": []})");
  EXPECT_EQ(Evaluate({"--holidays", "holidays.json"}), kExitBadInput);
  EXPECT_EQ(err_, "error: holidays.json: \"closed\": no member of a table of holidays\n");
}

TEST_F(EvaluateCommandTest, AYoungDatasetIsForecastFromItsLastDay) {
  small_.days = 10;
  small_.calendar_days = 14;  // Not even the horizon.
  PutDataset(small_);
  ASSERT_EQ(Evaluate({}), kExitDone) << err_;
  EXPECT_EQ(out_, "no score: d_11..d_38 (2011-02-08 to 2011-03-07) is not in the data\n");
}

TEST_F(EvaluateCommandTest, WithoutPricesNothingHasAWeightAndAScore) {
  for (const std::string& store : small_.stores) {
    for (const std::string& item : small_.items) {
      for (int32_t week = 11101; week < 11120; ++week) small_.prices[{store, item, week}] = {};
    }
  }
  small_.prices.erase({"CA_1", "FOODS_1_001", 11101});  // A price file has at least one row.
  PutDataset(small_);
  ASSERT_EQ(Evaluate({"--json"}), kExitDone) << err_;
  for (const Json& model : Models()) {
    EXPECT_EQ(model["wrmsse"]["mean"], nullptr) << model.dump();
    EXPECT_TRUE(model["bias"]["mean"].is_number());
  }
}

}  // namespace
}  // namespace tillstream
