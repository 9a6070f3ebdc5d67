#pragma once

#include <optional>
#include <string>

#include "app/command.h"
#include "dataset/dataset.h"
#include "model/event_dates.h"
#include "replay/run_identity.h"

namespace tillstream {

/// What --rebase-to is asked for.
struct RebaseRequest {
  std::string text;  ///< Checked by CheckRebase().
  Day from{1};       ///< First day of the stream.
  Day to{1};         ///< First day that is not to be written.
  bool on_kafka = false;
};

/// The shift of a run over `dataset`, whose dates are still its own. kUsage when events are where
/// the log does not take them: moved before 1970-01-02, and on Kafka after today, moved or not.
Result<std::optional<Rebase>> RebaseOfRun(Context& context, const RebaseRequest& request,
                                          const Dataset& dataset,
                                          const std::optional<RunIdentity>& stored);

/// Gives the calendar of `dataset` the dates of the run's events.
void MoveDates(const RunIdentity& identity, Dataset* dataset);

/// Today's date, UTC.
Date Today(Context& context);

/// The dates of a run's events; `has_begun` says whether they are what they are.
EventDates DatesOf(Context& context, const RunIdentity& identity, bool has_begun);

}  // namespace tillstream
