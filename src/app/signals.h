#pragma once

#include <atomic>
#include <stop_token>
#include <thread>

namespace tillstream {

/// Turns SIGINT and SIGTERM into a stop request; a second one ends the process at once. SIGPIPE is
/// ignored, so that writing to a closed pipe is an error like any other. Make one, first thing in
/// main: threads started later inherit the blocked signals.
class Signals {
 public:
  Signals();
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  std::stop_token stop() const { return source_.get_token(); }
  /// The signal that came, 0 if none.
  int received() const { return received_; }

 private:
  void Wait();

  std::stop_source source_;
  std::atomic<int> received_{0};
  std::atomic<bool> ending_{false};
  std::thread thread_;
};

}  // namespace tillstream
