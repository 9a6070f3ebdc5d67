#include "forecast/quantile_learner.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "forecast/bit_bin.h"
#include "forecast/parallel.h"

namespace tillstream {
namespace {

/// What is left of a week's counts a week later: half after about 34 weeks.
constexpr double kFade = .98;

/// Errors of logs beyond this are events of their own, and say nothing of the usual deviation.
constexpr double kErrorClip = .5;
/// A node's deviation is pulled to its level's by so many days.
constexpr double kDeviationPrior = 56;
constexpr double kFirstDeviation = .2;
constexpr double kZMax = 6;

/// Gain of the mean and variance of an item's units.
constexpr float kItemGain = .02F;
/// A sale is overdue when so many units were expected since the last one.
constexpr float kOverdueUnits = 2.5F;

/// Ratios fall into bins by the leading bits of the float.
constexpr int kRatioPartBits = 3;
constexpr int kRatioFirstOctave = -5;

/// Counts of the wider class that a cell of its own is filled up with.
constexpr double kCellPrior = 30;

constexpr size_t kWeeks = QuantileTables::kWeeks;
constexpr size_t kSizeBins = QuantileTables::kSizeBins;
constexpr size_t kDispersions = QuantileTables::kDispersions;
constexpr size_t kClasses = QuantileTables::kClasses;
constexpr int32_t kAggregateLevels = QuantileTables::kAggregateLevels;
constexpr int32_t kItemLevels = QuantileTables::kItemLevels;

size_t SizeBinOf(float mean) { return QuantileTables::SizeBinOf(mean); }

/// The standard normal's at kQuantiles.
constexpr std::array<double, kQuantileCount> kNormalQuantiles = {
    -2.5758, -1.9600, -.9741, -.6745, 0, .6745, .9741, 1.9600, 2.5758};

/// Finds each of kQuantiles in counts, as a place on the axis of bins: 3.5 is the middle of bin 3.
template <typename Counts>
std::array<double, kQuantileCount> QuantilePlaces(const Counts& counts, double total) {
  std::array<double, kQuantileCount> places{};
  size_t bin = 0;
  double below = 0;
  for (size_t u = 0; u < kQuantileCount; ++u) {
    const double target = kQuantiles[u] * total;
    while (bin + 1 < counts.size() && below + static_cast<double>(counts[bin]) < target) {
      below += static_cast<double>(counts[bin++]);
    }
    const auto here = static_cast<double>(counts[bin]);
    const double part = here > 0 ? std::clamp((target - below) / here, 0.0, 1.0) : 0;
    places[u] = static_cast<double>(bin) + part;
  }
  return places;
}

}  // namespace

QuantileLearner::QuantileLearner(const Hierarchy& hierarchy, int32_t threads)
    : hierarchy_(hierarchy),
      threads_(threads),
      first_item_node_(hierarchy.first_node(10)),
      squares_(static_cast<size_t>(hierarchy.aggregate_count())),
      square_counts_(squares_.size()),
      z_counts_(kAggregateLevels * kWeeks * kZBins),
      mean_(static_cast<size_t>(hierarchy.node_count() - first_item_node_)),
      spread_(mean_.size()),
      overdue_(mean_.size()),
      counts_(kItemLevels * kSizeBins * kClasses * kRatioBins) {
  for (Frozen& frozen : frozen_) {
    frozen.means.resize(static_cast<size_t>(hierarchy.node_count()) * kHorizon);
    frozen.classes.resize(mean_.size());
    frozen.counts.resize(counts_.size());
  }
}

size_t QuantileLearner::RatioBinOf(float ratio) {
  if (ratio == 0) return 0;
  const int32_t bin = 1 + BitBin(ratio, kRatioPartBits, kRatioFirstOctave);
  return static_cast<size_t>(std::clamp<int32_t>(bin, 1, kRatioBins - 1));
}

float QuantileLearner::RatioAt(double place) {
  if (place < 1) return 0;
  constexpr int kParts = 1 << kRatioPartBits;
  const double at = place - 1;
  const double octave = std::floor(at / kParts);
  return static_cast<float>(std::ldexp(1 + (at - octave * kParts) / kParts,
                                       kRatioFirstOctave + static_cast<int>(octave)));
}

void QuantileLearner::Freeze(Day first, std::vector<float> means) {
  Fade();
  Frozen& frozen = frozen_[next_frozen_];
  next_frozen_ = (next_frozen_ + 1) % kFrozenMax;
  frozen.first = first.value();
  frozen.classes = ClassesOf(means);
  frozen.means = std::move(means);
}

void QuantileLearner::Fade() {
  for (float& count : counts_) count *= static_cast<float>(kFade);
  for (Frozen& frozen : frozen_) {
    for (size_t i = 0; i < counts_.size(); ++i) counts_[i] += static_cast<float>(frozen.counts[i]);
    std::fill(frozen.counts.begin(), frozen.counts.end(), 0U);
  }
  for (auto* values : {&squares_, &square_counts_, &z_counts_}) {
    for (double& value : *values) value *= kFade;
  }
}

std::vector<uint8_t> QuantileLearner::ClassesOf(std::span<const float> means) const {
  const auto nodes = static_cast<size_t>(hierarchy_.node_count());
  std::vector<uint8_t> classes(mean_.size());
  std::vector<std::vector<std::pair<float, int32_t>>> bins(kSizeBins);
  for (int32_t level = 10; level <= kLevelCount; ++level) {
    for (auto& bin : bins) bin.clear();
    for (int32_t node = hierarchy_.first_node(level); node < hierarchy_.end_node(level); ++node) {
      float sum = 0;
      for (size_t h = 0; h < kHorizon; ++h) sum += means[h * nodes + static_cast<size_t>(node)];
      const int32_t i = node - first_item_node_;
      const auto at = static_cast<size_t>(i);
      const float dispersion = (spread_[at] + .02F) / (mean_[at] + .05F);
      bins[SizeBinOf(sum / kHorizon)].emplace_back(dispersion, i);
    }
    for (auto& bin : bins) {
      std::sort(bin.begin(), bin.end());
      for (size_t k = 0; k < bin.size(); ++k) {
        const auto at = static_cast<size_t>(bin[k].second);
        const size_t quintile = k * kDispersions / bin.size();
        classes[at] = static_cast<uint8_t>(quintile * 2 + (overdue_[at] > kOverdueUnits ? 1 : 0));
      }
    }
  }
  return classes;
}

void QuantileLearner::Observe(Day day, std::span<const float> units) {
  const auto day_of = [&](const Frozen& frozen) {
    const int32_t h = day.value() - frozen.first;
    return frozen.first == 0 || h >= kHorizon ? -1 : h;
  };
  constexpr auto kTasks = static_cast<int32_t>(kFrozenMax);
  // The last task is what follows the items; the others only read what it does not change.
  ParallelFor(threads_, kTasks + 1, [&](int32_t task) {
    if (task == kTasks) return FollowItems(day, units);
    Frozen& frozen = frozen_[static_cast<size_t>(task)];
    const int32_t h = day_of(frozen);
    if (h >= 0) ObserveItems(static_cast<size_t>(h), units, &frozen);
  });
  for (const Frozen& frozen : frozen_) {
    const int32_t h = day_of(frozen);
    if (h >= 0) ObserveAggregates(frozen, static_cast<size_t>(h), units);
  }
}

double QuantileLearner::DeviationOf(int32_t node, int32_t level) const {
  double squares = 0;
  double count = 0;
  for (int32_t other = hierarchy_.first_node(level); other < hierarchy_.end_node(level); ++other) {
    squares += squares_[static_cast<size_t>(other)];
    count += square_counts_[static_cast<size_t>(other)];
  }
  const double of_level = count > 0 ? squares / count : kFirstDeviation * kFirstDeviation;
  const auto i = static_cast<size_t>(node);
  return std::sqrt((squares_[i] + kDeviationPrior * of_level) /
                   (square_counts_[i] + kDeviationPrior));
}

void QuantileLearner::ObserveAggregates(const Frozen& frozen, size_t h,
                                        std::span<const float> units) {
  const float* const means = &frozen.means[h * static_cast<size_t>(hierarchy_.node_count())];
  for (int32_t level = 1; level <= kAggregateLevels; ++level) {
    const size_t row = (static_cast<size_t>(level - 1) * kWeeks + h / 7) * kZBins;
    for (int32_t node = hierarchy_.first_node(level); node < hierarchy_.end_node(level); ++node) {
      const auto i = static_cast<size_t>(node);
      // Also false for a day that is not known.
      if (!(units[i] > 0) || means[i] <= 0) continue;
      const double e = std::log(static_cast<double>(units[i]) / static_cast<double>(means[i]));
      const double z = e / DeviationOf(node, level);
      const double place = (std::clamp(z, -kZMax, kZMax) + kZMax) / (2 * kZMax) * kZBins;
      ++z_counts_[row + std::min(kZBins - 1, static_cast<size_t>(place))];
      const double clipped = std::clamp(e, -kErrorClip, kErrorClip);
      squares_[i] += clipped * clipped;
      ++square_counts_[i];
    }
  }
}

void QuantileLearner::ObserveItems(size_t h, std::span<const float> units, Frozen* frozen) const {
  const float* const means = &frozen->means[h * static_cast<size_t>(hierarchy_.node_count())];
  for (int32_t level = 10; level <= kLevelCount; ++level) {
    const auto of_level = static_cast<size_t>(level - 10);
    for (int32_t node = hierarchy_.first_node(level); node < hierarchy_.end_node(level); ++node) {
      const auto i = static_cast<size_t>(node);
      const float y = units[i];
      const float f = means[i];
      if (!(f > 0) || std::isnan(y)) continue;
      const size_t item_class = frozen->classes[static_cast<size_t>(node - first_item_node_)];
      ++frozen->counts[CellOf(of_level, SizeBinOf(f), item_class) + RatioBinOf(y / f)];
    }
  }
}

void QuantileLearner::FollowItems(Day day, std::span<const float> units) {
  const Frozen& latest = frozen_[(next_frozen_ + kFrozenMax - 1) % kFrozenMax];
  const int32_t h = day.value() - latest.first;
  const bool has_mean = latest.first > 0 && h >= 0 && h < kHorizon;
  const float* const means =
      has_mean
          ? &latest.means[static_cast<size_t>(h) * static_cast<size_t>(hierarchy_.node_count())]
          : nullptr;
  for (size_t i = 0; i < mean_.size(); ++i) {
    const size_t node = i + static_cast<size_t>(first_item_node_);
    const float y = units[node];
    if (std::isnan(y)) continue;
    const float e = y - mean_[i];
    mean_[i] += kItemGain * e;
    spread_[i] += kItemGain * (e * e - spread_[i]);
    overdue_[i] = y > 0 ? 0.0F : overdue_[i] + (means != nullptr ? means[node] : 0.0F);
  }
}

std::vector<std::array<double, kQuantileCount>> QuantileLearner::ZQuantiles() const {
  std::vector<std::array<double, kQuantileCount>> quantiles(kAggregateLevels * kWeeks);
  for (size_t row = 0; row < quantiles.size(); ++row) {
    const std::span<const double> counts(&z_counts_[row * kZBins], kZBins);
    double total = 0;
    for (const double count : counts) total += count;
    if (total <= 0) {
      quantiles[row] = kNormalQuantiles;
      continue;
    }
    quantiles[row] = QuantilePlaces(counts, total);
    for (double& place : quantiles[row]) place = place / kZBins * 2 * kZMax - kZMax;
  }
  return quantiles;
}

std::vector<QuantileTables::OfCell> QuantileLearner::RatioQuantiles() const {
  std::vector<QuantileTables::OfCell> table(kItemLevels * kSizeBins * kClasses);
  std::vector<double> of_level(kRatioBins);
  std::vector<double> of_size(kRatioBins);
  std::vector<double> of_cell(kRatioBins);
  const auto add = [](std::vector<double>* sums, const float* counts, double* total) {
    for (size_t bin = 0; bin < kRatioBins; ++bin) {
      (*sums)[bin] += static_cast<double>(counts[bin]);
      *total += static_cast<double>(counts[bin]);
    }
  };
  // Fills `sums` up with kCellPrior counts distributed as the wider class.
  const auto fill_up = [](std::vector<double>* sums, const std::vector<double>& wider,
                          double wider_total, double* total) {
    if (wider_total <= 0) return;
    for (size_t bin = 0; bin < kRatioBins; ++bin) {
      (*sums)[bin] += kCellPrior * wider[bin] / wider_total;
    }
    *total += kCellPrior;
  };
  for (size_t level = 0; level < kItemLevels; ++level) {
    double level_total = 0;
    std::fill(of_level.begin(), of_level.end(), 0.0);
    for (size_t cell = 0; cell < kSizeBins * kClasses; ++cell) {
      add(&of_level, &counts_[CellOf(level, 0, cell)], &level_total);
    }
    for (size_t size = 0; size < kSizeBins; ++size) {
      double size_total = 0;
      std::fill(of_size.begin(), of_size.end(), 0.0);
      for (size_t k = 0; k < kClasses; ++k) {
        add(&of_size, &counts_[CellOf(level, size, k)], &size_total);
      }
      fill_up(&of_size, of_level, level_total, &size_total);
      for (size_t k = 0; k < kClasses; ++k) {
        double total = 0;
        std::fill(of_cell.begin(), of_cell.end(), 0.0);
        add(&of_cell, &counts_[CellOf(level, size, k)], &total);
        fill_up(&of_cell, of_size, size_total, &total);
        auto& quantiles = table[CellOf(level, size, k) / kRatioBins];
        const auto places = QuantilePlaces(of_cell, total);
        for (size_t u = 0; u < kQuantileCount; ++u) {
          // Nothing learnt yet: as an exponential distribution.
          quantiles[u] =
              total > 0 ? RatioAt(places[u]) : static_cast<float>(-std::log1p(-kQuantiles[u]));
        }
      }
    }
  }
  return table;
}

QuantileTables QuantileLearner::Tables(std::span<const float> means) const {
  TILLSTREAM_CHECK(means.size() == static_cast<size_t>(hierarchy_.node_count()) * kHorizon);
  QuantileTables tables(hierarchy_);
  for (int32_t node = 0; node < hierarchy_.aggregate_count(); ++node) {
    tables.deviations[static_cast<size_t>(node)] = DeviationOf(node, hierarchy_.LevelOf(node));
  }
  tables.z = ZQuantiles();
  tables.classes = ClassesOf(means);
  tables.ratios = RatioQuantiles();
  return tables;
}

void QuantileLearner::Save(StateWriter* out) const {
  for (const Frozen& frozen : frozen_) {
    out->Put(frozen.first);
    out->PutAll(frozen.means);
    out->PutAll(frozen.classes);
    out->PutAll(frozen.counts);
  }
  out->Put(static_cast<uint64_t>(next_frozen_));
  for (const auto* values : {&squares_, &square_counts_, &z_counts_}) out->PutAll(*values);
  for (const auto* values : {&mean_, &spread_, &overdue_, &counts_}) out->PutAll(*values);
}

bool QuantileLearner::Load(StateReader* in) {
  bool is_right = true;
  for (Frozen& frozen : frozen_) {
    is_right &= in->Get(&frozen.first) && in->GetAll(&frozen.means) &&
                in->GetAll(&frozen.classes) && in->GetAll(&frozen.counts);
  }
  uint64_t next = 0;
  is_right &= in->Get(&next) && next < kFrozenMax;
  next_frozen_ = static_cast<size_t>(next);
  for (auto* values : {&squares_, &square_counts_, &z_counts_}) is_right &= in->GetAll(values);
  for (auto* values : {&mean_, &spread_, &overdue_, &counts_}) is_right &= in->GetAll(values);
  for (const Frozen& frozen : frozen_) {
    for (const uint8_t of_node : frozen.classes) is_right &= of_node < kClasses;
  }
  return is_right;
}

}  // namespace tillstream
