#include "replay/run_clock.h"

#include <algorithm>

namespace tillstream {
namespace {

int64_t WallMs(Clock& clock) { return clock.Now().time_since_epoch().count(); }

}  // namespace

Result<StartedClock> StartRunClock(RunManifest& manifest, Clock& clock,
                                   const ClockRequest& request) {
  const auto fresh = [&] {
    const int64_t now_ms = WallMs(clock);
    return RunClock{now_ms, request.simulated, request.speed.text(),
                    request.stands_still ? std::optional(now_ms) : std::nullopt};
  };
  if (request.start == ClockStart::kNew) {
    const RunClock begun = fresh();
    TILLSTREAM_TRY(manifest.StoreClock(begun));
    return StartedClock{begun, false};
  }
  const bool ends_pause = request.start == ClockStart::kCatchUp;
  // Most find one, and need not wait for each other.
  TILLSTREAM_ASSIGN(const std::optional<RunClock> found, manifest.LoadClock());
  if (found && !(ends_pause && found->paused_ms)) return StartedClock{*found, true};
  StartedClock started;
  TILLSTREAM_ASSIGN(
      started.clock,
      manifest.UpdateClock(request.holder, [&](const std::optional<RunClock>& stored) {
        started.is_stored_one = stored.has_value();
        if (!stored) return fresh();
        return ends_pause ? GoneOnAt(*stored, WallMs(clock)) : *stored;
      }));
  return started;
}

RunClock PausedAt(RunClock clock, int64_t now_ms) {
  if (!clock.paused_ms) clock.paused_ms = now_ms;
  return clock;
}

RunClock GoneOnAt(RunClock clock, int64_t now_ms) {
  if (!clock.paused_ms) return clock;
  // A wall clock that was set back in between must not move the schedule forward.
  clock.wall_ms += std::max<int64_t>(0, now_ms - *clock.paused_ms);
  clock.paused_ms.reset();
  return clock;
}

Status DaySchedule::Follow(const RunClock& run_clock, Clock& clock) {
  TILLSTREAM_ASSIGN(const Speed speed, Speed::Parse(run_clock.speed));
  const int64_t now_ms = WallMs(clock);
  const auto now = clock.Monotonic();
  schedule_ = Schedule(run_clock, speed, now, now_ms);
  paused_at_.reset();
  if (run_clock.paused_ms) {
    const std::chrono::milliseconds for_ms(std::max<int64_t>(0, now_ms - *run_clock.paused_ms));
    paused_at_ = now - std::min<std::chrono::milliseconds>(for_ms, kScheduleSpan);
  }
  return Ok();
}

std::chrono::nanoseconds DaySchedule::DueOf(Day day) const {
  if (!schedule_.paced() || day >= to_) return std::chrono::nanoseconds(0);
  return schedule_.Due(StartOf(calendar_->at(day).date + std::chrono::days(1)));
}

std::chrono::nanoseconds DaySchedule::LagOf(Day day, std::chrono::nanoseconds now) const {
  if (!schedule_.paced() || day >= to_) return std::chrono::nanoseconds(0);
  return std::max(std::chrono::nanoseconds(0), paused_at_.value_or(now) - DueOf(day));
}

}  // namespace tillstream
