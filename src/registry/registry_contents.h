#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "registry/rest_client.h"
#include "registry/schema_history.h"

namespace tillstream {

/// What a registry holds, as far as a copy of it keeps that.
struct RegistryContents {
  /// Those that are not deleted; each after those that it refers to, else by id.
  std::vector<RegisteredSchema> versions;
  /// Levels that are set; that of all under the empty name, always.
  std::map<std::string, CompatibilityLevel> levels;
  int64_t deleted_count = 0;  ///< Softly deleted versions, which are left out.
  int64_t bare_count = 0;     ///< Versions whose metadata or rules are left out.
};

/// The contents of a log's topic. kBadInput when a version refers to one that is not there.
Result<RegistryContents> ReadContents(const SchemaHistory& history);

/// The contents of a registry behind Confluent's REST API: two to four questions a subject, one a
/// version. Errors as above, and kUnavailable.
Result<RegistryContents> ReadContents(RestClient& client);

}  // namespace tillstream
