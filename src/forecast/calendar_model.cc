#include "forecast/calendar_model.h"

#include <cmath>
#include <limits>

#include "base/check.h"
#include "forecast/parallel.h"
#include "forecast/reconcile.h"

namespace tillstream {
namespace {

/// "TFS1", little-endian: what a saved state begins with.
constexpr uint32_t kStateMagic = 0x31534654;

void Set(FilterConstants* constants, Regressor kind, double prior, double walk) {
  constants->variances[static_cast<size_t>(kind)] = {prior, walk};
}

FilterConstants PlainCalendar() {
  FilterConstants constants;
  constants.variance_gain = .01;
  constants.huber = 3;
  constants.variance_share = 1.1;
  Set(&constants, Regressor::kLevel, 1000, .0044);
  Set(&constants, Regressor::kWeekday, 10, 4e-5);
  Set(&constants, Regressor::kSnap, 4, 1.2e-4);
  Set(&constants, Regressor::kDayOfMonth, .2, 1.2e-5);
  Set(&constants, Regressor::kSeason, .17, 5e-5);
  Set(&constants, Regressor::kEventToday, 1.17, 0);
  Set(&constants, Regressor::kEventTomorrow, 1.17, 0);
  return constants;
}

FilterConstants RichCalendar() {
  FilterConstants constants;
  constants.short_level_memory = .98;
  constants.variance_gain = .03;
  constants.huber = 3.5;
  constants.variance_share = 1.4;
  constants.uses_last_year = true;
  const double phi = constants.short_level_memory;
  Set(&constants, Regressor::kLevel, 1000, .005);
  Set(&constants, Regressor::kShortLevel, .005 / (1 - phi * phi), .005);
  Set(&constants, Regressor::kWeekday, 10, 1e-4);
  Set(&constants, Regressor::kSnap, 4, 3e-5);
  Set(&constants, Regressor::kDayOfMonth, .1, 3e-5);
  Set(&constants, Regressor::kSeason, .4, 2e-6);
  Set(&constants, Regressor::kEventToday, 1, 0);
  Set(&constants, Regressor::kEventTomorrow, 1, 0);
  Set(&constants, Regressor::kEventAfter, .5, 0);
  Set(&constants, Regressor::kWeekendSnap, 1, 3e-5);
  Set(&constants, Regressor::kWeekendSeason, .1, 0);
  Set(&constants, Regressor::kFridaySeason, .2, 0);
  Set(&constants, Regressor::kWeekendMonth, .1, 0);
  Set(&constants, Regressor::kWindow, .6, 0);
  Set(&constants, Regressor::kWeekendWindow, 3, 0);
  Set(&constants, Regressor::kWeekendEvent, .4, 0);
  return constants;
}

FilterConstants ConstantsOf(Rung rung) {
  return rung == Rung::kPooled ? RichCalendar() : PlainCalendar();
}

/// How much of the way the items of a group are scaled to what the group comes to.
double ScaleExponent(Rung rung) { return rung == Rung::kPooled ? 1 : .8; }

std::unique_ptr<ItemLevels> MakeItems(Rung rung, const Hierarchy& hierarchy,
                                      const KnownDays& known) {
  if (rung == Rung::kPooled) return std::make_unique<PooledItems>(hierarchy, known);
  return std::make_unique<OneSpeedItems>(hierarchy, known);
}

}  // namespace

CalendarModel::CalendarModel(Rung rung, const Hierarchy& hierarchy, const KnownDays& known,
                             int32_t threads)
    : rung_(rung),
      hierarchy_(hierarchy),
      threads_(threads),
      design_(known, hierarchy, ConstantsOf(rung).variances),
      filters_(hierarchy, design_, ConstantsOf(rung)),
      items_(MakeItems(rung, hierarchy, known)) {}

const char* CalendarModel::name() const {
  switch (rung_) {
    case Rung::kCalendar:
      return "calendar";
    case Rung::kReconciled:
      return "reconciled";
    case Rung::kPooled:
      return "pooled";
  }
  return "";
}

void CalendarModel::Advance(std::span<const DaySales> days) {
  if (days.empty()) return;
  TILLSTREAM_CHECK(days.front().day == next_);
  const auto aggregates = static_cast<size_t>(hierarchy_.aggregate_count());
  const auto groups = static_cast<size_t>(hierarchy_.group_count());
  std::vector<double> totals(days.size() * aggregates);
  ParallelFor(threads_, static_cast<int32_t>(days.size()), [&](int32_t t) {
    const DaySales& day = days[static_cast<size_t>(t)];
    const std::span<double> nodes =
        std::span<double>(totals).subspan(static_cast<size_t>(t) * aggregates, aggregates);
    std::vector<double> sums(groups);
    for (int32_t group = 0; group < hierarchy_.group_count(); ++group) {
      double sum = 0;
      for (int32_t i = hierarchy_.group_begin(group); i < hierarchy_.group_end(group); ++i) {
        sum += static_cast<double>(day.units[static_cast<size_t>(i)]);
      }
      // What contains an unknown store is unknown.
      if (!day.knows(hierarchy_.group_store(group))) sum = std::numeric_limits<double>::quiet_NaN();
      sums[static_cast<size_t>(group)] = sum;
    }
    hierarchy_.SumGroups(sums, nodes);
  });
  std::vector<float> factors(days.size() * groups);
  filters_.Advance(next_, static_cast<int32_t>(days.size()), totals, threads_, factors);
  items_->Advance(days, factors, threads_);
  next_ = next_ + static_cast<int32_t>(days.size());
}

void CalendarModel::Forecast(std::span<float> means) const {
  const auto aggregates = static_cast<size_t>(hierarchy_.aggregate_count());
  const auto groups = static_cast<size_t>(hierarchy_.group_count());
  const auto series = static_cast<size_t>(hierarchy_.series_count());
  const auto first_group = aggregates - groups;
  std::vector<double> totals(kHorizon * aggregates);
  std::vector<float> factors(kHorizon * groups);
  filters_.Forecast(next_, threads_, totals, factors);
  items_->Forecast(next_, factors, threads_, means);
  ParallelFor(threads_, kHorizon, [&](int32_t h) {
    const std::span<float> day = means.subspan(static_cast<size_t>(h) * series, series);
    std::vector<double> sums(groups);
    for (int32_t group = 0; group < hierarchy_.group_count(); ++group) {
      double sum = 0;
      for (int32_t i = hierarchy_.group_begin(group); i < hierarchy_.group_end(group); ++i) {
        sum += static_cast<double>(day[static_cast<size_t>(i)]);
      }
      sums[static_cast<size_t>(group)] = sum;
    }
    if (design_.IsClosed(next_ + h)) return;
    std::vector<NodeForecast> nodes(aggregates);
    for (size_t i = 0; i < aggregates; ++i) {
      const auto node = static_cast<int32_t>(i);
      if (!filters_.IsStrong(node) || (rung_ == Rung::kCalendar && i < first_group)) continue;
      nodes[i] = {totals[static_cast<size_t>(h) * aggregates + i], filters_.VarianceOf(node)};
    }
    std::vector<double> targets = Reconcile(hierarchy_, nodes, sums);
    for (int32_t group = 0; group < hierarchy_.group_count(); ++group) {
      const auto g = static_cast<size_t>(group);
      if (sums[g] <= 0) continue;
      const auto scale = static_cast<float>(std::pow(targets[g] / sums[g], ScaleExponent(rung_)));
      for (int32_t i = hierarchy_.group_begin(group); i < hierarchy_.group_end(group); ++i) {
        day[static_cast<size_t>(i)] *= scale;
      }
    }
  });
}

std::string CalendarModel::Save() const {
  std::string state;
  StateWriter out(&state);
  out.Put(kStateMagic);
  out.Put(static_cast<uint32_t>(rung_));
  out.Put(version());
  out.Put(hierarchy_.Fingerprint());
  out.Put(next_.value());
  filters_.Save(&out);
  items_->Save(&out);
  return state;
}

bool CalendarModel::Load(std::string_view state) {
  StateReader in(state);
  uint32_t magic = 0;
  uint32_t rung = 0;
  int32_t of_version = 0;
  uint64_t fingerprint = 0;
  int32_t next = 0;
  const bool is_ours = in.Get(&magic) && in.Get(&rung) && in.Get(&of_version) &&
                       in.Get(&fingerprint) && in.Get(&next) && magic == kStateMagic &&
                       rung == static_cast<uint32_t>(rung_) && of_version == version() &&
                       fingerprint == hierarchy_.Fingerprint() && next >= 1;
  if (!is_ours || !filters_.Load(&in) || !items_->Load(&in) || !in.at_end()) return false;
  next_ = Day(next);
  return true;
}

}  // namespace tillstream
