#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "forecast/drivers.h"
#include "forecast/hierarchy.h"
#include "forecast/known_days.h"

namespace tillstream {

/// A year as whole weeks, so that weekdays meet.
inline constexpr int32_t kYearDays = 364;

/// Kinds of regressors of a node's filter.
enum class Regressor : size_t {
  kLevel,          ///< Always 1: a random walk.
  kShortLevel,     ///< Always 1: an AR(1).
  kWeekday,        ///< 7.
  kDayOfMonth,     ///< 31.
  kSeason,         ///< Fourier terms of the day of the year.
  kEventToday,     ///< One an event.
  kEventTomorrow,  ///< One an event.
  kEventAfter,     ///< One an event that is two days ahead.
  kWeekendSeason,  ///< Weekend x two Fourier pairs.
  kFridaySeason,   ///< Friday x the same.
  kWeekendMonth,   ///< Weekend x sixth of the month.
  kWindow,         ///< One a date or offset of the holiday table's windows.
  kWeekendWindow,  ///< Weekend x window.
  kWeekendEvent,   ///< Weekend x an event of certain types today, tomorrow.
  kSnap,           ///< One a state.
  kWeekendSnap,    ///< Weekend x the same.
  kCount,
};
inline constexpr size_t kRegressorKinds = static_cast<size_t>(Regressor::kCount);

/// Prior variance of a coefficient and what its random walk adds a day, in units of the variance of
/// the observations. A kind with prior 0 is left out.
struct Variances {
  double prior = 0;
  double walk = 0;
};
using DesignVariances = std::array<Variances, kRegressorKinds>;

/// The regressors of every day, sparse. Immutable.
///
/// Columns: 0 the level, 1 the short level (reserved also where it is left out), then what all
/// nodes share, then for each state of the node kSnap and kWeekendSnap. A node that lies in one
/// state has only that state's two; the others have all.
class CalendarDesign {
 public:
  struct Entry {
    int32_t column;
    double value;
  };
  static constexpr int32_t kLevelColumn = 0;
  static constexpr int32_t kShortLevelColumn = 1;

  CalendarDesign(const KnownDays& known, const Hierarchy& hierarchy,
                 const DesignVariances& variances);

  /// Columns of a node that lies in `state`, or in several (-1).
  int32_t ColumnCount(int32_t state) const {
    return shared_columns_ + 2 * (state < 0 ? state_count_ : 1);
  }
  Variances OfColumn(int32_t column) const;
  /// What a coefficient tells of.
  Driver DriverOf(int32_t column) const;
  /// All but the two levels.
  void Append(Day day, int32_t state, std::vector<Entry>* entries) const;

  bool IsClosed(Day day) const { return known_.IsClosed(day); }

 private:
  void AddShared(Regressor kind, int32_t count);
  void AppendShared(Day day, std::vector<Entry>* entries) const;
  void AppendEvents(Day day, std::vector<Entry>* entries) const;
  void AppendWindows(Day day, bool is_weekend, std::vector<Entry>* entries) const;
  bool Has(Regressor kind) const { return variances_[static_cast<size_t>(kind)].prior > 0; }
  int32_t First(Regressor kind) const { return first_[static_cast<size_t>(kind)]; }

  const KnownDays& known_;
  const DesignVariances variances_;
  std::vector<std::string> events_;  ///< Those that have coefficients.
  std::array<int32_t, kRegressorKinds> first_{};
  std::vector<Regressor> kind_of_column_;
  int32_t shared_columns_ = 0;
  int32_t state_count_ = 0;
  int32_t window_dates_ = 0;       ///< Columns of date windows; those of event windows follow.
  std::vector<int32_t> snap_bit_;  ///< Of each state of the hierarchy, -1 without a column.
};

}  // namespace tillstream
