#include "forecast/accuracy.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/check.h"

namespace tillstream {
namespace {

/// Days whose revenue makes the weights.
constexpr size_t kWeightDays = 28;

constexpr double kNotDefined = std::numeric_limits<double>::quiet_NaN();

double Pinball(double u, double y, double q) { return y >= q ? u * (y - q) : (1 - u) * (q - y); }

/// Whether anything at a level has a weight and a scale; its measures are not defined otherwise.
bool IsMeasured(const Hierarchy& hierarchy, int32_t level, const Scales& scales) {
  for (int32_t node = hierarchy.first_node(level); node < hierarchy.end_node(level); ++node) {
    const auto i = static_cast<size_t>(node);
    if (scales.weights[i] > 0 && scales.squared[i] > 0) return true;
  }
  return false;
}

template <typename Get>
double MeanOverLevels(const Accuracy& accuracy, Get get) {
  double sum = 0;
  for (const LevelAccuracy& level : accuracy.levels) sum += get(level);
  return sum / kLevelCount;
}

double Ratio(double part, double whole) { return whole > 0 ? part / whole : kNotDefined; }

}  // namespace

AccuracyScales::AccuracyScales(const Hierarchy& hierarchy)
    : hierarchy_(hierarchy),
      today_(static_cast<size_t>(hierarchy.node_count())),
      last_(today_.size()),
      squared_(today_.size()),
      absolute_(today_.size()),
      differences_(today_.size(), -1),
      recent_(kWeightDays, std::vector<float>(static_cast<size_t>(hierarchy.series_count()))) {}

void AccuracyScales::Advance(std::span<const float> units, std::span<const float> revenue) {
  hierarchy_.Aggregate(units, today_);
  for (size_t i = 0; i < today_.size(); ++i) {
    if (differences_[i] >= 0) {
      const double difference = today_[i] - last_[i];
      squared_[i] += difference * difference;
      absolute_[i] += std::abs(difference);
      ++differences_[i];
    } else if (today_[i] != 0) {
      differences_[i] = 0;
    }
    last_[i] = today_[i];
  }
  std::copy(revenue.begin(), revenue.end(), recent_[next_recent_].begin());
  next_recent_ = (next_recent_ + 1) % kWeightDays;
}

Scales AccuracyScales::Now() const {
  Scales scales{squared_, absolute_, Weights()};
  for (size_t i = 0; i < differences_.size(); ++i) {
    const int32_t count = differences_[i];
    scales.squared[i] = count > 0 ? scales.squared[i] / count : 0;
    scales.absolute[i] = count > 0 ? scales.absolute[i] / count : 0;
  }
  return scales;
}

void AccuracyScales::Save(StateWriter* out) const {
  for (const auto* values : {&last_, &squared_, &absolute_}) out->PutAll(*values);
  out->PutAll(differences_);
  for (const std::vector<float>& day : recent_) out->PutAll(day);
  out->Put(static_cast<uint64_t>(next_recent_));
}

bool AccuracyScales::Load(StateReader* in) {
  bool is_right = true;
  for (auto* values : {&last_, &squared_, &absolute_}) is_right &= in->GetAll(values);
  is_right &= in->GetAll(&differences_);
  for (std::vector<float>& day : recent_) is_right &= in->GetAll(&day);
  uint64_t next = 0;
  is_right &= in->Get(&next) && next < kWeightDays;
  next_recent_ = static_cast<size_t>(next);
  return is_right;
}

void Scales::Save(StateWriter* out) const {
  for (const auto* values : {&squared, &absolute, &weights}) out->PutAll(*values);
}

bool Scales::Load(StateReader* in) {
  return in->GetAll(&squared) && in->GetAll(&absolute) && in->GetAll(&weights);
}

std::vector<double> AccuracyScales::Weights() const {
  std::vector<float> series(static_cast<size_t>(hierarchy_.series_count()));
  for (size_t i = 0; i < series.size(); ++i) {
    double sum = 0;
    for (const std::vector<float>& day : recent_) sum += static_cast<double>(day[i]);
    series[i] = static_cast<float>(sum);
  }
  std::vector<double> weights(today_.size());
  hierarchy_.Aggregate(series, weights);
  for (int32_t level = 1; level <= kLevelCount; ++level) {
    const auto begin = weights.begin() + hierarchy_.first_node(level);
    const auto end = weights.begin() + hierarchy_.end_node(level);
    double sum = 0;
    for (auto weight = begin; weight != end; ++weight) sum += *weight;
    for (auto weight = begin; weight != end; ++weight) *weight = sum > 0 ? *weight / sum : 0;
  }
  return weights;
}

double Accuracy::wrmsse() const {
  return MeanOverLevels(*this, [](const LevelAccuracy& level) { return level.wrmsse; });
}
double Accuracy::wspl() const {
  return MeanOverLevels(*this, [](const LevelAccuracy& level) { return level.wspl; });
}

Accuracy ScoreMeans(const Hierarchy& hierarchy, const Scales& scales,
                    std::span<const double> actual, std::span<const double> forecast) {
  const auto nodes = static_cast<size_t>(hierarchy.node_count());
  TILLSTREAM_CHECK(actual.size() == nodes * kHorizon && forecast.size() == actual.size());
  Accuracy accuracy;
  for (int32_t level = 1; level <= kLevelCount; ++level) {
    LevelAccuracy& score = accuracy.levels[static_cast<size_t>(level - 1)];
    double actual_sum = 0;
    double forecast_sum = 0;
    double error_sum = 0;
    for (int32_t node = hierarchy.first_node(level); node < hierarchy.end_node(level); ++node) {
      double squared = 0;
      for (size_t h = 0; h < kHorizon; ++h) {
        const size_t at = h * nodes + static_cast<size_t>(node);
        const double error = actual[at] - forecast[at];
        squared += error * error;
        error_sum += std::abs(error);
        actual_sum += actual[at];
        forecast_sum += forecast[at];
      }
      const double scale = scales.squared[static_cast<size_t>(node)];
      if (scale <= 0) continue;
      score.wrmsse +=
          scales.weights[static_cast<size_t>(node)] * std::sqrt(squared / kHorizon / scale);
    }
    if (!IsMeasured(hierarchy, level, scales)) score.wrmsse = kNotDefined;
    score.wape = Ratio(error_sum, actual_sum);
    score.bias = Ratio(forecast_sum - actual_sum, actual_sum);
  }
  return accuracy;
}

namespace {

/// `quantiles_of` gives those of a node, [kHorizon][kQuantileCount].
template <typename QuantilesOf>
void ScoreNodes(const Hierarchy& hierarchy, const Scales& scales, std::span<const double> actual,
                QuantilesOf quantiles_of, Accuracy* accuracy) {
  const auto nodes = static_cast<size_t>(hierarchy.node_count());
  accuracy->has_quantiles = true;
  for (int32_t level = 1; level <= kLevelCount; ++level) {
    LevelAccuracy& score = accuracy->levels[static_cast<size_t>(level - 1)];
    std::array<int64_t, 3> inside{};
    for (int32_t node = hierarchy.first_node(level); node < hierarchy.end_node(level); ++node) {
      const float* q = quantiles_of(node);
      double loss = 0;
      for (size_t h = 0; h < kHorizon; ++h, q += kQuantileCount) {
        const double y = actual[h * nodes + static_cast<size_t>(node)];
        for (size_t u = 0; u < kQuantileCount; ++u) {
          loss += Pinball(kQuantiles[u], y, static_cast<double>(q[u]));
        }
        for (size_t k = 0; k < inside.size(); ++k) {
          const auto low = static_cast<double>(q[kIntervals[k][0]]);
          const auto high = static_cast<double>(q[kIntervals[k][1]]);
          inside[k] += y >= low && y <= high ? 1 : 0;
        }
      }
      const double scale = scales.absolute[static_cast<size_t>(node)];
      if (scale <= 0) continue;
      score.wspl += scales.weights[static_cast<size_t>(node)] * loss / kHorizon / scale /
                    static_cast<double>(kQuantileCount);
    }
    if (!IsMeasured(hierarchy, level, scales)) score.wspl = kNotDefined;
    const double count = (hierarchy.end_node(level) - hierarchy.first_node(level)) * kHorizon;
    for (size_t k = 0; k < inside.size(); ++k) {
      score.coverage[k] = Ratio(static_cast<double>(inside[k]), count);
    }
  }
}

}  // namespace

void ScoreQuantiles(const Hierarchy& hierarchy, const Scales& scales,
                    std::span<const double> actual, std::span<const float> quantiles,
                    Accuracy* accuracy) {
  constexpr size_t kOfNode = kHorizon * kQuantileCount;
  TILLSTREAM_CHECK(quantiles.size() == static_cast<size_t>(hierarchy.node_count()) * kOfNode);
  ScoreNodes(
      hierarchy, scales, actual,
      [&](int32_t node) { return &quantiles[static_cast<size_t>(node) * kOfNode]; }, accuracy);
}

void ScoreQuantiles(const Hierarchy& hierarchy, const Scales& scales,
                    std::span<const double> actual, std::span<const float> means,
                    const QuantileTables& tables, Accuracy* accuracy) {
  std::array<float, kHorizon * kQuantileCount> of_node{};
  ScoreNodes(
      hierarchy, scales, actual,
      [&](int32_t node) {
        tables.Quantiles(hierarchy, means, node, node + 1, of_node);
        return of_node.data();
      },
      accuracy);
}

std::vector<double> AggregateDays(const Hierarchy& hierarchy, std::span<const float> days) {
  const auto series = static_cast<size_t>(hierarchy.series_count());
  const auto nodes = static_cast<size_t>(hierarchy.node_count());
  const size_t count = days.size() / series;
  std::vector<double> sums(count * nodes);
  for (size_t day = 0; day < count; ++day) {
    hierarchy.Aggregate(days.subspan(day * series, series),
                        std::span<double>(sums).subspan(day * nodes, nodes));
  }
  return sums;
}

}  // namespace tillstream
