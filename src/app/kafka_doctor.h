#pragma once

#include <map>
#include <optional>
#include <string>

#include "app/findings.h"
#include "app/opened_log.h"

namespace tillstream {

/// Looks at the cluster as a client comes to it: addresses, settings. False when not every broker
/// can be reached, so that further questions would only wait. kUnavailable when nobody answers, or
/// lets us in.
Result<bool> ExamineCluster(Context& context, OpenedLog& opened, Findings* findings);

/// Looks at the topics of a run, or of one that may begin: settings, open transactions, records
/// that no run wrote. `positions` are the streams' by partition.
void ExamineKafkaRun(Context& context, OpenedLog& opened, const std::string& topic,
                     const std::optional<RunIdentity>& identity,
                     const std::map<std::string, StreamPosition>& positions, Findings* findings);

}  // namespace tillstream
