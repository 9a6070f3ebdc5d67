#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <thread>

#include "app/command.h"
#include "base/mutex.h"
#include "replay/clock_keeper.h"
#include "replay/pausable.h"

namespace tillstream {

struct RunPauseOptions {
  std::optional<RunClock> run_clock;  ///< None at speed max.
  bool owns_clock = false;            ///< As ClockKeeper::Options.
  bool is_supervised = false;         ///< The supervisor tells people, and decides for it.
  bool is_held = false;               ///< Whether it stands still until Release().
};

/// Lets a replay pause and go on by signal, and with it the clock of its run, as long as it lives.
/// Writing stops at once; it goes on when the clock is stored that it goes on by. What cannot be
/// stored or read is tried again.
///
/// At its end the owner's pause ends, so that nobody waits for one who is gone.
///
/// Threads: one of its own reads and writes the clock, so that neither signals nor the run wait.
class RunPause {
 public:
  /// All must outlive it.
  RunPause(Context& context, RunManifest& manifest, Pausable& run, const RunPauseOptions& options);
  ~RunPause();
  RunPause(const RunPause&) = delete;
  RunPause& operator=(const RunPause&) = delete;

  /// Ends the standing still of `is_held`; the run goes on unless it is paused by signal, too.
  void Release();

 private:
  /// What is to be done about the clock.
  struct Task {
    bool goes_on = false;
    bool takes_over = false;  ///< A pause of others.
    bool is_asked = false;    ///< For, by a signal.
    std::optional<int64_t> paused_ms = std::nullopt;
  };

  void Take(bool pause);
  void Work();
  /// Waits for the next task; none at the end.
  std::optional<Task> Next();
  Result<std::optional<RunClock>> Do(const Task& task);
  void Note(const Task& task, const Result<std::optional<RunClock>>& clock);
  void GoOn(const Task& task, const std::optional<RunClock>& clock) TILLSTREAM_REQUIRES(mutex_);
  int64_t WallMs() { return context_.clock.Now().time_since_epoch().count(); }

  Context& context_;
  Pausable& run_;
  const bool owns_clock_;
  const bool is_supervised_;
  ClockKeeper keeper_;  ///< Of the thread, and of the owner before and after it.

  Mutex mutex_;
  ConditionVariable changed_;
  bool is_ending_ TILLSTREAM_GUARDED_BY(mutex_) = false;
  bool is_held_ TILLSTREAM_GUARDED_BY(mutex_) = false;
  bool is_paused_ TILLSTREAM_GUARDED_BY(mutex_) = false;  ///< By a signal.
  /// Since when it stands still by a signal; still set while it is about to go on.
  std::optional<int64_t> paused_ms_ TILLSTREAM_GUARDED_BY(mutex_);
  bool is_waiting_ TILLSTREAM_GUARDED_BY(mutex_) = false;   ///< For others to end their pause.
  std::optional<Task> task_ TILLSTREAM_GUARDED_BY(mutex_);  ///< Not begun yet.
  bool has_failed_ TILLSTREAM_GUARDED_BY(mutex_) = false;   ///< `task_`, and it is told.
  std::thread thread_;
};

}  // namespace tillstream
