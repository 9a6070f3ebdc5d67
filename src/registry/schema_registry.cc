#include "registry/schema_registry.h"

#include <fmt/ranges.h>

#include "base/text.h"
#include "registry/registry_error.h"

namespace tillstream {

Error IncompatibleError(const std::string& subject, const CompatibilityVerdict& verdict) {
  return RegistryError(RegistryCode::kIncompatible, "schema: subject {}: incompatible ({}): {}",
                       Quote(subject), verdict.level, fmt::join(verdict.reasons, "; "));
}

}  // namespace tillstream
