#pragma once

#include <string>
#include <vector>

#include "registry/schema_history.h"

namespace tillstream {

/// Why `schema` does not go with `version` of a subject at `level`; empty when it does. Each reason
/// names the version and the direction, e.g. `version 1: field "promo": not in the writer's schema
/// and without a default (...)`; one that begins `version 1 as the reader: ` is about data that
/// `schema` writes.
std::vector<std::string> ReasonsAgainst(const SubjectVersion& version, CompatibilityLevel level,
                                        const Schema& schema);

/// The same against what `level` looks at: the latest version of `subject`, or all that are not
/// deleted, latest first. A subject without versions takes every schema.
std::vector<std::string> ReasonsAgainstSubject(const SchemaHistory& history,
                                               const std::string& subject, CompatibilityLevel level,
                                               const Schema& schema);

}  // namespace tillstream
