#include "log/library_versions.h"

#include <lz4.h>
#include <zstd.h>

namespace tillstream {

std::vector<std::string> LogLibraryVersions() {
  return {std::string("lz4 ") + LZ4_versionString(), std::string("zstd ") + ZSTD_versionString()};
}

}  // namespace tillstream
