#include "app/forecast_chart.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/forecast_view_fixture.h"
#include "base/text.h"

namespace tillstream {
namespace {

using testing::HasSubstr;
using testing::Not;

std::vector<std::string> LinesOf(const std::string& text) {
  std::vector<std::string> lines;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = text.find('\n', begin);
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

/// Characters of UTF-8.
size_t WidthOf(const std::string& line) {
  return static_cast<size_t>(std::count_if(line.begin(), line.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

TEST(ForecastChartTest, InAscii) {
  ChartStyle style;
  style.columns = 60;
  style.rows = 12;
  EXPECT_EQ(ForecastChart(SmallView(), style), R"(item A & B, store CA_1: units a day
Sold 2016-04-25 to 2016-05-08; forecast 2016-05-09 to
  2016-06-05 as of d_100, model pooled 1: 40 units in 7
  days, 168 in 28
     15+              :
       |              :
       |              :
       |              : . . . . . . . . . . . . . .
     10+         _    : : : : : : : : : : : : : : :
       |        _#    : o o o o o o o o o o o o o o
       |       ###    :.:.:.:.:.:.:.:.:.:.:.:.:.:.:
       |      ####    ::.:.:.:.:.:.:.:.:.:.:.:.:.:.
      5+    _#####    :o o o o o o o o o o o o o o
       |   _######   _:= = = = = = = = = = = = = =
       |   #######  ##:. . . . . . . . . . . . . .
       | #?####### ###:
      0++--------------+-------------+-------------
        Apr 25         May 9         May 23
   SNAP     *         :   *
  event               :   ^
        # sold  o mean  = 50 %  : 67 %  . 95 %

  level 5.0            ----------------------------
 season 1.00           ----------------------------
weekday 0.80 to 1.60   ~#~#~#~#~#~#~#~#~#~#~#~#~#~#
   SNAP 1.00           ----------------------------
  event 1.00           ----------------------------
units = level x season x weekday x SNAP x event
events: May 12 Fair <1>
note: sales are not demand: of an item
)");
}

TEST(ForecastChartTest, InUnicode) {
  ChartStyle style;
  style.columns = 60;
  style.rows = 12;
  style.is_unicode = true;
  EXPECT_EQ(ForecastChart(SmallView(), style), R"(item A & B, store CA_1: units a day
Sold 2016-04-25 to 2016-05-08; forecast 2016-05-09 to
  2016-06-05 as of d_100, model pooled 1: 40 units in 7
  days, 168 in 28
     15┤              ┊
       │              ┊
       │              ┊
       │              ┊ ░ ░ ░ ░ ░ ░ ░ ░ ░ ░ ░ ░ ░ ░
     10┤         ▂    ┊ ▒ ▒ ▒ ▒ ▒ ▒ ▒ ▒ ▒ ▒ ▒ ▒ ▒ ▒
       │        ▃█    ┊ ━ ━ ━ ━ ━ ━ ━ ━ ━ ━ ━ ━ ━ ━
       │       ▅██    ┊░▒░▒░▒░▒░▒░▒░▒░▒░▒░▒░▒░▒░▒░▒
       │      ▆███    ┊▒░▒░▒░▒░▒░▒░▒░▒░▒░▒░▒░▒░▒░▒░
      5┤    ▂█████    ┊▁ ▁ ▁ ▁ ▁ ▁ ▁ ▁ ▁ ▁ ▁ ▁ ▁ ▁
       │   ▃██████   ▃┊▓ ▓ ▓ ▓ ▓ ▓ ▓ ▓ ▓ ▓ ▓ ▓ ▓ ▓
       │   ███████  ▅█┊░ ░ ░ ░ ░ ░ ░ ░ ░ ░ ░ ░ ░ ░
       │ ▆?███████ ▆██┊
      0└┴──────────────┴─────────────┴─────────────
        Apr 25         May 9         May 23
   SNAP     •         ┊   •
  event               ┊   ▲
        █ sold  ━ mean  ▓ 50 %  ▒ 67 %  ░ 95 %

  level 5.0            ▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄
 season 1.00           ▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄
weekday 0.80 to 1.60   ▃▇▃▇▃▇▃▇▃▇▃▇▃▇▃▇▃▇▃▇▃▇▃▇▃▇▃▇
   SNAP 1.00           ▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄
  event 1.00           ▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄
units = level x season x weekday x SNAP x event
events: May 12 Fair <1>
note: sales are not demand: of an item
)");
}

TEST(ForecastChartTest, FitsIntoAnyTerminal) {
  ForecastView view = SmallView();
  while (view.past.size() < static_cast<size_t>(kRecentDays)) {
    view.past.insert(view.past.begin(), view.past.front());
    view.past.front().date -= std::chrono::days(1);
  }
  for (int32_t columns = kChartColumnsMin; columns < 330; ++columns) {
    for (const bool is_unicode : {false, true}) {
      const std::string chart = ForecastChart(view, {columns, 9, is_unicode, false});
      EXPECT_TRUE(IsUtf8(chart));
      for (const std::string& line : LinesOf(chart)) {
        ASSERT_LE(WidthOf(line), static_cast<size_t>(columns)) << line;
      }
    }
  }
}

TEST(ForecastChartTest, AWideTerminalHasMoreColumnsADay) {
  ForecastView view = SmallView();
  const auto widest = [&](int32_t columns) {
    size_t width = 0;
    for (const std::string& line : LinesOf(ForecastChart(view, {columns, 9, false, false}))) {
      if (line.find('#') != std::string::npos) width = std::max(width, WidthOf(line));
    }
    return width;
  };
  EXPECT_GT(widest(120), widest(60) * 3 / 2);
}

TEST(ForecastChartTest, ColourIsOnlyAddedToTheSameText) {
  const ForecastView view = SmallView();
  const std::string plain = ForecastChart(view, {80, 8, true, false});
  EXPECT_THAT(plain, Not(HasSubstr("\x1b")));
  const std::string colored = ForecastChart(view, {80, 8, true, true});
  std::string stripped;
  for (size_t i = 0; i < colored.size(); ++i) {
    if (colored[i] == '\x1b') {
      i = colored.find('m', i);
      continue;
    }
    stripped += colored[i];
  }
  EXPECT_GT(colored.size(), plain.size());
  // Spaces at the end of a line may stand inside a colour.
  std::string trimmed;
  for (std::string line : LinesOf(stripped)) {
    line.erase(line.find_last_not_of(' ') + 1);
    trimmed += line + '\n';
  }
  EXPECT_EQ(trimmed, plain);
}

TEST(ForecastChartTest, AWildIntervalDoesNotFlattenTheRest) {
  ForecastView view = SmallView();
  view.days[5].quantiles[7] = view.days[5].quantiles[8] = 500;
  const std::string chart = ForecastChart(view, {60, 12, false, false});
  EXPECT_THAT(chart, HasSubstr("     20+"));
  EXPECT_THAT(chart, Not(HasSubstr("500+")));
  EXPECT_THAT(chart, HasSubstr("note: the 95 % interval reaches 500 units, beyond the chart\n"));
}

TEST(ForecastChartTest, WithoutPastOrSales) {
  ForecastView view = SmallView();
  view.past.clear();
  for (auto& day : view.days) {
    day.mean = 0;
    day.quantiles.fill(0);
    day.drivers = {0, 1, 1, 1, 1};
  }
  const std::string chart = ForecastChart(view, {60, 6, false, false});
  EXPECT_THAT(chart, Not(HasSubstr("nan")));
  EXPECT_THAT(chart, Not(HasSubstr("Sold ")));
  EXPECT_THAT(chart, HasSubstr("0.0 units in 7 days"));
}

TEST(ForecastChartTest, StatesAreCountedWhereThereAreSeveral) {
  ForecastView view = SmallView();
  view.states = 3;
  view.days[3].marks.snap_states = 2;
  const std::string chart = ForecastChart(view, {60, 6, false, false});
  EXPECT_THAT(chart, HasSubstr("SNAP     1         :   2"));
}

TEST(ForecastChartTest, TheTableHasEveryDay) {
  const std::vector<std::string> lines = LinesOf(ForecastTable(SmallView()));
  ASSERT_EQ(lines.size(), 1U + kHorizon);
  EXPECT_THAT(lines[4], testing::MatchesRegex(
                            "2016-05-12  Thu   8.0  7.0 to 9.0  *6.0 to 10  *5.0 to 11  *5.0  "
                            "*1.000  *1.600  *1.000  *1.000  *Fair <1>"));
}

TEST(AxisTicksTest, AreRoundAndReachTheMost) {
  EXPECT_EQ(AxisTicks(9, 5), (std::vector<double>{0, 2, 4, 6, 8, 10}));
  EXPECT_EQ(AxisTicks(10, 5), (std::vector<double>{0, 2, 4, 6, 8, 10}));
  EXPECT_EQ(AxisTicks(41'234, 5), (std::vector<double>{0, 10'000, 20'000, 30'000, 40'000, 50'000}));
  for (double most = 1e-3; most < 1e7; most *= 1.37) {
    const std::vector<double> ticks = AxisTicks(most, 4);
    EXPECT_GE(ticks.back(), most * (1 - 1e-9));
    EXPECT_GE(ticks.size(), 2U);
    EXPECT_LE(ticks.size(), 6U);
  }
  EXPECT_EQ(TickText(AxisTicks(.7, 4)[1]), "0.2");
  EXPECT_EQ(TickText(2500), "2,500");
}

}  // namespace
}  // namespace tillstream
