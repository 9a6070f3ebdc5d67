#pragma once

#include <string>
#include <vector>

namespace tillstream {

/// "name version" of the libraries that this folder uses and that have one, for `--version`.
std::vector<std::string> WebLibraryVersions();

}  // namespace tillstream
