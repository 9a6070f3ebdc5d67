#include "base/library_versions.h"

#include <fmt/format.h>
#include <isa-l.h>
#include <xxhash.h>

#include "base/json.h"

namespace tillstream {

std::vector<std::string> BaseLibraryVersions() {
  return {
      fmt::format("fmt {}.{}.{}", FMT_VERSION / 10'000, FMT_VERSION / 100 % 100, FMT_VERSION % 100),
      fmt::format("isa-l {}.{}.{}", ISAL_MAJOR_VERSION, ISAL_MINOR_VERSION, ISAL_PATCH_VERSION),
      fmt::format("nlohmann-json {}.{}.{}", NLOHMANN_JSON_VERSION_MAJOR,
                  NLOHMANN_JSON_VERSION_MINOR, NLOHMANN_JSON_VERSION_PATCH),
      fmt::format("xxhash {}.{}.{}", XXH_VERSION_MAJOR, XXH_VERSION_MINOR, XXH_VERSION_RELEASE)};
}

}  // namespace tillstream
