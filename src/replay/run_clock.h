#pragma once

#include <chrono>
#include <memory>

#include "base/clock.h"
#include "base/result.h"
#include "dataset/dataset.h"
#include "model/ids.h"
#include "replay/run_identity.h"
#include "replay/speed.h"

namespace tillstream {

/// Whose clock a command goes by.
enum class ClockStart {
  kNew,      ///< Its own, which replaces the stored one: the schedule goes on from here.
  kCatchUp,  ///< The stored one, to make up for the time that nothing ran; a pause of it ends.
  kJoin,     ///< The stored one as it is, paused or not.
};

struct ClockRequest {
  ClockStart start = ClockStart::kNew;
  Timestamp simulated;  ///< Where a new one stands now.
  Speed speed = Speed::Max();
  std::string holder;         ///< Who this is, for others that want to begin one at the same time.
  bool stands_still = false;  ///< Whether a new one is paused.
};

struct StartedClock {
  RunClock clock;
  bool is_stored_one = false;  ///< Whether another command began it.
};

/// The clock of a command, stored when it is new or has changed; without a stored one always a
/// new one. Of several that would begin one at once all have that of the first. Errors as
/// RunManifest::UpdateClock().
Result<StartedClock> StartRunClock(RunManifest& manifest, Clock& clock,
                                   const ClockRequest& request);

/// `clock` standing still since `now_ms`; unchanged when it does already.
RunClock PausedAt(RunClock clock, int64_t now_ms);

/// `clock` going on at `now_ms` where it stood: its wall instant is later by the pause.
RunClock GoneOnAt(RunClock clock, int64_t now_ms);

/// When the days of a run are due by its clock, and how late they are. A day is due at its end.
/// Not thread safe.
class DaySchedule {
 public:
  /// Without a clock: everything is due at once.
  DaySchedule() = default;
  /// For the days before `to`.
  DaySchedule(std::shared_ptr<const Calendar> calendar, Day to)
      : calendar_(std::move(calendar)), to_(to) {}

  /// Goes by `run_clock` from now on, which is paused or is not.
  Status Follow(const RunClock& run_clock, Clock& clock);

  /// Without a clock a pause only stops the writing.
  void Pause(std::chrono::nanoseconds now) {
    if (!paused_at_) paused_at_ = now;
  }
  /// For those without a clock; with one Follow() does it.
  void GoOn() { paused_at_.reset(); }

  bool paced() const { return schedule_.paced(); }
  bool paused() const { return paused_at_.has_value(); }

  /// When `day` is due (Monotonic() time); 0 without a clock, and for what is not in the run.
  std::chrono::nanoseconds DueOf(Day day) const;

  /// How long `day` has been due at `now`, without the time of a pause.
  std::chrono::nanoseconds LagOf(Day day, std::chrono::nanoseconds now) const;

 private:
  std::shared_ptr<const Calendar> calendar_;
  Day to_{0};
  Schedule schedule_;
  std::optional<std::chrono::nanoseconds> paused_at_;
};

}  // namespace tillstream
