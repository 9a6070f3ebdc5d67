#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/command.h"
#include "app/log_options.h"
#include "app/metrics_options.h"
#include "app/opened_log.h"
#include "app/plan_options.h"
#include "app/registry_options.h"
#include "app/supervised.h"
#include "replay/replayer.h"
#include "replay/supervisor.h"

namespace tillstream {

class MetricsServer;

/// What `replay` was asked for, checked.
struct ReplayRequest {
  LogOptions log;
  RegistryOptions registry;
  SubjectOptions subjects;
  PlanOptions plan;
  std::string data;
  std::vector<std::string> stores;  ///< Empty: all.
  std::string from;                 ///< "d_17", a date, or empty for the first day.
  std::string to;                   ///< The same, excluded; empty for the end.
  std::string rebase_to;            ///< "today", a date, or empty for the dataset's dates.
  Speed speed = Speed::Max();
  int32_t max_skew_days = kMaxSkewDaysDefault;
  SyncPolicy sync;
  Codec codec = Codec::kZstd;
  int64_t segment_bytes_max = kSegmentBytesDefault;
  bool repair = false;
  bool catch_up = false;
  bool processes = false;  ///< A process a store, under a supervisor.
  int32_t give_up_deaths = kGiveUpDefault;
  std::optional<Supervised> supervised;  ///< When this is one of those processes.
  MetricsOptions metrics;
};

/// A replay for which everything is there but its writers.
struct PreparedReplay {
  OpenedLog opened;
  Dataset dataset;
  Day from{1};
  Day to{1};  ///< Excluded.
  RunIdentity identity;
};

/// Whether the stores that a command has of a dataset are all of them: it then begins the run's
/// clock and moves it. Else it joins the clock.
bool HasAllStores(const Dataset& dataset);

/// Checks the request, loads the dataset, fixes the run's identity, and makes what it needs:
/// schemas, manifest, topics. Several processes may do so at once.
Result<PreparedReplay> PrepareReplay(Context& context, const ReplayRequest& request);

/// As RunReplay(), with a process a store (`request.processes`).
Result<int> RunProcesses(Context& context, const ReplayRequest& request,
                         MetricsServer* metrics = nullptr);

/// Loads the dataset, fixes the run's identity and schemas, and streams until the end or a stop.
/// Prints progress and a summary; with `--json` the summary goes to stdout. What it does meanwhile,
/// `metrics` serves; it may be null.
Result<int> RunReplay(Context& context, const ReplayRequest& request,
                      MetricsServer* metrics = nullptr);

/// Whether `text` has the form of a day: "d_17" or "2011-02-14". For checks before the calendar is
/// known.
Status CheckDay(const std::string& flag, const std::string& text);

/// The day that `text` names: d_N or a date of the calendar; `fallback` when it is empty. kUsage
/// when it is not in [first day, `last`].
Result<Day> ResolveDay(const std::string& flag, const std::string& text, const Calendar& calendar,
                       Day last, Day fallback);

/// The same in [`first`, `last`] where d_1 is at `first_date`, without a calendar.
Result<Day> ResolveDay(const std::string& flag, const std::string& text, Date first_date, Day first,
                       Day last);

/// Loads a dataset with a progress line and tells its notes. `checks_others` as in LoadOptions.
Result<Dataset> LoadDatasetFor(Context& context, const std::string& directory,
                               const std::vector<std::string>& stores, bool checks_others = true);

}  // namespace tillstream
