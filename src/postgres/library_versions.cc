#include "postgres/library_versions.h"

#include <fmt/format.h>
#include <libpq-fe.h>

namespace tillstream {

std::vector<std::string> PostgresLibraryVersions() {
  // 150020 is 15.20.
  constexpr int kMajor = 10000;
  const int version = PQlibVersion();
  return {fmt::format("libpq {}.{}", version / kMajor, version % kMajor)};
}

}  // namespace tillstream
