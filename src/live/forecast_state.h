#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "base/result.h"
#include "forecast/accuracy.h"
#include "forecast/forecaster.h"
#include "forecast/hierarchy.h"
#include "forecast/known_days.h"
#include "forecast/quantile_tables.h"
#include "live/day_follower.h"

namespace tillstream {

/// Days of sales that are kept: those of a horizon, to score it, and as many before as a person may
/// want to see.
inline constexpr int32_t kRecentDays = 112;

/// A forecast as it was made. Does not change; may be read by several threads.
struct MadeForecast {
  Day origin;                     ///< The last day that the model had seen.
  std::vector<float> node_means;  ///< [kHorizon][node]
  QuantileTables tables;          ///< What its quantiles are made from.
  /// [store]: its days of the last kHorizon that were never complete.
  std::vector<int32_t> incomplete_days;
};

/// How a forecast did, when its days were over.
struct MaturedScore {
  Day origin;
  Accuracy accuracy;
  int32_t incomplete_days = 0;  ///< Store-days of the horizon.
};

/// The model with all that scoring its forecasts needs, day by day. Plain computation: the same
/// days give the same bytes. Not thread safe.
class ForecastState {
 public:
  /// The days begin with `from`; those before it are not known. Stores are those of `series` in the
  /// order in which they come; series without a store's events are not among them. `known` must
  /// outlive the state.
  ForecastState(std::vector<SeriesKey> series, const KnownDays& known, int32_t threads, Day from);
  ~ForecastState();
  ForecastState(const ForecastState&) = delete;
  ForecastState& operator=(const ForecastState&) = delete;

  const Hierarchy& hierarchy() const { return hierarchy_; }
  const char* model() const { return forecaster_->name(); }
  int32_t model_version() const { return forecaster_->version(); }
  /// The model after all days that were given.
  const Forecaster& forecaster();

  /// The next day: units and revenue in the order of `series`, and for each store whether the day
  /// is complete. Returns the score of the forecast whose last day this is, if it was kept.
  std::optional<MaturedScore> Advance(std::span<const float> units, std::span<const float> revenue,
                                      std::span<const uint8_t> is_complete);

  /// The first day that was not given.
  Day next_day() const { return next_; }

  /// The forecast from the last day. `keep` it, if it is not kept yet, to score it when its days
  /// have come.
  std::shared_ptr<const MadeForecast> Forecast(bool keep);

  /// Units of the last days that were given, [series] each in panel order, the oldest first; NaN
  /// where the store's day was not complete. At most kRecentDays.
  std::vector<std::vector<float>> Recent() const;

  /// Whether the forecast from `origin` is kept to be scored.
  bool IsKept(Day origin) const;

  /// Appends all of it as bytes.
  void AppendTo(std::string* out);
  /// False, and not usable, when it is of another model, version or panel.
  bool Load(std::string_view state);

 private:
  /// What is kept of a forecast to score it.
  struct Kept {
    Day origin;
    std::vector<float> means;  ///< [kHorizon][series]
    QuantileTables tables;
    Scales scales;
  };

  struct WaitingDay {
    std::vector<float> units;  ///< In panel order, as the next.
    std::vector<float> revenue;
    std::vector<uint8_t> is_complete;
  };

  /// Waits until the model has been given all days.
  void Settle();
  void Work();
  void Give(std::span<const WaitingDay> days);
  MaturedScore Score(const Kept& kept) const;
  /// The store's days of the last kHorizon that were not complete.
  int32_t IncompleteDaysOf(size_t store) const;
  static size_t RingOf(Day day) { return static_cast<size_t>(day.value() % kRecentDays); }
  int32_t store_count() const { return static_cast<int32_t>(hierarchy_.stores().size()); }

  const Hierarchy hierarchy_;
  std::unique_ptr<Forecaster> forecaster_;
  AccuracyScales scales_;
  std::vector<int32_t> panel_index_;  ///< Of each series as it was given.
  const Day from_;
  Day next_{1};
  std::deque<Kept> kept_;  ///< By origin.
  /// Of the last kRecentDays days, as rings by day number: [day % kRecentDays][series], [.][store].
  std::vector<float> recent_;
  std::vector<uint8_t> recent_complete_;

  /// Days that the model, and the scales, have not been given yet: a thread of their own does that
  /// while the caller reads the next ones.
  Mutex mutex_;
  ConditionVariable changed_;
  std::deque<WaitingDay> waiting_ TILLSTREAM_GUARDED_BY(mutex_);
  bool is_busy_ TILLSTREAM_GUARDED_BY(mutex_) = false;
  bool is_ending_ TILLSTREAM_GUARDED_BY(mutex_) = false;
  std::thread worker_;
};

}  // namespace tillstream
