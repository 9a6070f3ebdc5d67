#pragma once

#include <string>
#include <vector>

namespace tillstream {

/// "name version" of the libraries that this folder uses, for `--version`.
std::vector<std::string> PostgresLibraryVersions();

}  // namespace tillstream
