#include "forecast/baselines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "forecast/forecast_fixture.h"

namespace tillstream {
namespace {

using testing::Each;
using testing::FloatNear;

/// One series; the days that a test gives.
class BaselineTest : public testing::Test {
 protected:
  std::vector<float> After(const std::string& name, std::vector<float> days) {
    const Hierarchy hierarchy({{"A_1_1", "A_1", "A", "CA_1", "CA"}});
    const std::unique_ptr<OnlineModel> model = MakeBaseline(name, hierarchy);
    for (size_t t = 0; t < days.size(); ++t) {
      const DaySales day{Day(static_cast<int32_t>(t) + 1), std::span<const float>(&days[t], 1)};
      model->Advance({&day, 1});
    }
    std::vector<float> means(kHorizon);
    model->Forecast(means);
    return means;
  }
};

TEST_F(BaselineTest, NaiveRepeatsTheLastDay) { EXPECT_THAT(After("naive", {5, 1, 3}), Each(3)); }

TEST_F(BaselineTest, SeasonalNaiveRepeatsTheLastWeek) {
  const std::vector<float> means = After("snaive", {9, 1, 2, 3, 4, 5, 6, 7});
  for (size_t h = 0; h < kHorizon; ++h) EXPECT_EQ(means[h], static_cast<float>(1 + h % 7)) << h;
}

TEST_F(BaselineTest, MeanOfFourSameWeekdays) {
  std::vector<float> days(28, 0);
  for (size_t week = 0; week < 4; ++week) days[week * 7 + 2] = static_cast<float>(week + 1);
  const std::vector<float> means = After("mean4", days);
  for (size_t h = 0; h < kHorizon; ++h) EXPECT_EQ(means[h], h % 7 == 2 ? 2.5F : 0) << h;
}

TEST_F(BaselineTest, MovingMeanOf28Days) {
  std::vector<float> days(30, 2);
  days[0] = 1000;  // Too long ago.
  days[29] = 30;
  EXPECT_THAT(After("ma28", days), Each(3));
}

TEST_F(BaselineTest, CrostonSmoothsSizesAndIntervals) {
  // Sizes 2, 6: 2 + .1 (6 - 2). Intervals 1 (the first), 3: 1 + .1 (3 - 1).
  EXPECT_THAT(After("croston", {0, 0, 2, 0, 0, 6, 0}), Each(FloatNear(2.4F / 1.2F, 1e-6F)));
}

TEST_F(BaselineTest, SesTakesTheBestAlphaInItsRange) {
  // A rising series wants the largest alpha, .3; the level follows at that.
  std::vector<float> rising;
  double level = 1;
  for (int day = 1; day <= 60; ++day) {
    rising.push_back(static_cast<float>(day));
    if (day > 1) level += .3 * (day - level);
  }
  EXPECT_NEAR(After("ses", rising)[0], level, .01);
  // Alternating around a mean wants the smallest, .1.
  std::vector<float> alternating;
  level = 4;
  for (int day = 1; day <= 60; ++day) {
    const double y = day % 2 == 1 ? 4 : 6;
    alternating.push_back(static_cast<float>(y));
    if (day > 1) level += .1 * (y - level);
  }
  EXPECT_NEAR(After("ses", alternating)[0], level, .01);
}

TEST_F(BaselineTest, AnaBeginsAtTheFirstSale) {
  // First day: alpha 1, so the level is 8, and the week's part .01 x 8. Second: e = 2 - 8.
  const std::vector<float> means = After("ana", {0, 8, 2});
  const double level = 8 - .5 * 6;
  EXPECT_NEAR(means[0], level, 1e-5);
  EXPECT_NEAR(means[5], level + .08, 1e-5);  // The weekday of the first sale.
  EXPECT_NEAR(means[6], level - .06, 1e-5);
}

TEST_F(BaselineTest, WithoutASaleNothingIsForecast) {
  for (const std::string& name : BaselineNames()) {
    EXPECT_THAT(After(name, std::vector<float>(40, 0)), Each(0)) << name;
    EXPECT_THAT(After(name, {}), Each(0)) << name;
  }
}

TEST_F(BaselineTest, AnUnknownDayCountsAsTheOneAWeekBefore) {
  SmallPanel panel;
  panel.days = 30;
  panel.Make();
  std::vector<float> nonsense(panel.UnitsOf(1).size(), 1e6F);
  const std::vector<uint8_t> nothing_known(2, 0);
  for (const std::string& name : BaselineNames()) {
    const auto gap = MakeBaseline(name, *panel.hierarchy);
    const auto filled = MakeBaseline(name, *panel.hierarchy);
    for (const auto& model : {gap.get(), filled.get()}) model->Advance(panel.Days(1, 31));
    const DaySales unknown{Day(31), nonsense, nothing_known};
    const DaySales week_before{Day(31), panel.UnitsOf(24)};
    gap->Advance({&unknown, 1});
    filled->Advance({&week_before, 1});
    EXPECT_EQ(panel.Means(*gap), panel.Means(*filled)) << name;
  }
}

TEST_F(BaselineTest, AnotherNameIsNoBaseline) {
  const Hierarchy hierarchy({{"A_1_1", "A_1", "A", "CA_1", "CA"}});
  EXPECT_EQ(MakeBaseline("holt", hierarchy), nullptr);
}

}  // namespace
}  // namespace tillstream
