#pragma once

#include "model/date.h"

namespace tillstream {

/// The dates of a run's events beside today's, by which a topic that deletes is judged.
struct EventDates {
  Date begin;             ///< Of the first event.
  Date end;               ///< One past that of the last.
  Date today;             ///< UTC.
  bool may_move = false;  ///< Whether --rebase-to can still be given.
};

}  // namespace tillstream
