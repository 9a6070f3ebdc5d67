// Properties that hold for every model on whatever a retailer sells, and the documented behaviour
// at the edges.

#include "forecast/forecaster.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>

#include "forecast/accuracy.h"
#include "forecast/baselines.h"
#include "forecast/forecast_fixture.h"

namespace tillstream {
namespace {

using testing::Each;

std::vector<std::unique_ptr<OnlineModel>> AllModels(const SmallPanel& panel) {
  std::vector<std::unique_ptr<OnlineModel>> models;
  for (const std::string& name : BaselineNames()) {
    models.push_back(MakeBaseline(name, *panel.hierarchy));
  }
  for (const Rung rung : {Rung::kCalendar, Rung::kReconciled, Rung::kPooled}) {
    models.push_back(std::make_unique<CalendarModel>(rung, *panel.hierarchy, panel.known, 2));
  }
  models.push_back(std::make_unique<Forecaster>(*panel.hierarchy, panel.known, 2));
  return models;
}

TEST(ForecasterTest, ForecastsOfRandomPanelsAreSound) {
  const char* const seed_text = std::getenv("TILLSTREAM_SEED");
  const uint64_t seed =
      seed_text != nullptr ? std::strtoull(seed_text, nullptr, 10) : std::random_device()();
  SCOPED_TRACE(fmt::format("TILLSTREAM_SEED={}", seed));
  std::mt19937_64 random(seed);
  for (int round = 0; round < 8; ++round) {
    SmallPanel panel;
    panel.seed = random();
    panel.stores = 1 + static_cast<int32_t>(random() % 4);
    panel.items = 1 + static_cast<int32_t>(random() % 8);
    panel.days = 1 + static_cast<int32_t>(random() % 420);
    panel.calendar_days = static_cast<int32_t>(random() % 460);
    panel.mean = std::pow(10.0, static_cast<double>(random() % 60) / 10 - 2);
    panel.zero = static_cast<double>(random() % 3) / 2;
    panel.is_shuffled = random() % 2 == 0;
    panel.Make();
    for (const auto& model : AllModels(panel)) {
      ASSERT_NO_FATAL_FAILURE(ExpectSound(panel, *model));
      model->Advance(panel.Days(1, panel.days + 1));
      ASSERT_NO_FATAL_FAILURE(ExpectSound(panel, *model));
    }
  }
}

TEST(ForecasterTest, SumsAreCoherent) {
  SmallPanel panel;
  panel.stores = 5;
  panel.Make();
  const auto model = Followed(panel);
  const std::vector<double> nodes = AggregateDays(*panel.hierarchy, panel.Means(*model));
  const auto count = static_cast<size_t>(panel.hierarchy->node_count());
  for (size_t h = 0; h < kHorizon; ++h) {
    for (int32_t level = 1; level <= kLevelCount; ++level) {
      double sum = 0;
      for (int32_t i = panel.hierarchy->first_node(level); i < panel.hierarchy->end_node(level);
           ++i) {
        sum += nodes[h * count + static_cast<size_t>(i)];
      }
      EXPECT_NEAR(sum, nodes[h * count], 1e-6 * (1 + nodes[h * count]));
    }
  }
}

TEST(ForecasterTest, TheSameBytesOnAnyNumberOfThreadsAndInAnyPieces) {
  SmallPanel panel;
  panel.stores = 4;
  panel.items = 9;
  panel.days = 240;
  panel.calendar_days = 270;
  panel.Make();
  const auto once = Followed(panel);
  const std::vector<float> means = panel.Means(*once);
  const std::vector<float> quantiles = panel.Quantiles(*once, means);
  const std::string state = once->Save();
  for (const int32_t threads : {2, 7}) {
    for (const int32_t piece : {1, 240}) {
      Forecaster model(*panel.hierarchy, panel.known, threads);
      for (int32_t day = 1; day <= panel.days; day += piece) {
        model.Advance(panel.Days(day, std::min(day + piece, panel.days + 1)));
      }
      EXPECT_EQ(panel.Means(model), means) << threads << " threads, " << piece << " days a call";
      EXPECT_EQ(panel.Quantiles(model, means), quantiles);
      EXPECT_EQ(model.Save(), state);
    }
  }
}

TEST(ForecasterTest, GoesOnFromASavedStateAsIfNothingHadHappened) {
  SmallPanel panel;
  panel.days = 280;
  panel.Make();
  const auto uninterrupted = Followed(panel);
  for (const int32_t cut : {1, 150, 205, 279}) {
    Forecaster before(*panel.hierarchy, panel.known, 1);
    before.Advance(panel.Days(1, cut + 1));
    Forecaster after(*panel.hierarchy, panel.known, 2);
    ASSERT_TRUE(after.Load(before.Save())) << cut;
    EXPECT_EQ(after.next_day(), Day(cut + 1));
    after.Advance(panel.Days(cut + 1, panel.days + 1));
    EXPECT_EQ(after.Save(), uninterrupted->Save()) << cut;
  }
}

TEST(ForecasterTest, AStateThatIsNotItsOwnIsRefused) {
  SmallPanel panel;
  panel.days = 40;
  panel.Make();
  SmallPanel other;
  other.items = 7;
  other.days = 40;
  other.Make();
  const std::string state = Followed(panel)->Save();
  EXPECT_FALSE(Forecaster(*other.hierarchy, other.known, 1).Load(state));
  EXPECT_FALSE(Forecaster(*panel.hierarchy, panel.known, 1).Load(state + "x"));
  EXPECT_FALSE(Forecaster(*panel.hierarchy, panel.known, 1).Load(""));
  std::mt19937_64 random(1);
  for (int round = 0; round < 25; ++round) {
    const std::string cut = state.substr(0, random() % state.size());
    EXPECT_FALSE(Forecaster(*panel.hierarchy, panel.known, 1).Load(cut)) << cut.size();
  }
}

TEST(ForecasterTest, AWeekThatRepeatsIsForecast) {
  SmallPanel panel;
  panel.days = 200;
  panel.Make();
  const auto series = static_cast<size_t>(panel.hierarchy->series_count());
  for (size_t k = 0; k < panel.units.size(); ++k) {
    panel.units[k] = static_cast<float>(20 + 10 * (k / series % 7));
  }
  const auto model = Followed(panel);
  const std::vector<float> means = panel.Means(*model);
  for (size_t h = 0; h < kHorizon; ++h) {
    const double expected = 20 + 10 * static_cast<double>((200 + h) % 7);
    EXPECT_NEAR(means[h * series], expected, expected * .1) << h;
  }
}

TEST(ForecasterTest, NothingIsForecastForAClosedDay) {
  SmallPanel panel;
  panel.days = 310;  // Christmas is d_331.
  panel.calendar_days = 360;
  panel.Make();
  const auto model = Followed(panel);
  const std::vector<float> means = panel.Means(*model);
  const auto series = static_cast<size_t>(panel.hierarchy->series_count());
  const std::span<const float> christmas =
      std::span<const float>(means).subspan(20 * series, series);
  EXPECT_THAT(christmas, Each(0));
  EXPECT_GT(means[21 * series], 0);
}

TEST(ForecasterTest, ASeriesWithoutSalesIsForecastAsNone) {
  SmallPanel panel;
  panel.Make();
  const auto series = static_cast<size_t>(panel.hierarchy->series_count());
  for (size_t t = 0; t < static_cast<size_t>(panel.days); ++t) panel.units[t * series + 3] = 0;
  const auto model = Followed(panel);
  const std::vector<float> means = panel.Means(*model);
  for (size_t h = 0; h < kHorizon; ++h) EXPECT_EQ(means[h * series + 3], 0);
}

TEST(ForecasterTest, ARetailerWithoutAnySaleIsForecastAsNone) {
  SmallPanel panel;
  panel.zero = 1;
  panel.days = 250;
  panel.Make();
  const auto model = Followed(panel);
  const std::vector<float> means = panel.Means(*model);
  EXPECT_THAT(means, Each(0));
  EXPECT_THAT(panel.Quantiles(*model, means), Each(0));
}

TEST(ForecasterTest, ANewItemIsForecastFromItsFirstWeek) {
  SmallPanel panel;
  panel.days = 200;
  panel.Make();
  const auto series = static_cast<size_t>(panel.hierarchy->series_count());
  for (size_t t = 0; t < 200; ++t) panel.units[t * series] = t < 193 ? 0 : 10;
  const std::vector<float> means = panel.Means(*Followed(panel));
  for (size_t h = 0; h < kHorizon; ++h) {
    EXPECT_GT(means[h * series], 2) << h;
    EXPECT_LT(means[h * series], 50) << h;
  }
}

TEST(ForecasterTest, AHorizonBeyondTheCalendarHasNoEvents) {
  SmallPanel panel;
  panel.calendar_days = 100;  // 20 days less than there are sales.
  panel.Make();
  const auto model = Followed(panel);
  ExpectSound(panel, *model);
}

TEST(ForecasterTest, UnitsOfAnUnknownDayAreNotLookedAt) {
  SmallPanel panel;
  panel.days = 230;
  panel.Make();
  const std::vector<float> nonsense(panel.UnitsOf(1).size(), 1e6F);
  const std::vector<float> zeros(panel.UnitsOf(1).size(), 0);
  const std::vector<uint8_t> first_unknown = {0, 1};
  Forecaster a(*panel.hierarchy, panel.known, 1);
  Forecaster b(*panel.hierarchy, panel.known, 1);
  for (const auto& [model, units] : {std::pair{&a, &nonsense}, std::pair{&b, &zeros}}) {
    std::vector<DaySales> days = panel.Days(1, panel.days + 1);
    // The second store's units stay as they are.
    std::vector<float> mixed(days[219].units.begin(), days[219].units.end());
    for (int32_t group = 0; group < panel.hierarchy->group_count(); ++group) {
      if (panel.hierarchy->group_store(group) != 0) continue;
      for (int32_t i = panel.hierarchy->group_begin(group); i < panel.hierarchy->group_end(group);
           ++i) {
        mixed[static_cast<size_t>(i)] = (*units)[static_cast<size_t>(i)];
      }
    }
    days[219] = {Day(220), mixed, first_unknown};
    model->Advance(days);
  }
  EXPECT_EQ(a.Save(), b.Save());
  ExpectSound(panel, a);
}

TEST(ForecasterTest, AMonthWithoutAnyDayKnownIsGotOver) {
  SmallPanel panel;
  panel.days = 260;
  panel.Make();
  const std::vector<uint8_t> nothing_known = {0, 0};
  std::vector<DaySales> days = panel.Days(1, panel.days + 1);
  for (size_t t = 200; t < 230; ++t) days[t].is_known = nothing_known;
  Forecaster model(*panel.hierarchy, panel.known, 1);
  model.Advance(days);
  ExpectSound(panel, model);
}

TEST(ForecasterTest, OneStoreAnd28SeriesAreEnough) {
  SmallPanel panel;
  panel.stores = 1;
  panel.items = 28;
  panel.days = 250;
  panel.Make();
  ExpectSound(panel, *Followed(panel));
}

}  // namespace
}  // namespace tillstream
