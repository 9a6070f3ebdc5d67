#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "replay/run_clock.h"
#include "replay/run_identity.h"

namespace tillstream {

/// The clock of a run in the hands of one command, which pauses it and lets it go on, or follows
/// what others do with it.
///
/// One command owns the clock: it stores since when it stands still, then the new schedule. What is
/// stored wins: a clock that another command has moved or begun meanwhile is followed. The owner
/// may be gone, so that a pause stays: another command may take it over.
///
/// Not thread safe. Store() and GoOn() write and read where the run's documents are, on Kafka with
/// several round trips; after an Error nothing has changed here, and they are to be called again.
class ClockKeeper {
 public:
  struct Options {
    bool owns_clock = false;
    std::string holder;  ///< As for RunManifest::Update().
  };

  /// `run_clock` is the clock at the start, none at speed max. The others must outlive it.
  ClockKeeper(RunManifest& manifest, Clock& clock, std::optional<RunClock> run_clock,
              Options options);

  const std::optional<RunClock>& run_clock() const { return run_clock_; }
  /// Whether a pause of the owner has not ended.
  bool is_pausing() const { return paused_.has_value(); }

  /// The owner's clock stands still since `now_ms`, or since before that; stores nothing yet.
  void Pause(int64_t now_ms);

  /// Stores the owner's pause.
  Status Store();

  /// The clock to go on by, stored where the owner moves it; it is paused when others paused it.
  /// `takes_over` ends their pause, too.
  Result<std::optional<RunClock>> GoOn(bool takes_over);

 private:
  /// Whether `stored` is the owner's clock, with its pause or without.
  bool IsOurs(const RunClock& stored) const;

  RunManifest& manifest_;
  Clock& clock_;
  const Options options_;
  std::optional<RunClock> run_clock_;
  std::optional<RunClock> paused_;  ///< The owner's clock while it is paused.
};

}  // namespace tillstream
