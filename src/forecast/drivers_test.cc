#include "forecast/drivers.h"

#include <gtest/gtest.h>

#include <numeric>

#include "forecast/forecast_fixture.h"
#include "forecast/forecaster.h"

namespace tillstream {
namespace {

std::vector<int32_t> SeriesOf(const Hierarchy& hierarchy, int32_t node) {
  std::vector<int32_t> series;
  const std::span<const int32_t> nodes = hierarchy.NodesOfSeries(hierarchy.LevelOf(node));
  for (int32_t i = 0; i < hierarchy.series_count(); ++i) {
    if (nodes[static_cast<size_t>(i)] == node) series.push_back(i);
  }
  return series;
}

double Product(const DriverFactors& drivers) {
  return std::accumulate(drivers.begin(), drivers.end(), 1.0, std::multiplies<>());
}

double Of(const DriverFactors& drivers, Driver driver) {
  return drivers[static_cast<size_t>(driver)];
}

/// A panel whose every series sells level x what `factor` says of the day (1-based).
template <typename Factor>
SmallPanel Planted(double level, int32_t days, const Factor& factor) {
  SmallPanel panel;
  panel.days = days;
  panel.calendar_days = days + kHorizon;
  panel.Make();
  for (KnownDay& day : panel.known.days) day = {};
  const auto series = static_cast<size_t>(panel.hierarchy->series_count());
  for (int32_t day = 1; day <= days; ++day) {
    const bool is_closed = panel.known.IsClosed(Day(day));
    const double units = is_closed ? 0 : std::round(level * factor(day, &panel.known));
    for (size_t i = 0; i < series; ++i) {
      panel.units[static_cast<size_t>(day - 1) * series + i] = static_cast<float>(units);
    }
  }
  for (int32_t day = days + 1; day <= days + kHorizon; ++day) factor(day, &panel.known);
  return panel;
}

bool IsSaturday(const KnownDays& known, int32_t day) {
  return std::chrono::weekday(known.DateOf(Day(day))) == std::chrono::Saturday;
}

TEST(DriversTest, TheirProductIsTheForecastOfEveryNode) {
  const std::vector<std::pair<int32_t, double>> days_and_means = {
      {0, 5}, {3, 5}, {120, .02}, {420, 5}, {420, 4000}};
  for (const auto& [days, mean] : days_and_means) {
    SmallPanel panel;
    panel.stores = 4;
    panel.items = 7;
    panel.zero = .2;
    panel.mean = mean;
    panel.days = days;
    panel.calendar_days = days + 10;  // The horizon is not covered.
    panel.Make();
    const auto model = Followed(panel);
    const std::vector<float> means = panel.Means(*model);
    const auto series = static_cast<size_t>(panel.hierarchy->series_count());
    for (int32_t node = 0; node < panel.hierarchy->node_count(); ++node) {
      const std::vector<int32_t> members = SeriesOf(*panel.hierarchy, node);
      const std::vector<DriverFactors> drivers = model->Drivers(means, members);
      ASSERT_EQ(drivers.size(), static_cast<size_t>(kHorizon));
      for (size_t h = 0; h < kHorizon; ++h) {
        double sum = 0;
        for (const int32_t i : members) {
          sum += static_cast<double>(means[h * series + static_cast<size_t>(i)]);
        }
        ASSERT_NEAR(Product(drivers[h]), sum, 1e-9 * (1e-3 + sum)) << node << " in " << h;
        for (const double factor : drivers[h]) ASSERT_TRUE(std::isfinite(factor) && factor >= 0);
      }
    }
  }
}

TEST(DriversTest, AWeekdayThatSellsTwiceIsAWeekdaysDoing) {
  const SmallPanel panel = Planted(
      200, 400, [](int32_t day, KnownDays* known) { return IsSaturday(*known, day) ? 2.0 : 1.0; });
  const auto model = Followed(panel);
  const std::vector<float> means = panel.Means(*model);
  const std::vector<DriverFactors> drivers = model->Drivers(means, SeriesOf(*panel.hierarchy, 0));
  double week = 0;
  for (int32_t h = 0; h < kHorizon; ++h) {
    const DriverFactors& day = drivers[static_cast<size_t>(h)];
    const bool is_saturday = IsSaturday(panel.known, panel.days + 1 + h);
    // A week's average is 8/7 of a plain day.
    EXPECT_NEAR(Of(day, Driver::kWeekday), is_saturday ? 1.75 : .875, .03);
    if (h < 7) week += Of(day, Driver::kWeekday) / 7;
    EXPECT_NEAR(Of(day, Driver::kSeason), 1, .06);
    EXPECT_EQ(Of(day, Driver::kSnap), 1);
    EXPECT_EQ(Of(day, Driver::kEvent), 1);
    const auto series = static_cast<double>(panel.hierarchy->series_count());
    EXPECT_NEAR(Of(day, Driver::kLevel), 200 * 8 / 7.0 * series, 200 * series * .05);
  }
  EXPECT_NEAR(week, 1, 2e-2);
}

TEST(DriversTest, SnapAndEventsAreToldApart) {
  const SmallPanel panel = Planted(400, 700, [](int32_t day, KnownDays* known) {
    KnownDay& of_day = known->days[static_cast<size_t>(day - 1)];
    const bool has_snap = day % 5 == 0;
    const bool has_event = day % 23 == 0;
    of_day.snap = has_snap ? 7 : 0;
    if (has_event) of_day.events[0] = {"Fair", "Cultural"};
    return (has_snap ? 1.25 : 1.0) * (has_event ? .5 : 1.0);
  });
  const auto model = Followed(panel);
  const std::vector<float> means = panel.Means(*model);
  for (const int32_t node : {0, panel.hierarchy->first_node(kLevelCount)}) {
    const std::vector<DriverFactors> drivers =
        model->Drivers(means, SeriesOf(*panel.hierarchy, node));
    for (int32_t h = 0; h < kHorizon; ++h) {
      const int32_t day = panel.days + 1 + h;
      const DriverFactors& of_day = drivers[static_cast<size_t>(h)];
      EXPECT_NEAR(Of(of_day, Driver::kSnap), day % 5 == 0 ? 1.25 : 1, .06) << day;
      EXPECT_NEAR(Of(of_day, Driver::kEvent), day % 23 == 0 ? .5 : 1, .06) << day;
    }
  }
}

TEST(DriversTest, AClosedDayIsItsEventsDoing) {
  SmallPanel panel;
  panel.days = 320;  // To 2011-12-14.
  panel.calendar_days = 360;
  panel.mean = 50;
  panel.Make();
  const auto model = Followed(panel);
  const std::vector<DriverFactors> drivers =
      model->Drivers(panel.Means(*model), SeriesOf(*panel.hierarchy, 0));
  int closed = 0;
  for (int32_t h = 0; h < kHorizon; ++h) {
    const bool is_closed = panel.known.IsClosed(model->next_day() + h);
    closed += is_closed ? 1 : 0;
    EXPECT_EQ(Of(drivers[static_cast<size_t>(h)], Driver::kEvent) == 0, is_closed);
    EXPECT_GT(Of(drivers[static_cast<size_t>(h)], Driver::kLevel), 0);
  }
  EXPECT_EQ(closed, 1);
}

TEST(DriversTest, OtherRungsAreTakenApartToo) {
  SmallPanel panel;
  panel.mean = 100;
  panel.Make();
  for (const Rung rung : {Rung::kCalendar, Rung::kReconciled}) {
    CalendarModel model(rung, *panel.hierarchy, panel.known, 1);
    model.Advance(panel.Days(1, panel.days + 1));
    const std::vector<float> means = panel.Means(model);
    const std::vector<int32_t> one = {3};
    const std::vector<DriverFactors> drivers = model.Drivers(means, one);
    const auto series = static_cast<size_t>(panel.hierarchy->series_count());
    for (size_t h = 0; h < kHorizon; ++h) {
      const auto mean = static_cast<double>(means[h * series + 3]);
      EXPECT_NEAR(Product(drivers[h]), mean, 1e-9 * (1 + mean));
    }
  }
}

}  // namespace
}  // namespace tillstream
