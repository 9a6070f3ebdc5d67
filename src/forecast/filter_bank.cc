#include "forecast/filter_bank.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "forecast/calendar_design.h"
#include "forecast/parallel.h"
#include "forecast/triangle.h"

namespace tillstream {
namespace {

/// Where what belongs to a state stands; -1, of nodes in several, comes first.
size_t ByState(int32_t state) {
  const int32_t place = state + 1;
  return static_cast<size_t>(place);
}

/// Of the log of a node's units before enough of it was seen.
constexpr double kFirstVariance = .01;
constexpr int64_t kFirstObservations = 30;
/// An error counts in the variance as at most so many times the variance.
constexpr double kVarianceClip = 9;
/// Huber's weights begin when the coefficients have settled.
constexpr int64_t kHuberObservations = 60;

/// Last year's residuals.
constexpr int32_t kFirstLastYearDay = 200;
constexpr int32_t kResidualDays = 379;
constexpr double kShiftClip = .3;
constexpr double kSmoothShift = .25;
constexpr double kOwnShift = .1;

/// A log beyond this is no number of units: keeps exp() finite whatever a filter came to.
constexpr double kLogMax = 25;

/// A node is strong from so many days with sales on, when it sells so many units a day and seldom
/// none; it stops to be at half of the units or twice the share, so that it does not change to and
/// fro.
constexpr int64_t kStrongObservations = 28;
constexpr double kStrongUnits = 200;
constexpr double kStrongZeroShare = .05;
constexpr double kFollowGain = .02;

double ClippedExp(double log) { return std::exp(std::clamp(log, -kLogMax, kLogMax)); }

}  // namespace

FilterBank::FilterBank(const Hierarchy& hierarchy, const CalendarDesign& design,
                       const FilterConstants& constants)
    : hierarchy_(hierarchy), design_(design), constants_(constants) {
  nodes_.resize(static_cast<size_t>(hierarchy.aggregate_count()));
  for (int32_t i = 0; i < hierarchy.aggregate_count(); ++i) {
    Node& node = nodes_[static_cast<size_t>(i)];
    node.state = hierarchy.StateOf(i);
    Start(&node);
  }
  for (int32_t group = 0; group < hierarchy.group_count(); ++group) {
    auto& sources = sources_.emplace_back();
    static constexpr int32_t kLevels[] = {9, 7, 5, 1};
    const auto series = static_cast<size_t>(hierarchy.group_begin(group));
    for (size_t k = 0; k < sources.size(); ++k) {
      sources[k] = hierarchy.NodesOfSeries(kLevels[k])[series];
    }
  }
  for (int32_t state = -1; state < static_cast<int32_t>(hierarchy.states().size()); ++state) {
    std::vector<Walk>& walks = walks_.emplace_back();
    const auto p = static_cast<size_t>(design_.ColumnCount(state));
    size_t diagonal = 0;
    for (size_t j = 0; j < p; diagonal += p - j, ++j) {
      const double walk = design_.OfColumn(static_cast<int32_t>(j)).walk;
      if (walk > 0) walks.push_back({diagonal, walk});
    }
  }
}

void FilterBank::Start(Node* node) const {
  const auto p = static_cast<size_t>(design_.ColumnCount(node->state));
  node->theta.assign(p, 0.0);
  node->covariance.assign(TriangleSize(p), 0.0);
  double* diagonal = node->covariance.data();
  for (size_t j = 0; j < p; diagonal += p - j, ++j) {
    *diagonal = design_.OfColumn(static_cast<int32_t>(j)).prior;
  }
  node->residuals.assign(kResidualDays, std::numeric_limits<double>::quiet_NaN());
  node->variance = kFirstVariance;
}

void FilterBank::Follow(double units, Node* node) {
  const bool is_zero = units <= 0;
  if (node->observations == 0 && is_zero) return;
  if (node->observations == 0) node->mean = units;
  node->mean += kFollowGain * (units - node->mean);
  node->zero_share += kFollowGain * ((is_zero ? 1 : 0) - node->zero_share);
  const double slack = node->is_strong != 0 ? 2 : 1;
  node->is_strong = node->observations >= kStrongObservations &&
                            node->mean * slack >= kStrongUnits &&
                            node->zero_share <= kStrongZeroShare * slack
                        ? 1
                        : 0;
}

int32_t FilterBank::SourceOf(int32_t group, std::span<const uint8_t> are_strong) const {
  const auto& sources = sources_[static_cast<size_t>(group)];
  for (const int32_t source : sources) {
    if (are_strong[static_cast<size_t>(source)] != 0) return source;
  }
  return sources.back();
}

double FilterBank::Step(Day day, double units, const Entries& entries, Node* node,
                        Scratch* scratch) const {
  const size_t p = node->theta.size();
  const double phi = constants_.short_level_memory;
  constexpr auto kShort = static_cast<size_t>(CalendarDesign::kShortLevelColumn);
  if (phi > 0) {
    node->theta[kShort] *= phi;
    double* const covariance = node->covariance.data();
    covariance[kShort] *= phi;
    for (size_t i = kShort; i < p; ++i) covariance[p + i - kShort] *= phi;
    covariance[p] *= phi;
  }
  for (const Walk& walk : walks_[ByState(node->state)]) {
    node->covariance[walk.element] += walk.variance;
  }
  double calendar = 0;
  for (const auto& [column, value] : entries) {
    calendar += node->theta[static_cast<size_t>(column)] * value;
  }
  double& residual = node->residuals[static_cast<size_t>(day.value() % kResidualDays)];
  residual = std::numeric_limits<double>::quiet_NaN();
  if (design_.IsClosed(day) || std::isnan(units)) return calendar;
  Follow(units, node);
  if (units <= 0) return calendar;
  const double z = std::log(units);
  residual = z - calendar;
  Observe(z, entries, node, scratch);
  return calendar;
}

void FilterBank::Observe(double z, const Entries& entries, Node* node, Scratch* scratch) const {
  const size_t p = node->theta.size();
  std::vector<double>& gain = scratch->gain;
  gain.assign(p, 0.0);
  double expected = node->theta[CalendarDesign::kLevelColumn];
  AddColumn(node->covariance, CalendarDesign::kLevelColumn, 1, gain);
  if (constants_.short_level_memory > 0) {
    expected += node->theta[CalendarDesign::kShortLevelColumn];
    AddColumn(node->covariance, CalendarDesign::kShortLevelColumn, 1, gain);
  }
  for (const auto& [column, value] : entries) {
    expected += node->theta[static_cast<size_t>(column)] * value;
    AddColumn(node->covariance, static_cast<size_t>(column), value, gain);
  }
  double f = 1 + gain[CalendarDesign::kLevelColumn];
  if (constants_.short_level_memory > 0) f += gain[CalendarDesign::kShortLevelColumn];
  for (const auto& [column, value] : entries) f += gain[static_cast<size_t>(column)] * value;
  const double e = z - expected;
  ++node->observations;
  if (node->observations > kFirstObservations) {
    const double squared = std::min(e * e / f, kVarianceClip * node->variance);
    node->variance += constants_.variance_gain * (squared - node->variance);
  }
  double weight = 1;
  if (node->observations > kHuberObservations && e != 0) {
    weight = std::min(1.0, constants_.huber * std::sqrt(f * node->variance) / std::abs(e));
  }
  const double step = e * weight / f;
  for (size_t j = 0; j < p; ++j) node->theta[j] += gain[j] * step;
  Downdate(gain, f, node->covariance);
}

std::vector<std::vector<FilterBank::Entries>> FilterBank::EntriesOf(Day first,
                                                                    int32_t count) const {
  const auto states = static_cast<int32_t>(hierarchy_.states().size());
  std::vector<std::vector<Entries>> days(static_cast<size_t>(count));
  for (int32_t t = 0; t < count; ++t) {
    auto& of_day = days[static_cast<size_t>(t)];
    of_day.resize(static_cast<size_t>(states) + 1);
    for (int32_t state = -1; state < states; ++state) {
      design_.Append(first + t, state, &of_day[ByState(state)]);
    }
  }
  return days;
}

void FilterBank::Advance(Day first, int32_t count, std::span<const double> totals, int32_t threads,
                         std::span<float> factors) {
  const auto days = EntriesOf(first, count);
  const size_t aggregates = nodes_.size();
  std::vector<double> calendars(totals.size());
  std::vector<uint8_t> are_strong(totals.size());
  ParallelFor(threads, static_cast<int32_t>(aggregates), [&](int32_t i) {
    Node& node = nodes_[static_cast<size_t>(i)];
    Scratch scratch;
    for (int32_t t = 0; t < count; ++t) {
      const Entries& entries = days[static_cast<size_t>(t)][ByState(node.state)];
      const auto at = static_cast<size_t>(t) * aggregates + static_cast<size_t>(i);
      are_strong[at] = node.is_strong;
      calendars[at] = Step(first + t, totals[at], entries, &node, &scratch);
    }
  });
  size_t out = 0;
  for (int32_t t = 0; t < count; ++t) {
    const auto row = static_cast<size_t>(t) * aggregates;
    for (int32_t group = 0; group < hierarchy_.group_count(); ++group) {
      const int32_t source =
          SourceOf(group, std::span<const uint8_t>(are_strong).subspan(row, nodes_.size()));
      factors[out++] = static_cast<float>(ClippedExp(calendars[row + static_cast<size_t>(source)]));
    }
  }
}

double FilterBank::LastYear(Day first, int32_t h, const Node& node) const {
  const int32_t last_year = first.value() - kYearDays;
  if (!constants_.uses_last_year || last_year <= kFirstLastYearDay) return 0;
  const auto mean = [&](int32_t begin, int32_t end) {  // Of days in [begin, end).
    double sum = 0;
    int32_t count = 0;
    for (int32_t day = begin; day < std::min(end, first.value()); ++day) {
      const double u = node.residuals[static_cast<size_t>(day % kResidualDays)];
      if (std::isnan(u)) continue;
      sum += u;
      ++count;
    }
    return count > 0 ? sum / count : std::numeric_limits<double>::quiet_NaN();
  };
  const int32_t q = last_year + h;
  const double around = mean(q - 1, q + 2);
  const double before = mean(first.value() - 378, first.value() - 364);
  const double own = node.residuals[static_cast<size_t>(q % kResidualDays)];
  double shift = 0;
  if (!std::isnan(around - before)) {
    shift += kSmoothShift * std::clamp(around - before, -kShiftClip, kShiftClip);
  }
  if (!std::isnan(own - around)) {
    shift += kOwnShift * std::clamp(own - around, -kShiftClip, kShiftClip);
  }
  return shift;
}

void FilterBank::Forecast(Day first, int32_t threads, std::span<double> totals,
                          std::span<float> factors) const {
  const auto days = EntriesOf(first, kHorizon);
  const size_t aggregates = nodes_.size();
  std::vector<double> calendars(totals.size());
  ParallelFor(threads, static_cast<int32_t>(aggregates), [&](int32_t i) {
    const Node& node = nodes_[static_cast<size_t>(i)];
    double short_level = node.theta[CalendarDesign::kShortLevelColumn];
    for (int32_t h = 0; h < kHorizon; ++h) {
      const auto at = static_cast<size_t>(h) * aggregates + static_cast<size_t>(i);
      double calendar = 0;
      for (const auto& [column, value] : days[static_cast<size_t>(h)][ByState(node.state)]) {
        calendar += node.theta[static_cast<size_t>(column)] * value;
      }
      calendars[at] = calendar;
      double log = calendar + node.theta[CalendarDesign::kLevelColumn] + LastYear(first, h, node) +
                   constants_.variance_share * node.variance;
      short_level *= constants_.short_level_memory;
      log += short_level;
      const bool is_silent = design_.IsClosed(first + h) || node.observations == 0;
      totals[at] = is_silent ? 0 : ClippedExp(log) * (1 - node.zero_share);
    }
  });
  std::vector<uint8_t> are_strong;
  for (const Node& node : nodes_) are_strong.push_back(node.is_strong);
  size_t out = 0;
  for (int32_t h = 0; h < kHorizon; ++h) {
    const auto row = static_cast<size_t>(h) * aggregates;
    const bool is_closed = design_.IsClosed(first + h);
    for (int32_t group = 0; group < hierarchy_.group_count(); ++group) {
      const int32_t source = SourceOf(group, are_strong);
      factors[out++] =
          is_closed ? 0.0F
                    : static_cast<float>(ClippedExp(calendars[row + static_cast<size_t>(source)]));
    }
  }
}

std::vector<DriverFactors> FilterBank::Explain(Day first, int32_t count) const {
  const auto days = EntriesOf(first, count);
  std::vector<uint8_t> are_strong;
  for (const Node& node : nodes_) are_strong.push_back(node.is_strong);
  std::vector<DriverFactors> factors;
  factors.reserve(days.size() * static_cast<size_t>(hierarchy_.group_count()));
  for (const auto& day : days) {
    for (int32_t group = 0; group < hierarchy_.group_count(); ++group) {
      const Node& node = nodes_[static_cast<size_t>(SourceOf(group, are_strong))];
      DriverFactors& of_group = factors.emplace_back(DriverFactors{});
      for (const auto& [column, value] : day[ByState(node.state)]) {
        of_group[static_cast<size_t>(design_.DriverOf(column))] +=
            node.theta[static_cast<size_t>(column)] * value;
      }
      for (double& factor : of_group) factor = ClippedExp(factor);
    }
  }
  return factors;
}

void FilterBank::Save(StateWriter* out) const {
  for (const Node& node : nodes_) {
    out->PutAll(node.theta);
    out->PutAll(node.covariance);
    out->PutAll(node.residuals);
    out->Put(node.variance);
    out->Put(node.mean);
    out->Put(node.zero_share);
    out->Put(node.observations);
    out->Put(node.is_strong);
  }
}

bool FilterBank::Load(StateReader* in) {
  for (Node& node : nodes_) {
    if (!in->GetAll(&node.theta) || !in->GetAll(&node.covariance) || !in->GetAll(&node.residuals) ||
        !in->Get(&node.variance) || !in->Get(&node.mean) || !in->Get(&node.zero_share) ||
        !in->Get(&node.observations) || !in->Get(&node.is_strong)) {
      return false;
    }
  }
  return true;
}

}  // namespace tillstream
