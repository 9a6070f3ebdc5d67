#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "app/node_choice.h"
#include "forecast/drivers.h"
#include "forecast/forecaster.h"
#include "forecast/hierarchy.h"
#include "forecast/horizon.h"
#include "forecast/known_days.h"
#include "live/forecast_state.h"
#include "model/date.h"
#include "model/ids.h"

namespace tillstream {

/// What a person sees of a forecast: plain values, nothing to look up.
struct ForecastView {
  /// What the calendar knows of a day.
  struct Marks {
    int32_t snap_states = 0;  ///< States of the node in which SNAP is accepted on it.
    std::string events;       ///< "MemorialDay"; several with " + " between.
    bool is_closed = false;
  };
  struct PastDay {
    Date date;
    double units = 0;  ///< NaN where not known.
    Marks marks;
  };
  struct ForecastDay {
    Date date;
    double mean = 0;
    std::array<double, kQuantileCount> quantiles{};
    DriverFactors drivers{};
    Marks marks;
  };

  std::string title;  ///< "item FOODS_3_090, store CA_3".
  std::string node;   ///< As Kaggle's M5 Uncertainty names it.
  int32_t level = 1;  ///< 1 to 12.
  int32_t series = 1;
  int32_t states = 1;  ///< Of the node.
  Day origin;          ///< The last day that the model has seen.
  Date origin_date;
  std::string model;
  int32_t version = 0;
  std::vector<PastDay> past;      ///< The newest last; may be empty.
  std::vector<ForecastDay> days;  ///< kHorizon of them.
  std::vector<std::string> notes;
};

/// A model as it stands after a day, and what was sold in the days before: where it comes from (a
/// dataset, the stream, a snapshot) is not seen here.
struct FollowedModel {
  const Hierarchy& hierarchy;
  const KnownDays& known;
  const Forecaster& model;
  /// Units of the last days, [series] each in panel order, the newest, which is the model's last,
  /// at the end; NaN where not known. As many as are there, kRecentDays at most.
  std::span<const std::vector<float>> recent;
};

/// A forecast of `chosen` from `state`, its past cut to `past_days`.
ForecastView MakeForecastView(const FollowedModel& state, const ChosenNode& chosen,
                              int32_t past_days);

/// The quantiles that an interval of a fan chart lies between.
struct FanBand {
  int32_t percent;
  size_t low;
  size_t high;
};
/// The widest first.
inline constexpr std::array<FanBand, 3> kFanBands = {{{95, 1, 7}, {67, 2, 6}, {50, 3, 5}}};

/// "3.4", "1,234": units of a forecast for a person.
std::string UnitsText(double units);
/// "2016-05-08" as "May 8", and "Sun".
std::string ShortDate(Date date);
const char* WeekdayName(Date date);

/// The most units that a chart from past day `first_past` on has to show: all but the 95 %
/// interval, and of that at most twice the rest. What it cuts off is what CutNote() says, empty for
/// nothing.
double ChartMost(const ForecastView& view, size_t first_past);
std::string CutNote(const ForecastView& view, double top);

/// Round numbers for an axis from 0 to at least `most`: [0, step, 2 step, ..., top], at most
/// `count` steps.
std::vector<double> AxisTicks(double most, int32_t count);
/// What strips of drivers share: the mean of the level, and how far the logarithm of a factor goes
/// from 0, at least that of 1.1. One for all, so that what matters shows.
struct DriverScale {
  double level = 0;
  double range = 0;
};
DriverScale ScaleOfDrivers(const ForecastView& view);

/// A tick as text: "1,500", "0.5".
std::string TickText(double tick);

}  // namespace tillstream
