#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "model/ids.h"

namespace tillstream {

/// How many deaths in a row, without a day written, a store's generator may have: --give-up.
inline constexpr int32_t kGiveUpDefault = 5;

/// Pauses before a restart: twice as long each time, until a day is written.
inline constexpr std::chrono::milliseconds kRestartPauseMin{100};
inline constexpr std::chrono::seconds kRestartPauseMax{10};

/// How long a generator may be stopped (SIGSTOP, a debugger) before it is replaced.
inline constexpr std::chrono::seconds kStoppedMax{10};

/// What has become of a process.
struct ProcessChange {
  enum class Kind { kExited, kKilled, kStopped, kContinued };
  int64_t pid = 0;
  Kind kind = Kind::kExited;
  int value = 0;  ///< The exit code, or the number of the signal.
};

enum class ProcessSignal {
  kStop,
  kKill,
  kPause,
  kGoOn,
  kContinue,  ///< For one that was stopped: SIGCONT.
};

/// Generator processes, one a store, as the operating system has them: the seam under Supervisor.
class GeneratorProcesses {
 public:
  virtual ~GeneratorProcesses() = default;

  /// Starts the process of a store, by its index. Its process id.
  virtual Result<int64_t> Start(size_t store) = 0;

  /// `pid` has not been reported as ended.
  virtual void Send(int64_t pid, ProcessSignal signal) = 0;

  /// The next change that was not reported yet; none at the moment. Does not wait.
  virtual std::optional<ProcessChange> NextChange() = 0;

  /// The last error, or else warning, of the store's last process; may be empty. Complete once its
  /// end has been reported.
  virtual std::string LastMessage(size_t store) = 0;
};

struct SupervisorOptions {
  std::vector<std::string> stores;
  int32_t give_up_deaths = kGiveUpDefault;
  /// Exit codes that another start would end with again.
  std::vector<int> hopeless_exit_codes;
  /// The exit code of a generator that another one keeps from writing.
  int refused_exit_code = 0;
  /// Whether that other one has taken the store over, as on Kafka; else it only comes first, as
  /// with a lock, and trying again is right.
  bool refused_is_replaced = false;
  /// The first day of a store that is not durable: whether a process has written any.
  std::function<Day(size_t store)> durable_day;
  /// What a person should know. `store` is named in the text.
  std::function<void(const std::string& text)> on_warning;
  std::function<void(const std::string& text)> on_error;
  /// That a store will not be written any more. May be empty.
  std::function<void(size_t store)> on_given_up;
};

/// Keeps a generator process a store running until each has ended well: starts again what dies,
/// after a pause that grows; gives up what dies again and again; replaces what stands still.
///
/// It waits for nothing: Step() does what is due. Not thread safe.
class Supervisor {
 public:
  enum class State {
    kWaiting,  ///< To be started at the end of a pause.
    kRunning,
    kDone,  ///< Its store is at the end.
    kGivenUp,
    kReplaced,  ///< Another generator has taken the store over.
    kStopped,   ///< Ended because of Stop().
  };

  struct Store {
    State state = State::kWaiting;
    int64_t pid = 0;  ///< While it runs, else 0.
    int64_t restarts = 0;
    bool is_refused = false;  ///< Whether the last process ended with the refused exit code.
  };

  /// `processes` and `clock` must outlive it. Starts nothing before the first Step().
  Supervisor(GeneratorProcesses& processes, Clock& clock, SupervisorOptions options);

  /// Takes note of what has happened and does what is due now.
  void Step();

  /// Has every generator end where it stands, durably, and starts none any more. One that was
  /// stopped is continued for that.
  void Stop();

  /// Passed on to all processes, also to those that are started meanwhile.
  void Pause();
  void GoOn();

  /// Whether nothing runs and nothing will be started.
  bool finished() const;

  const std::vector<Store>& stores() const { return stores_; }
  /// Whether a process has ended otherwise than it should while Stop() had it end.
  bool has_failed_to_stop() const { return has_failed_to_stop_; }

 private:
  /// What is known of a store beside its face.
  struct Record {
    std::chrono::nanoseconds start_at{0};
    std::chrono::milliseconds pause = kRestartPauseMin;
    int32_t deaths = 0;  ///< In a row without a day written.
    Day day_at_start{0};
    std::optional<std::chrono::nanoseconds> stopped_since;
    bool is_replacing = false;  ///< Killed by this, for standing still.
  };

  void Note(const ProcessChange& change);
  void Ended(size_t i, const ProcessChange& change);
  void Died(size_t i, const std::string& how);
  void GiveUp(size_t i, const std::string& why);
  void Start(size_t i);
  void ReplaceIfStopped(size_t i);
  /// ": <last message>", or nothing.
  std::string LastWords(size_t i) const;

  GeneratorProcesses& processes_;
  Clock& clock_;
  const SupervisorOptions options_;
  std::vector<Store> stores_;
  std::vector<Record> records_;
  bool stopping_ = false;
  bool paused_ = false;
  bool has_failed_to_stop_ = false;
};

}  // namespace tillstream
