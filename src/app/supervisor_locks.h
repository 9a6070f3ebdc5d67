#pragma once

#include <memory>
#include <vector>

#include "app/command.h"
#include "app/log_options.h"
#include "base/file.h"
#include "log/event_log.h"

namespace tillstream {

/// The lock that keeps a second supervisor of the topic from an embedded log; on Kafka there is
/// none, there the second one takes the stores over. kRefused when another has it.
Result<std::unique_ptr<FileLock>> TakeSupervisorLock(Context& context, const LogOptions& log);

/// kRefused when other writers hold all `partitions` of an embedded log, so that a supervisor has
/// nothing to do and should touch nothing of the run. Waits a little for the generators of one that
/// was killed, which are about to end. Nothing is held on return.
Status NeedAFreeStore(Context& context, const LogOptions& log,
                      const std::vector<TopicPartition>& partitions);

}  // namespace tillstream
