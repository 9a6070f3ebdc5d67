#pragma once

#include <optional>

#include "app/command.h"
#include "base/mutex.h"
#include "replay/replayer.h"
#include "replay/run_identity.h"

namespace tillstream {

/// Lets a replay in one process pause and go on by signal, as long as it lives. The clock of a run
/// is moved by the command that owns it, one over all stores: it stores since when the clock stands
/// still, then its new schedule. The others read it again when they go on.
class ReplayPause {
 public:
  /// All must outlive it.
  ReplayPause(Context& context, Replayer& replayer, RunManifest& manifest, bool owns_clock);
  ~ReplayPause();
  ReplayPause(const ReplayPause&) = delete;
  ReplayPause& operator=(const ReplayPause&) = delete;

 private:
  void Pause();
  void GoOn();
  /// Reads a paused clock again, which may have gone on before this listened.
  void LookAgain();
  /// The clock to go on by.
  std::optional<RunClock> ClockToGoOn() TILLSTREAM_REQUIRES(mutex_);

  Context& context_;
  Replayer& replayer_;
  RunManifest& manifest_;
  const bool owns_clock_;
  Mutex mutex_;  ///< One at a time reads the clock and goes on by it.
  bool is_paused_ TILLSTREAM_GUARDED_BY(mutex_) = false;  ///< By a signal.
  /// The clock as it was stored for a pause of this.
  std::optional<RunClock> paused_ TILLSTREAM_GUARDED_BY(mutex_);
};

}  // namespace tillstream
