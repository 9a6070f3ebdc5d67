#pragma once

#include <atomic>
#include <stop_token>
#include <thread>

#include "app/pause_switch.h"

namespace tillstream {

/// Turns SIGINT and SIGTERM into a stop request; a second one ends the process at once. SIGUSR1 and
/// SIGUSR2 go to the pause switch. SIGPIPE is ignored, so that writing to a closed pipe is an error
/// like any other. Make one, first thing in main: threads started later inherit the blocked
/// signals, and so do processes, for whom a signal waits until they have made their own.
class Signals {
 public:
  Signals();
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  std::stop_token stop() const { return source_.get_token(); }
  /// The signal that came, 0 if none.
  int received() const { return received_; }
  PauseSwitch& pause() { return pause_; }

 private:
  void Wait();

  std::stop_source source_;
  PauseSwitch pause_;
  std::atomic<int> received_{0};
  std::atomic<bool> ending_{false};
  std::thread thread_;
};

}  // namespace tillstream
