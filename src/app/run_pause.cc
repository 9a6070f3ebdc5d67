#include "app/run_pause.h"

namespace tillstream {
namespace {

/// How long after a failure it tries again.
constexpr std::chrono::seconds kTryAgain{1};

/// How often one who waits looks whether the run's clock goes on; on Kafka that is a read of a
/// short partition.
constexpr std::chrono::seconds kLookInterval{2};

constexpr const char* kWaits =
    "clock: the run is paused; waits until it goes on; SIGUSR2 ends the pause";

}  // namespace

RunPause::RunPause(Context& context, RunManifest& manifest, Pausable& run,
                   const RunPauseOptions& options)
    : context_(context),
      run_(run),
      owns_clock_(options.owns_clock),
      is_supervised_(options.is_supervised),
      keeper_(manifest, context.clock, options.run_clock,
              {.owns_clock = options.owns_clock, .holder = context.holder}) {
  {
    MutexLock lock(mutex_);
    is_held_ = options.is_held;
    // It may have gone on before this listened.
    const bool is_others = options.run_clock && options.run_clock->paused_ms && !owns_clock_;
    if (is_others) task_ = Task{.goes_on = true};
  }
  if (context_.pause == nullptr) return;
  // First: whoever reads that it waits may end that at once.
  context_.pause->Listen([this](bool pause) { Take(pause); });
  thread_ = std::thread([this] { Work(); });
}

RunPause::~RunPause() {
  if (context_.pause != nullptr) {
    context_.pause->Listen({});
    {
      MutexLock lock(mutex_);
      is_ending_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }
  MutexLock lock(mutex_);
  if (paused_ms_) keeper_.Pause(*paused_ms_);
  if (!keeper_.is_pausing()) return;
  if (const auto gone_on = keeper_.GoOn(/*takes_over=*/false); !gone_on) {
    context_.console.Warning(fmt::format("clock: stays paused: {}; SIGUSR2 to a replay ends that",
                                         gone_on.error().message));
  }
}

void RunPause::Take(bool pause) {
  MutexLock lock(mutex_);
  const bool was_paused = std::exchange(is_paused_, pause);
  if (pause && was_paused) return;
  if (pause) {
    if (!paused_ms_) paused_ms_ = WallMs();
    run_.Pause();
    context_.console.Info("paused; SIGUSR2 goes on");
  } else if (is_held_) {
    context_.console.Info("goes on");
    return;
  }
  task_ = Task{.goes_on = !pause,
               .takes_over = !pause && !was_paused && !owns_clock_ && !is_supervised_,
               .is_asked = true};
  has_failed_ = false;
  changed_.notify_all();
}

void RunPause::Release() {
  MutexLock lock(mutex_);
  if (!std::exchange(is_held_, false) || is_paused_) return;
  task_ = Task{.goes_on = true};
  has_failed_ = false;
  changed_.notify_all();
}

void RunPause::Work() {
  while (const std::optional<Task> task = Next()) Note(*task, Do(*task));
}

std::optional<RunPause::Task> RunPause::Next() {
  MutexLock lock(mutex_);
  while (!is_ending_ && !(task_ && !has_failed_)) {
    const bool looks = !task_ && is_waiting_ && !is_paused_;
    if (!task_ && !looks) {
      changed_.wait(mutex_);
      continue;
    }
    const std::chrono::milliseconds pause = looks ? kLookInterval : kTryAgain;
    if (changed_.wait_for(mutex_, pause) == std::cv_status::no_timeout) continue;
    if (!task_) task_ = Task{.goes_on = true};
    break;
  }
  if (is_ending_) return std::nullopt;
  std::optional<Task> task = std::exchange(task_, std::nullopt);
  task->paused_ms = paused_ms_;
  return task;
}

Result<std::optional<RunClock>> RunPause::Do(const Task& task) {
  if (task.paused_ms) keeper_.Pause(*task.paused_ms);
  if (task.goes_on) return keeper_.GoOn(task.takes_over);
  TILLSTREAM_TRY(keeper_.Store());
  return keeper_.run_clock();
}

void RunPause::Note(const Task& task, const Result<std::optional<RunClock>>& clock) {
  MutexLock lock(mutex_);
  if (!clock) {
    if (!has_failed_) {
      context_.console.Warning(fmt::format("clock: not {}: {}; tries again",
                                           owns_clock_ ? "stored" : "read", clock.error().message));
    }
    // A newer one tries anyway.
    if (!task_) task_ = task;
    has_failed_ = true;
    return;
  }
  has_failed_ = false;
  if (!task.goes_on) return;
  if (is_paused_) {
    // Meanwhile. The clock has gone on for no time.
    paused_ms_ = WallMs();
    return;
  }
  GoOn(task, *clock);
}

void RunPause::GoOn(const Task& task, const std::optional<RunClock>& clock) {
  const bool was_waiting = is_waiting_;
  is_waiting_ = clock && clock->paused_ms && !is_supervised_;
  const bool only_looked = is_waiting_ && !task.is_asked;
  paused_ms_.reset();
  if (!only_looked) {
    if (const Status gone_on = run_.GoOn(clock); !gone_on) {
      context_.console.Warning("clock: " + gone_on.error().message);
    }
  }
  if (is_waiting_ && (task.is_asked || !was_waiting)) {
    context_.console.Warning(kWaits);
  } else if (!is_waiting_ && (task.is_asked || was_waiting)) {
    context_.console.Info("goes on");
  }
}

}  // namespace tillstream
