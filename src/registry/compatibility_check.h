#pragma once

#include <string>
#include <vector>

#include "registry/schema_history.h"

namespace tillstream {

/// What a subject asks of a new schema: a copy, so that comparing, which may take long, needs no
/// lock on the history.
struct CompatibilityTask {
  CompatibilityLevel level = CompatibilityLevel::kBackward;
  std::vector<SubjectVersion> versions;  ///< Those that `level` looks at, latest first.

  /// Whether both ask the same.
  bool operator==(const CompatibilityTask& other) const;
};

/// What `subject` asks now: to go with its latest version, or with all that are not deleted.
/// Nothing when it has no versions.
CompatibilityTask CompatibilityTaskOf(const SchemaHistory& history, const std::string& subject);

/// Why `schema` does not go with one of the versions; empty when it goes with all. Each reason
/// names the version and the direction, e.g. `version 1: field "promo": not in the writer's schema
/// and without a default (...)`; one that begins `version 1 as the reader: ` is about data that
/// `schema` writes. Takes bounded time: versions beyond that count as incompatible, which is said.
std::vector<std::string> ReasonsAgainst(const CompatibilityTask& task, const Schema& schema);

}  // namespace tillstream
