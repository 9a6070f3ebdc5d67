#include "app/signals.h"

#include <pthread.h>
#include <unistd.h>

#include <csignal>

namespace tillstream {
namespace {

/// Wakes the thread at the end.
int WakeSignal() { return SIGRTMIN; }

sigset_t HandledSignals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGUSR1, SIGUSR2, WakeSignal()}) {
    sigaddset(&set, signal);
  }
  return set;
}

}  // namespace

Signals::Signals() {
  std::signal(SIGPIPE, SIG_IGN);
  const sigset_t set = HandledSignals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  thread_ = std::thread([this] { Wait(); });
}

Signals::~Signals() {
  ending_ = true;
  pthread_kill(thread_.native_handle(), WakeSignal());
  thread_.join();
}

void Signals::Wait() {
  const sigset_t set = HandledSignals();
  while (true) {
    int signal = 0;
    if (sigwait(&set, &signal) != 0) continue;
    if (ending_) return;
    if (signal == WakeSignal()) continue;
    if (signal == SIGUSR1 || signal == SIGUSR2) {
      pause_.Set(signal == SIGUSR1);
      continue;
    }
    if (received_ != 0) _exit(128 + signal);
    received_ = signal;
    source_.request_stop();
  }
}

}  // namespace tillstream
