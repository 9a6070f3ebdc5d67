#include "replay/supervisor.h"

#include <algorithm>

#include "base/clock.h"

namespace tillstream {

Supervisor::Supervisor(GeneratorProcesses& processes, Clock& clock, SupervisorOptions options)
    : processes_(processes),
      clock_(clock),
      options_(std::move(options)),
      stores_(options_.stores.size()),
      records_(options_.stores.size()) {}

void Supervisor::Step() {
  while (const auto change = processes_.NextChange()) Note(*change);
  for (size_t i = 0; i < stores_.size(); ++i) {
    if (stores_[i].state == State::kWaiting && records_[i].start_at <= clock_.Monotonic()) {
      Start(i);
    } else if (stores_[i].state == State::kRunning) {
      ReplaceIfStopped(i);
    }
  }
}

void Supervisor::Stop() {
  stopping_ = true;
  for (size_t i = 0; i < stores_.size(); ++i) {
    Store& store = stores_[i];
    if (store.state == State::kRunning) processes_.Send(store.pid, ProcessSignal::kStop);
    if (store.state == State::kRunning && records_[i].stopped_since) {
      processes_.Send(store.pid, ProcessSignal::kContinue);
    }
    if (store.state == State::kWaiting) store.state = State::kStopped;
  }
}

void Supervisor::Pause() {
  paused_ = true;
  for (const Store& store : stores_) {
    if (store.state == State::kRunning) processes_.Send(store.pid, ProcessSignal::kPause);
  }
}

void Supervisor::GoOn() {
  paused_ = false;
  for (const Store& store : stores_) {
    if (store.state == State::kRunning) processes_.Send(store.pid, ProcessSignal::kGoOn);
  }
}

bool Supervisor::finished() const {
  return std::none_of(stores_.begin(), stores_.end(), [](const Store& store) {
    return store.state == State::kWaiting || store.state == State::kRunning;
  });
}

void Supervisor::Note(const ProcessChange& change) {
  const auto store = std::find_if(stores_.begin(), stores_.end(),
                                  [&](const Store& each) { return each.pid == change.pid; });
  if (store == stores_.end()) return;
  const auto i = static_cast<size_t>(store - stores_.begin());
  switch (change.kind) {
    case ProcessChange::Kind::kStopped:
      if (!records_[i].stopped_since) records_[i].stopped_since = clock_.Monotonic();
      // Else it could not end.
      if (stopping_) processes_.Send(store->pid, ProcessSignal::kContinue);
      return;
    case ProcessChange::Kind::kContinued:
      records_[i].stopped_since.reset();
      return;
    case ProcessChange::Kind::kExited:
    case ProcessChange::Kind::kKilled:
      Ended(i, change);
      return;
  }
}

void Supervisor::Ended(size_t i, const ProcessChange& change) {
  Store& store = stores_[i];
  const int64_t pid = store.pid;
  store.pid = 0;
  records_[i].stopped_since.reset();
  const bool has_exited = change.kind == ProcessChange::Kind::kExited;
  if (has_exited && change.value == 0) {
    store.state = State::kDone;
    return;
  }
  store.is_refused = has_exited && change.value == options_.refused_exit_code;
  const std::string how =
      has_exited
          ? fmt::format("process {} ended with exit code {}{}", pid, change.value, LastWords(i))
          : fmt::format("process {} was killed by signal {}", pid, change.value);
  if (stopping_) {
    store.state = State::kStopped;
    // 128 and the signal's number: it has ended durably, as it was told to.
    if (has_exited && change.value > 128) return;
    has_failed_to_stop_ = true;
    options_.on_error(fmt::format("store {}: {}", options_.stores[i], how));
    return;
  }
  if (store.is_refused && options_.refused_is_replaced) {
    store.state = State::kReplaced;
    options_.on_error(fmt::format("store {}: {}; not started again", options_.stores[i], how));
    if (options_.on_given_up) options_.on_given_up(i);
    return;
  }
  const auto& hopeless = options_.hopeless_exit_codes;
  if (has_exited && std::find(hopeless.begin(), hopeless.end(), change.value) != hopeless.end()) {
    GiveUp(i, fmt::format("given up: {}", how));
    return;
  }
  Died(i, how);
}

void Supervisor::Died(size_t i, const std::string& how) {
  Record& record = records_[i];
  if (options_.durable_day(i) > record.day_at_start) {
    record.deaths = 0;
    record.pause = kRestartPauseMin;
  } else if (++record.deaths >= options_.give_up_deaths) {
    GiveUp(i, fmt::format("given up after {} {} in a row without a day written; the last: {}",
                          record.deaths, record.deaths == 1 ? "death" : "deaths", how));
    return;
  }
  record.start_at = clock_.Monotonic() + record.pause;
  stores_[i].state = State::kWaiting;
  // A death that it caused itself has been told.
  if (!record.is_replacing) {
    options_.on_warning(fmt::format("store {}: {}; starts again in {} s", options_.stores[i], how,
                                    ToSeconds(record.pause)));
  }
  record.is_replacing = false;
  record.pause = std::min<std::chrono::milliseconds>(2 * record.pause, kRestartPauseMax);
}

void Supervisor::GiveUp(size_t i, const std::string& why) {
  stores_[i].state = State::kGivenUp;
  options_.on_error(fmt::format("store {}: {}", options_.stores[i], why));
  if (options_.on_given_up) options_.on_given_up(i);
}

void Supervisor::Start(size_t i) {
  Store& store = stores_[i];
  Record& record = records_[i];
  if (record.start_at.count() != 0) ++store.restarts;
  record.day_at_start = options_.durable_day(i);
  const Result<int64_t> pid = processes_.Start(i);
  if (!pid) {
    Died(i, pid.error().message);
    return;
  }
  store.pid = *pid;
  store.state = State::kRunning;
  if (paused_) processes_.Send(*pid, ProcessSignal::kPause);
}

void Supervisor::ReplaceIfStopped(size_t i) {
  Record& record = records_[i];
  if (!record.stopped_since || clock_.Monotonic() - *record.stopped_since < kStoppedMax) return;
  record.stopped_since.reset();
  record.is_replacing = true;
  options_.on_warning(fmt::format("store {}: process {} has been stopped for {} s; kills {}",
                                  options_.stores[i], stores_[i].pid, kStoppedMax.count(),
                                  stopping_ ? "it" : "and replaces it"));
  processes_.Send(stores_[i].pid, ProcessSignal::kKill);
}

std::string Supervisor::LastWords(size_t i) const {
  const std::string message = processes_.LastMessage(i);
  return message.empty() ? "" : ": " + message;
}

}  // namespace tillstream
