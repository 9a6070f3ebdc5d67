#include "replay/clock_keeper.h"

namespace tillstream {

ClockKeeper::ClockKeeper(RunManifest& manifest, Clock& clock, std::optional<RunClock> run_clock,
                         Options options)
    : manifest_(manifest),
      clock_(clock),
      options_(std::move(options)),
      run_clock_(std::move(run_clock)) {
  if (options_.owns_clock && run_clock_ && run_clock_->paused_ms) paused_ = run_clock_;
}

void ClockKeeper::Pause(int64_t now_ms) {
  if (options_.owns_clock && run_clock_ && !paused_) paused_ = PausedAt(*run_clock_, now_ms);
}

Status ClockKeeper::Store() {
  if (!paused_) return Ok();
  TILLSTREAM_TRY(manifest_.UpdateClock(options_.holder, [&](const std::optional<RunClock>& stored) {
    return !stored || IsOurs(*stored) ? *paused_ : *stored;
  }));
  return Ok();
}

Result<std::optional<RunClock>> ClockKeeper::GoOn(bool takes_over) {
  if (!run_clock_) return run_clock_;
  if (paused_ || takes_over) {
    TILLSTREAM_ASSIGN(
        run_clock_,
        manifest_.UpdateClock(options_.holder, [&](const std::optional<RunClock>& stored) {
          const int64_t now_ms = clock_.Now().time_since_epoch().count();
          if (!stored) return GoneOnAt(paused_.value_or(*run_clock_), now_ms);
          if (paused_ && IsOurs(*stored)) return GoneOnAt(*paused_, now_ms);
          return takes_over ? GoneOnAt(*stored, now_ms) : *stored;
        }));
    paused_.reset();
    return run_clock_;
  }
  TILLSTREAM_ASSIGN(const std::optional<RunClock> stored, manifest_.LoadClock());
  if (stored) run_clock_ = stored;
  return run_clock_;
}

bool ClockKeeper::IsOurs(const RunClock& stored) const {
  RunClock ours = stored;
  ours.paused_ms = paused_->paused_ms;
  return ours == *paused_;
}

}  // namespace tillstream
