#pragma once

#include <string>

#include "app/command.h"
#include "app/error_options.h"
#include "app/log_options.h"
#include "app/registry_options.h"
#include "consume/consumer.h"
#include "consume/event_format.h"
#include "consume/period_totals.h"

namespace tillstream {

/// What `consume --totals` was asked for; everything is checked as far as the command line goes.
struct TotalsRequest {
  LogOptions log;
  RegistryOptions registry;
  TotalsShape shape;
  std::string publish_topic;  ///< Empty: nowhere.
  ConsumeOptions options;     ///< Topics and partitions are found here.
  EventFormat format = EventFormat::kJson;
  ErrorPolicy errors;
};

/// Reads the events and end-of-day totals of a run and gives its totals out: a table on a terminal,
/// lines in a pipe, records in a topic. Until the end, a stop or a closed pipe.
Result<int> RunTotals(Context& context, TotalsRequest request);

}  // namespace tillstream
