#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "app/command.h"
#include "app/log_options.h"
#include "app/opened_log.h"
#include "app/registry_options.h"
#include "forecast/known_days.h"
#include "live/live_forecast.h"

namespace tillstream {

struct ForecastRequest {
  std::string data;
  std::string holidays;  ///< A file like tables/holidays.json; empty for that one.
  LogOptions log;
  RegistryOptions registry;
  SubjectOptions subjects;
  std::string every = "auto";
  int64_t wait_days = 8;
  std::string snapshot;  ///< A file; empty for the default.
  int64_t snapshot_every_s = 15;
  bool stop_at_end = false;
  bool no_publish = false;
};

/// What following the sales of a run needs, opened.
struct FollowedRun {
  OpenedLog opened;
  OpenedRegistry registry;
  RunIdentity identity;
  KnownDays known;
  LiveOptions options;  ///< Without `publish`.
};

/// Opens the log, the registry and the calendar of a completed request. kNotFound when there is no
/// run; kBadInput when the calendar is that of another.
Result<FollowedRun> OpenFollowedRun(Context& context, const ForecastRequest& request);

/// Where the snapshot is: as asked, or beside the embedded log, or, with Kafka, where the command
/// is run. Makes the folder.
Result<std::string> SnapshotPath(Context& context, const ForecastRequest& request);

/// Messages to the console, progress to a terminal.
LiveObserver ObserverOf(Context& context);

/// Follows the sales, publishes forecasts and their scores.
Result<int> RunForecast(Context& context, ForecastRequest request);

}  // namespace tillstream
