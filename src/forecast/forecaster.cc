#include "forecast/forecaster.h"

#include <algorithm>
#include <limits>

#include "forecast/parallel.h"

namespace tillstream {
namespace {

constexpr int32_t kFreezeDays = 7;

/// Before there is a year's worth of it, a forecast says nothing about those to come.
constexpr int32_t kFirstFreeze = 197;

}  // namespace

Forecaster::Forecaster(const Hierarchy& hierarchy, const KnownDays& known, int32_t threads,
                       Day learn_from)
    : hierarchy_(hierarchy),
      threads_(threads),
      learn_from_(std::max(learn_from, Day(kFirstFreeze))),
      model_(Rung::kPooled, hierarchy, known, threads),
      learner_(hierarchy, threads) {}

void Forecaster::Advance(std::span<const DaySales> days) {
  while (!days.empty()) {
    const Day next = model_.next_day();
    if (next < learn_from_) {
      const auto count = std::min<size_t>(days.size(), static_cast<size_t>(learn_from_ - next));
      model_.Advance(days.first(count));
      days = days.subspan(count);
      continue;
    }
    const int32_t of_week = next.value() % kFreezeDays;
    if (of_week == 0) FreezeNow();
    const auto count = std::min(days.size(), static_cast<size_t>(kFreezeDays - of_week));
    ObserveDays(days.first(count));
    model_.Advance(days.first(count));
    days = days.subspan(count);
  }
}

std::vector<float> Forecaster::NodesOf(std::span<const float> days) const {
  const auto series = static_cast<size_t>(hierarchy_.series_count());
  const auto nodes = static_cast<size_t>(hierarchy_.node_count());
  const size_t count = days.size() / series;
  std::vector<float> sums(count * nodes);
  ParallelFor(threads_, static_cast<int32_t>(count), [&](int32_t t) {
    const auto day = static_cast<size_t>(t);
    std::vector<double> exact(nodes);
    hierarchy_.Aggregate(days.subspan(day * series, series), exact);
    for (size_t i = 0; i < nodes; ++i) sums[day * nodes + i] = static_cast<float>(exact[i]);
  });
  return sums;
}

void Forecaster::FreezeNow() {
  std::vector<float> means(static_cast<size_t>(hierarchy_.series_count()) * kHorizon);
  model_.Forecast(means);
  learner_.Freeze(model_.next_day(), NodesOf(means));
}

void Forecaster::ObserveDays(std::span<const DaySales> days) {
  std::vector<float> units;
  for (const DaySales& day : days) {
    const auto begin = static_cast<std::ptrdiff_t>(units.size());
    units.insert(units.end(), day.units.begin(), day.units.end());
    for (int32_t group = 0; group < hierarchy_.group_count(); ++group) {
      if (day.knows(hierarchy_.group_store(group))) continue;
      // What contains an unknown store is unknown.
      std::fill(units.begin() + begin + hierarchy_.group_begin(group),
                units.begin() + begin + hierarchy_.group_end(group),
                std::numeric_limits<float>::quiet_NaN());
    }
  }
  const std::vector<float> sums = NodesOf(units);
  const auto nodes = static_cast<size_t>(hierarchy_.node_count());
  for (size_t t = 0; t < days.size(); ++t) {
    learner_.Observe(days[t].day, std::span<const float>(sums).subspan(t * nodes, nodes));
  }
}

void Forecaster::Quantiles(std::span<const float> means, std::span<float> quantiles) const {
  const std::vector<float> nodes = NodesOf(means);
  const QuantileTables tables = Tables(nodes);
  constexpr int32_t kChunk = 1024;
  constexpr size_t kOfNode = kHorizon * kQuantileCount;
  const int32_t count = hierarchy_.node_count();
  ParallelFor(threads_, (count + kChunk - 1) / kChunk, [&](int32_t chunk) {
    const int32_t begin = chunk * kChunk;
    const int32_t end = std::min(count, begin + kChunk);
    tables.Quantiles(hierarchy_, nodes, begin, end,
                     quantiles.subspan(static_cast<size_t>(begin) * kOfNode,
                                       static_cast<size_t>(end - begin) * kOfNode));
  });
}

std::string Forecaster::Save() const {
  std::string state = model_.Save();
  std::string all;
  StateWriter out(&all);
  out.Put(version());
  out.Put(static_cast<uint64_t>(state.size()));
  all += state;
  learner_.Save(&out);
  return all;
}

bool Forecaster::Load(std::string_view state) {
  StateReader header(state);
  int32_t of_version = 0;
  uint64_t size = 0;
  if (!header.Get(&of_version) || !header.Get(&size) || of_version != version()) return false;
  state.remove_prefix(sizeof(of_version) + sizeof(size));
  if (size > state.size() || !model_.Load(state.substr(0, size))) return false;
  StateReader in(state.substr(size));
  return learner_.Load(&in) && in.at_end();
}

}  // namespace tillstream
