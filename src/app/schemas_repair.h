#pragma once

#include <string>
#include <vector>

#include "avro/schema.h"
#include "base/result.h"
#include "log/log_check.h"
#include "log/segment_log.h"
#include "model/ids.h"

namespace tillstream {

/// A registration that a run made, or found, before its first event: its manifest has the id, and
/// the subject follows from it.
struct RunRegistration {
  std::string subject;
  Schema schema;
  SchemaId id;
};

/// Writes damaged registrations of the topic `_schemas` again where what is left of it proves which
/// they are; nothing is ever cut but an unfinished end.
///
/// The proof: a run begins when its registrations are durable, so each of `own` stands in the
/// topic. When as many records are damaged as there are of `own` that no whole record is, then
/// those are the damaged ones. Their versions and ids must be those that the records before them
/// lead to, and their bytes as many as are damaged. `timestamp` is that of the run's registrations.
///
/// Errors: kCorrupt, with nothing written, without that proof; those of RepairPartition().
Result<RepairReport> RepairSchemasTopic(const SegmentLog& log, const std::string& holder,
                                        std::vector<RunRegistration> own, Timestamp timestamp);

}  // namespace tillstream
