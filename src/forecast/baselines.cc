#include "forecast/baselines.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "forecast/recent_days.h"

namespace tillstream {
namespace {

constexpr int32_t kWeek = 7;

/// Begin of the forecast of day h of the horizon.
std::span<float> DayOf(std::span<float> means, size_t h) {
  const size_t series = means.size() / kHorizon;
  return means.subspan(h * series, series);
}

/// Writes one day's forecast for all days.
void RepeatFirstDay(std::span<float> means) {
  const std::span<float> first = DayOf(means, 0);
  for (size_t h = 1; h < kHorizon; ++h)
    std::copy(first.begin(), first.end(), DayOf(means, h).begin());
}

/// What all baselines do with their days.
class Baseline : public OnlineModel {
 public:
  explicit Baseline(const Hierarchy& hierarchy) : recent_(hierarchy) {}
  int32_t version() const override { return 1; }
  void Advance(std::span<const DaySales> days) override {
    for (const DaySales& day : days) {
      recent_.Add(day);
      Follow(recent_.last());
    }
  }

 protected:
  virtual void Follow(const std::vector<float>& /*units*/) {}

  RecentDays recent_;
};

/// The mean of some of the last days, of the same weekday or not.
class MeanOfDays final : public Baseline {
 public:
  /// Of `count` days, `step` apart: 7 apart they are the same weekdays.
  MeanOfDays(const char* name, const Hierarchy& hierarchy, int32_t count, int32_t step)
      : Baseline(hierarchy), name_(name), count_(count), step_(step) {}
  const char* name() const override { return name_; }
  void Forecast(std::span<float> means) const override {
    for (int32_t h = 0; h < kHorizon; ++h) {
      const std::span<float> day = DayOf(means, static_cast<size_t>(h));
      std::fill(day.begin(), day.end(), 0.0F);
      for (int32_t k = 0; k < count_; ++k) {
        const std::vector<float>& past = recent_.Back(k * step_ + step_ - h % step_);
        for (size_t i = 0; i < day.size(); ++i) day[i] += past[i];
      }
      for (float& mean : day) mean /= static_cast<float>(count_);
    }
  }

 private:
  const char* const name_;
  const int32_t count_;
  const int32_t step_;
};

/// Croston's method: sizes and intervals of demand are smoothed apart.
class Croston final : public Baseline {
 public:
  explicit Croston(const Hierarchy& hierarchy)
      : Baseline(hierarchy), states_(static_cast<size_t>(hierarchy.series_count())) {}
  const char* name() const override { return "croston"; }
  void Forecast(std::span<float> means) const override {
    for (size_t i = 0; i < states_.size(); ++i) {
      const State& state = states_[i];
      means[i] = state.interval > 0 ? static_cast<float>(state.size / state.interval) : 0.0F;
    }
    RepeatFirstDay(means);
  }

 private:
  struct State {
    double size = 0;
    double interval = 0;  ///< 0 before the first sale.
    double since = 1;     ///< Days since the last sale, the day to come included.
  };
  void Follow(const std::vector<float>& units) override {
    constexpr double kAlpha = .1;
    for (size_t i = 0; i < states_.size(); ++i) {
      State& state = states_[i];
      const auto y = static_cast<double>(units[i]);
      if (y == 0) {
        ++state.since;
        continue;
      }
      if (state.interval == 0) {
        state.size = y;
        state.interval = 1;
      } else {
        state.size += kAlpha * (y - state.size);
        state.interval += kAlpha * (state.since - state.interval);
      }
      state.since = 1;
    }
  }

  std::vector<State> states_;
};

/// Simple exponential smoothing whose alpha is the best of [.1, .3] for all days so far, without
/// keeping them. The squared error as a function of alpha, and the level, are followed at Chebyshev
/// points; in between both are the polynomials through them, which is exact enough to find alpha to
/// 1e-4 (both are smooth on so short an interval).
class Ses final : public Baseline {
 public:
  explicit Ses(const Hierarchy& hierarchy)
      : Baseline(hierarchy), states_(static_cast<size_t>(hierarchy.series_count())) {
    for (size_t k = 0; k < kPoints; ++k) {
      nodes_[k] = std::cos(kPi * (2.0 * static_cast<double>(k) + 1) / (2.0 * kPoints));
      alphas_[k] = kMiddle + kHalf * nodes_[k];
    }
  }
  const char* name() const override { return "ses"; }
  void Forecast(std::span<float> means) const override {
    for (size_t i = 0; i < states_.size(); ++i) {
      const State& state = states_[i];
      means[i] = state.started ? static_cast<float>(std::max(
                                     0.0, At(Coefficients(state.level), BestAt(state.error))))
                               : 0.0F;
    }
    RepeatFirstDay(means);
  }

 private:
  static constexpr size_t kPoints = 10;
  static constexpr double kMiddle = .2;
  static constexpr double kHalf = .1;
  static constexpr double kPi = 3.14159265358979323846;
  using Values = std::array<double, kPoints>;

  struct State {
    Values level{};
    Values error{};
    bool started = false;
  };

  void Follow(const std::vector<float>& units) override {
    for (size_t i = 0; i < states_.size(); ++i) {
      State& state = states_[i];
      const auto y = static_cast<double>(units[i]);
      if (!state.started) {
        state.started = y != 0;
        state.level.fill(y);
        continue;
      }
      for (size_t k = 0; k < kPoints; ++k) {
        const double e = y - state.level[k];
        state.error[k] += e * e;
        state.level[k] += alphas_[k] * e;
      }
    }
  }

  /// Coefficients of the Chebyshev polynomials through the values at the points.
  Values Coefficients(const Values& values) const {
    Values coefficients{};
    for (size_t j = 0; j < kPoints; ++j) {
      for (size_t k = 0; k < kPoints; ++k) {
        coefficients[j] +=
            values[k] * std::cos(kPi * static_cast<double>(j) * (2.0 * static_cast<double>(k) + 1) /
                                 (2.0 * kPoints));
      }
      coefficients[j] *= (j == 0 ? 1.0 : 2.0) / kPoints;
    }
    return coefficients;
  }
  /// Their sum at x in [-1, 1], by Clenshaw's recursion.
  static double At(const Values& coefficients, double x) {
    double b1 = 0;
    double b2 = 0;
    for (size_t j = kPoints; j-- > 1;) {
      const double b = coefficients[j] + 2 * x * b1 - b2;
      b2 = b1;
      b1 = b;
    }
    return coefficients[0] + x * b1 - b2;
  }
  /// Where in [-1, 1] the error is least, by golden section.
  double BestAt(const Values& errors) const {
    constexpr double kGolden = .6180339887498949;
    constexpr double kTolerance = 1e-4 / kHalf;
    const Values coefficients = Coefficients(errors);
    double low = -1;
    double high = 1;
    while (high - low > kTolerance) {
      const double a = high - kGolden * (high - low);
      const double b = low + kGolden * (high - low);
      if (At(coefficients, a) < At(coefficients, b)) {
        high = b;
      } else {
        low = a;
      }
    }
    return (low + high) / 2;
  }

  Values nodes_{};
  Values alphas_{};
  std::vector<State> states_;
};

/// Exponential smoothing with an additive week and no trend: eight floats a series.
class Ana final : public Baseline {
 public:
  explicit Ana(const Hierarchy& hierarchy)
      : Baseline(hierarchy), states_(static_cast<size_t>(hierarchy.series_count())) {}
  const char* name() const override { return "ana"; }
  void Forecast(std::span<float> means) const override {
    for (int32_t h = 0; h < kHorizon; ++h) {
      const std::span<float> day = DayOf(means, static_cast<size_t>(h));
      const auto k = static_cast<size_t>((recent_.count() + h) % kWeek);
      for (size_t i = 0; i < day.size(); ++i) {
        day[i] = std::max(0.0F, states_[i].level + states_[i].week[k]);
      }
    }
  }

 private:
  struct State {
    float level = 0;
    std::array<float, kWeek> week{};
    int32_t days = 0;  ///< Since the first sale, that day included.
  };
  void Follow(const std::vector<float>& units) override {
    constexpr float kAlpha = .05F;
    constexpr float kGamma = .01F;
    constexpr int32_t kWarmUpDays = 28;
    const auto k = static_cast<size_t>((recent_.count() - 1) % kWeek);
    for (size_t i = 0; i < states_.size(); ++i) {
      State& state = states_[i];
      if (state.days == 0 && units[i] == 0) continue;
      const float e = units[i] - (state.level + state.week[k]);
      const float alpha = state.days < kWarmUpDays
                              ? std::max(kAlpha, 1.0F / static_cast<float>(state.days + 1))
                              : kAlpha;
      state.level += alpha * e;
      state.week[k] += kGamma * e;
      ++state.days;
    }
  }

  std::vector<State> states_;
};

}  // namespace

std::unique_ptr<OnlineModel> MakeBaseline(const std::string& name, const Hierarchy& hierarchy) {
  const auto mean = [&](const char* of, int32_t count, int32_t step) {
    return std::make_unique<MeanOfDays>(of, hierarchy, count, step);
  };
  if (name == "naive") return mean("naive", 1, 1);
  if (name == "snaive") return mean("snaive", 1, kWeek);
  if (name == "mean4") return mean("mean4", 4, kWeek);
  if (name == "ma28") return mean("ma28", 28, 1);
  if (name == "ses") return std::make_unique<Ses>(hierarchy);
  if (name == "croston") return std::make_unique<Croston>(hierarchy);
  if (name == "ana") return std::make_unique<Ana>(hierarchy);
  return nullptr;
}

std::vector<std::string> BaselineNames() {
  return {"naive", "snaive", "mean4", "ma28", "ses", "croston", "ana"};
}

}  // namespace tillstream
