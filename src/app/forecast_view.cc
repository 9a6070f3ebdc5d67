#include "app/forecast_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "base/text.h"
#include "forecast/zero_runs.h"

namespace tillstream {
namespace {

/// Zero runs of several series matter from this share of their units on.
constexpr double kMissedShare = .02;
/// A mean below this is shown with a decimal.
constexpr double kWholeUnits = 10;

/// What the days of `state` and those forecast are known for.
class DayMarks {
 public:
  DayMarks(const FollowedModel& state, const ChosenNode& chosen) : known_(state.known) {
    for (const int32_t i : chosen.series) states_.insert(state.hierarchy.series(i).state);
  }
  int32_t state_count() const { return static_cast<int32_t>(states_.size()); }

  ForecastView::Marks Of(Day day) const {
    ForecastView::Marks marks;
    marks.is_closed = known_.IsClosed(day);
    for (const std::string& state : states_) {
      marks.snap_states += known_.HasSnap(day, state) ? 1 : 0;
    }
    const KnownDay* const known = known_.At(day);
    if (known == nullptr) return marks;
    for (const KnownDay::Event& event : known->events) {
      if (event.name.empty()) continue;
      marks.events += (marks.events.empty() ? "" : " + ") + event.name;
    }
    return marks;
  }

 private:
  const KnownDays& known_;
  std::set<std::string> states_;
};

double SumOf(std::span<const float> units, std::span<const int32_t> series) {
  double sum = 0;
  for (const int32_t i : series) sum += static_cast<double>(units[static_cast<size_t>(i)]);
  return sum;
}

/// Sales are not demand: one line where that matters.
void AddZeroRunNote(const FollowedModel& state, const ChosenNode& chosen, ForecastView* view) {
  std::vector<std::vector<float>> open(state.recent.begin(), state.recent.end());
  const auto count = static_cast<int32_t>(open.size());
  for (int32_t t = 0; t < count; ++t) {
    if (!state.known.IsClosed(view->origin - (count - 1 - t))) continue;
    std::fill(open[static_cast<size_t>(t)].begin(), open[static_cast<size_t>(t)].end(),
              std::numeric_limits<float>::quiet_NaN());
  }
  if (chosen.series.size() == 1) {
    std::vector<float> units;
    for (const auto& day : open) units.push_back(day[static_cast<size_t>(chosen.series[0])]);
    const ZeroRun run = LongestZeroRun(units);
    if (!IsLong(run)) return;
    const auto date = [&](int32_t t) {
      return FormatDate(view->origin_date - std::chrono::days(count - 1 - t));
    };
    const bool goes_on = run.end == count;
    view->notes.push_back(fmt::format(
        "sales are not demand: nothing was sold on the {} days from {} {}, where {} units would be "
        "usual; it may have been out of stock",
        run.days, date(run.begin), goes_on ? "on" : "to " + date(run.end - 1),
        UnitsText(run.expected)));
    return;
  }
  const ZeroRunSummary runs = SummarizeZeroRuns(open, chosen.series);
  if (runs.expected < kMissedShare * runs.sold || runs.series == 0) return;
  view->notes.push_back(fmt::format(
      "sales are not demand: in the last {} days {} of {} series sold nothing for longer than "
      "chance makes it, missing {:.1f} % of the units; they may have been out of stock",
      count, WithThousands(runs.series), WithThousands(static_cast<int64_t>(chosen.series.size())),
      100 * runs.expected / runs.sold));
}

void AddUnknownDaysNote(ForecastView* view) {
  int32_t unknown = 0;
  for (const auto& day : view->past) unknown += std::isnan(day.units) ? 1 : 0;
  if (unknown == 0) return;
  view->notes.push_back(fmt::format("{} of the {} past days {} not known", unknown,
                                    view->past.size(), unknown == 1 ? "is" : "are"));
}

}  // namespace

ForecastView MakeForecastView(const FollowedModel& state, const ChosenNode& chosen,
                              int32_t past_days) {
  const Hierarchy& hierarchy = state.hierarchy;
  const auto all_series = static_cast<size_t>(hierarchy.series_count());
  const DayMarks marks(state, chosen);
  ForecastView view;
  view.title = chosen.title;
  view.node = hierarchy.NodeName(chosen.node);
  view.level = hierarchy.LevelOf(chosen.node);
  view.series = static_cast<int32_t>(chosen.series.size());
  view.states = marks.state_count();
  const Day first = state.model.next_day();
  view.origin = first - 1;
  view.origin_date = state.known.DateOf(view.origin);
  view.model = state.model.name();
  view.version = state.model.version();

  const auto shown = std::min(static_cast<size_t>(past_days), state.recent.size());
  for (size_t t = state.recent.size() - shown; t < state.recent.size(); ++t) {
    const Day day = view.origin - static_cast<int32_t>(state.recent.size() - 1 - t);
    view.past.push_back(
        {state.known.DateOf(day), SumOf(state.recent[t], chosen.series), marks.Of(day)});
  }

  std::vector<float> means(all_series * kHorizon);
  state.model.Forecast(means);
  std::vector<float> quantiles(static_cast<size_t>(hierarchy.node_count()) * kHorizon *
                               kQuantileCount);
  state.model.Quantiles(means, quantiles);
  const std::vector<DriverFactors> drivers = state.model.Drivers(means, chosen.series);
  for (size_t h = 0; h < kHorizon; ++h) {
    const Day day = first + static_cast<int32_t>(h);
    ForecastView::ForecastDay& to = view.days.emplace_back();
    to.date = state.known.DateOf(day);
    to.mean =
        SumOf(std::span<const float>(means).subspan(h * all_series, all_series), chosen.series);
    to.drivers = drivers[h];
    to.marks = marks.Of(day);
    for (size_t u = 0; u < kQuantileCount; ++u) {
      const size_t row = static_cast<size_t>(chosen.node) * kHorizon + h;
      to.quantiles[u] = static_cast<double>(quantiles[row * kQuantileCount + u]);
    }
  }
  AddZeroRunNote(state, chosen, &view);
  AddUnknownDaysNote(&view);
  return view;
}

std::string UnitsText(double units) {
  if (std::isnan(units)) return "?";
  if (units < kWholeUnits) return fmt::format("{:.1f}", units);
  return WithThousands(std::llround(units));
}

std::string ShortDate(Date date) {
  static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::chrono::year_month_day ymd(date);
  return fmt::format("{} {}", kMonths[static_cast<unsigned>(ymd.month()) - 1],
                     static_cast<unsigned>(ymd.day()));
}

const char* WeekdayName(Date date) {
  static constexpr const char* kNames[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  return kNames[std::chrono::weekday(date).c_encoding()];
}

double ChartMost(const ForecastView& view, size_t first_past) {
  constexpr double kWideMost = 2;
  double most = 0;
  double widest = 0;
  for (size_t t = first_past; t < view.past.size(); ++t) {
    if (!std::isnan(view.past[t].units)) most = std::max(most, view.past[t].units);
  }
  for (const auto& day : view.days) {
    most = std::max({most, day.mean, day.quantiles[kFanBands[1].high]});
    widest = std::max(widest, day.quantiles[kFanBands[0].high]);
  }
  // Of what never sells anything is much.
  return most > 0 ? std::clamp(widest, most, kWideMost * most) : widest;
}

std::string CutNote(const ForecastView& view, double top) {
  double widest = 0;
  for (const auto& day : view.days) {
    widest = std::max(widest, day.quantiles[kFanBands[0].high]);
  }
  if (widest <= top) return "";
  return fmt::format("the 95 % interval reaches {} units, beyond the chart", UnitsText(widest));
}

std::vector<double> AxisTicks(double most, int32_t count) {
  most = std::max(most, 1e-9);
  const double least_step = most / count;
  double step = std::pow(10, std::floor(std::log10(least_step)));
  for (const double factor : {2.0, 2.5, 2.0}) {  // 1, 2, 5, 10 times the power of ten.
    if (step >= least_step * (1 - 1e-9)) break;
    step *= factor;
  }
  std::vector<double> ticks;
  for (int32_t k = 0; ticks.empty() || ticks.back() < most * (1 - 1e-9); ++k) {
    ticks.push_back(k * step);
  }
  return ticks;
}

std::string TickText(double tick) {
  const double rounded = std::round(tick);
  if (std::abs(tick - rounded) < 1e-9 * std::max(1.0, tick)) {
    return WithThousands(static_cast<int64_t>(rounded));
  }
  return fmt::format("{:.4g}", tick);
}

DriverScale ScaleOfDrivers(const ForecastView& view) {
  DriverScale scale{0, std::log(1.1)};
  for (const auto& day : view.days) {
    scale.level += day.drivers[0] / static_cast<double>(view.days.size());
    for (size_t k = 1; k < kDriverCount; ++k) {
      if (day.drivers[k] > 0) {
        scale.range = std::max(scale.range, std::abs(std::log(day.drivers[k])));
      }
    }
  }
  return scale;
}

}  // namespace tillstream
