#pragma once

#include <optional>

#include "base/result.h"
#include "replay/speed.h"

namespace tillstream {

/// What writes a run, as far as it pauses. Called from any thread.
class Pausable {
 public:
  virtual ~Pausable() = default;

  /// Writes no day until GoOn(). What is written becomes durable as ever. Does not wait.
  virtual void Pause() = 0;

  /// Goes on, by `clock` where there is a schedule; a clock that is paused is waited for on.
  virtual Status GoOn(const std::optional<RunClock>& clock) = 0;
};

}  // namespace tillstream
