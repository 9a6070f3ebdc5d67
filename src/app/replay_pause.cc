#include "app/replay_pause.h"

namespace tillstream {
namespace {

constexpr const char* kWaits = "clock: the run is paused; waits until it goes on";

}  // namespace

ReplayPause::ReplayPause(Context& context, Replayer& replayer, RunManifest& manifest,
                         bool owns_clock)
    : context_(context), replayer_(replayer), manifest_(manifest), owns_clock_(owns_clock) {
  if (context_.pause == nullptr) return;
  context_.pause->Listen([this](bool pause) { pause ? Pause() : GoOn(); });
  LookAgain();
}

ReplayPause::~ReplayPause() {
  if (context_.pause != nullptr) context_.pause->Listen({});
}

void ReplayPause::LookAgain() {
  MutexLock lock(mutex_);
  const std::optional<RunClock> clock = replayer_.run_clock();
  if (!clock || !clock->paused_ms || is_paused_) return;
  const auto stored = manifest_.LoadClock();
  if (!stored || !*stored || (**stored).paused_ms || !replayer_.GoOn(**stored)) {
    context_.console.Info(kWaits);
  }
}

void ReplayPause::Pause() {
  MutexLock lock(mutex_);
  if (is_paused_) return;
  is_paused_ = true;
  replayer_.Pause();
  context_.console.Info("paused; SIGUSR2 goes on");
  const std::optional<RunClock> clock = replayer_.run_clock();
  if (!owns_clock_ || !clock) return;
  paused_ = PausedAt(*clock, context_.clock.Now().time_since_epoch().count());
  if (const Status stored = manifest_.StoreClock(*paused_); !stored) {
    context_.console.Warning("clock: not stored: " + stored.error().message);
  }
}

void ReplayPause::GoOn() {
  MutexLock lock(mutex_);
  is_paused_ = false;
  const std::optional<RunClock> clock = ClockToGoOn();
  if (const Status gone_on = replayer_.GoOn(clock); !gone_on) {
    context_.console.Warning("clock: " + gone_on.error().message);
  }
  context_.console.Info(clock && clock->paused_ms ? kWaits : "goes on");
}

std::optional<RunClock> ReplayPause::ClockToGoOn() {
  const std::optional<RunClock> clock = replayer_.run_clock();
  if (!clock) return clock;
  if (owns_clock_) {
    if (!paused_) return clock;
    const RunClock moved = GoneOnAt(*paused_, context_.clock.Now().time_since_epoch().count());
    paused_.reset();
    if (const Status stored = manifest_.StoreClock(moved); !stored) {
      context_.console.Warning("clock: not stored: " + stored.error().message);
    }
    return moved;
  }
  const auto stored = manifest_.LoadClock();
  if (!stored) {
    context_.console.Warning(stored.error().message + "; keeps the clock that it had");
    return clock;
  }
  return *stored ? *stored : clock;
}

}  // namespace tillstream
