#pragma once

#include <functional>

#include "base/mutex.h"

namespace tillstream {

/// Hands SIGUSR1 (pause) and SIGUSR2 (go on) to the one that listens. Thread safe.
class PauseSwitch {
 public:
  using Handler = std::function<void(bool pause)>;

  /// Calls `handler` for every change from now on, from the thread that Set() is called on, and at
  /// once when it is paused already. An empty one ends that: none runs any more on return.
  void Listen(Handler handler) {
    MutexLock lock(mutex_);
    handler_ = std::move(handler);
    if (paused_ && handler_) handler_(true);
  }

  /// Told again what it knows it passes on too: a generator then reads its run's clock again.
  void Set(bool pause) {
    MutexLock lock(mutex_);
    paused_ = pause;
    if (handler_) handler_(pause);
  }

 private:
  Mutex mutex_;
  bool paused_ TILLSTREAM_GUARDED_BY(mutex_) = false;
  Handler handler_ TILLSTREAM_GUARDED_BY(mutex_);
};

}  // namespace tillstream
