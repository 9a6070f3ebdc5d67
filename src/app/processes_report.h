#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "app/replay_report.h"

namespace tillstream {

/// What `replay --processes` tells: a table that is redrawn on a terminal, now and then a line
/// elsewhere, a table and the summary of `replay` at the end.
class ProcessesReport {
 public:
  using Snapshots = ReplayReport::Snapshots;

  ProcessesReport(Context& context, ReplayShape shape, const LogOptions& log, Day from, Day to,
                  bool paced);

  void Begin(const Snapshots& stores);
  /// Times the events from now on: the generators have loaded their data, as a replay in one
  /// process has before it begins.
  void RestartTiming(const Snapshots& stores) { report_.RestartTiming(stores); }
  void Tick(const Snapshots& stores, const std::vector<ProcessRow>& processes);
  Status End(const Snapshots& stores, bool succeeded, const std::vector<ProcessRow>& processes);

 private:
  /// Events a second of each store, over the last second or so.
  void Measure(const Snapshots& stores);
  std::string TableText(const Snapshots& stores, const std::vector<ProcessRow>& processes) const;

  Context& context_;
  const Day to_;
  const bool paced_;
  ReplayReport report_;
  std::chrono::nanoseconds measured_at_{0};
  std::vector<int64_t> measured_;  ///< Positions then.
  std::vector<double> rates_;
};

}  // namespace tillstream
