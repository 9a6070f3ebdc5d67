#include <gmock/gmock.h>

#include <cstdlib>
#include <utility>

#include "app/app_fixture.h"
#include "app/chart_style.h"

namespace tillstream {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

/// Two stores and three items over 100 days.
class ForecastShowTest : public AppTest {
 protected:
  ForecastShowTest() {
    small_.days = 100;
    small_.calendar_days = 128;
  }
  /// Of the stream of small_, which is written first.
  int Show(std::vector<std::string> options) {
    if (!std::exchange(is_streamed_, true)) {
      PutDataset(small_);
      EXPECT_EQ(Run({"replay", "--data", "data", "--log", "log", "-q"}), kExitDone) << err_;
    }
    options.insert(options.begin(), {"forecast", "show", "--data", "data", "--log", "log"});
    return Run(options);
  }
  Json OutJson() const {
    Result<Json> json = ParseJson(out_.substr(0, out_.find('\n')));
    TILLSTREAM_CHECK_MSG(json.has_value(), out_);
    return *json;
  }

  SmallDataset small_;
  bool is_streamed_ = false;
};

TEST_F(ForecastShowTest, AChartOfAll) {
  ASSERT_EQ(Show({"--ascii"}), kExitDone) << err_;
  EXPECT_THAT(out_, StartsWith("all items, all stores: units a day\n"
                               "Sold 2011-03-"));
  EXPECT_THAT(out_, HasSubstr("as of d_100"));
  EXPECT_THAT(out_, HasSubstr("\nweekday "));
}

TEST_F(ForecastShowTest, PastDaysAreThoseOfTheStream) {
  ASSERT_EQ(Show({"--item", "FOODS_1_002", "--store", "TX_1", "--past", "9", "--json"}), kExitDone)
      << err_;
  const Json view = OutJson();
  ASSERT_EQ(view["past"].size(), 9U);
  for (size_t t = 0; t < 9; ++t) {
    EXPECT_EQ(view["past"][t]["units"], small_.UnitsOf(1, 1, 92 + static_cast<int32_t>(t)));
  }
  EXPECT_EQ(view["past"][8]["date"], "2011-05-08");
  EXPECT_EQ(view["forecast"][0]["date"], "2011-05-09");
  EXPECT_EQ(view["forecast"].size(), 28U);
}

TEST_F(ForecastShowTest, AnEmptyShelfIsNoMeasureOfDemand) {
  for (int32_t day = 1; day <= 100; ++day) {
    small_.cells[{"CA_1", "FOODS_1_001", day}] = day > 60 && day <= 72 ? 0 : 3;
  }
  ASSERT_EQ(Show({"--item", "FOODS_1_001", "--store", "CA_1", "--json"}), kExitDone) << err_;
  EXPECT_EQ(OutJson()["notes"][0],
            "sales are not demand: nothing was sold on the 12 days from 2011-03-30 to 2011-04-10, "
            "where 36 units would be usual; it may have been out of stock");
  ASSERT_EQ(Show({"--json"}), kExitDone) << err_;
  EXPECT_THAT(OutJson()["notes"][0].get<std::string>(),
              StartsWith("sales are not demand: in the last 100 days 1 of 6 series sold nothing"));
  ASSERT_EQ(Show({"--item", "FOODS_1_001", "--store", "TX_1", "--json"}), kExitDone) << err_;
  EXPECT_EQ(OutJson()["notes"].size(), 0U);
}

TEST_F(ForecastShowTest, TheSvgIsWrittenBesideTheChart) {
  ASSERT_EQ(Show({"--svg", "data/f.svg"}), kExitDone) << err_;
  EXPECT_THAT(files_.Contents().at("data/f.svg"), StartsWith("<svg xmlns="));
  EXPECT_THAT(err_, HasSubstr("target: file data/f.svg\n"));
  EXPECT_THAT(out_, HasSubstr("units a day"));
}

TEST_F(ForecastShowTest, WrongIdsAreRefusedBeforeAnythingIsWritten) {
  EXPECT_EQ(Show({"--store", "CA_2", "--svg", "f.svg"}), kExitUsage);
  EXPECT_THAT(err_, HasSubstr("error: --store: there is no store \"CA_2\"; did you mean CA_1\n"));
  EXPECT_FALSE(files_.Contents().contains("f.svg"));
  EXPECT_EQ(Show({"--store", "CA_1", "--state", "CA"}), kExitUsage);
  EXPECT_EQ(err_, "error: --state: a store lies in one state; leave it out\n");
}

/// The environment that StyleOf() looks at, given back at the end.
class ChartStyleTest : public testing::Test {
 protected:
  ChartStyleTest() {
    for (const char* const name : kNames) {
      const char* const value = std::getenv(name);
      before_.emplace_back(name, value == nullptr ? "" : value);
      ::unsetenv(name);
    }
  }
  ~ChartStyleTest() override {
    for (const auto& [name, value] : before_) {
      value.empty() ? ::unsetenv(name) : ::setenv(name, value.c_str(), 1);
    }
  }
  static ChartStyle Style() {
    const CapturedFile file;
    return StyleOf(Output(file.fd()));
  }

  static constexpr const char* kNames[] = {"LC_ALL", "LC_CTYPE", "LANG", "COLUMNS", "TERM"};
  std::vector<std::pair<const char*, std::string>> before_;
};

TEST_F(ChartStyleTest, TheFirstLocaleThatIsSetDecides) {
  EXPECT_FALSE(Style().is_unicode);
  ::setenv("LANG", "de_DE.utf8", 1);
  EXPECT_TRUE(Style().is_unicode);
  ::setenv("LC_CTYPE", "", 1);
  EXPECT_TRUE(Style().is_unicode);
  ::setenv("LC_ALL", "C", 1);
  EXPECT_FALSE(Style().is_unicode);
}

TEST_F(ChartStyleTest, ColumnsAndColourWhereThereIsNoTerminal) {
  EXPECT_EQ(Style().columns, 80);
  EXPECT_FALSE(Style().has_color);
  ::setenv("COLUMNS", "132", 1);
  EXPECT_EQ(Style().columns, 132);
  ::setenv("COLUMNS", "5", 1);
  EXPECT_EQ(Style().columns, kChartColumnsMin);
  for (const char* const text : {"wide", "-3", "80x", "99999999999"}) {
    ::setenv("COLUMNS", text, 1);
    EXPECT_EQ(Style().columns, 80) << text;
  }
}

}  // namespace
}  // namespace tillstream
