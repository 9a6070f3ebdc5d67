#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "app/command.h"
#include "app/log_options.h"
#include "dataset/dataset.h"
#include "replay/replayer.h"

namespace tillstream {

/// Threads for the generators: --threads, or 16, twice the cores if that is more; a store uses one
/// at most. More than the cores, since a generator that waits for the disk uses none: ten threads
/// for ten stores were a fifth faster than four on two cores.
///
/// As many as cores when `only_cores`, as for Kafka at full speed: its client works on threads of
/// its own, for which ten more on two cores were in the way, a third more CPU an event and fewer
/// events.
int32_t ReplayThreads(const Context& context, bool only_cores);

/// What a replay streams, as far as it is told of.
struct ReplayShape {
  std::shared_ptr<const Calendar> calendar;
  int64_t series_count = 0;
};

ReplayShape ShapeOf(const Dataset& dataset);

/// A store's generator process, where it has one.
struct ProcessRow {
  int64_t pid = 0;  ///< 0: does not run.
  int64_t restarts = 0;
  std::string state;  ///< "running", "done", "given up", ...
};

/// "1.43 M events/s", "58,872 events/s".
std::string RateText(double events_a_second);

/// What `replay` tells: a bar on a terminal, lines elsewhere, a summary at the end.
class ReplayReport {
 public:
  using Snapshots = std::vector<StoreProgress>;

  /// Calls Tick() from a thread of its own until it is destroyed.
  class Ticker {
   public:
    Ticker(ReplayReport& report, std::function<Snapshots()> snapshot);
    ~Ticker();
    Ticker(const Ticker&) = delete;
    Ticker& operator=(const Ticker&) = delete;

   private:
    std::mutex mutex_;
    std::condition_variable wake_;
    bool ending_ = false;
    std::thread thread_;
  };

  ReplayReport(Context& context, ReplayShape shape, const LogOptions& log, Day from, Day to,
               bool paced);

  /// Says where the run stands before anything is written.
  void Begin(const Snapshots& stores);
  /// Times what is written from now on; what `stores` have is not part of the rate.
  void RestartTiming(const Snapshots& stores);
  void Tick(const Snapshots& stores);
  /// The summary, in words or as JSON on stdout. `succeeded` false: only what is durable.
  /// `processes` has a row for each store, or none.
  Status End(const Snapshots& stores, bool succeeded,
             const std::vector<ProcessRow>& processes = {});
  /// The line that Tick() shows.
  std::string Line(const Snapshots& stores) const { return Line(SumOf(stores)); }

 private:
  struct Sum {
    int64_t durable = 0;
    int64_t events = 0;
    int64_t bytes = 0;
    Day slowest{0};
    std::chrono::nanoseconds lag{0};
    std::chrono::nanoseconds lag_max{0};
    std::chrono::nanoseconds lag_p99{0};
    bool done = true;
  };

  Sum SumOf(const Snapshots& stores) const;
  std::string DateText(Day day) const;
  double Elapsed() const;
  double EventsASecond(const Sum& sum) const;
  double BytesASecond(const Sum& sum) const;
  std::string Line(const Sum& sum) const;
  Status PrintJson(const Snapshots& stores, const Sum& sum, bool succeeded,
                   const std::vector<ProcessRow>& processes);

  Context& context_;
  const ReplayShape shape_;
  const LogOptions log_;
  const Day from_;
  const Day to_;
  const bool paced_;
  std::chrono::nanoseconds begin_{0};
  int64_t events_before_ = 0;  ///< Written before `begin_`.
  int64_t bytes_before_ = 0;
  std::chrono::nanoseconds last_line_{0};
  int64_t events_to_write_ = 0;
};

}  // namespace tillstream
