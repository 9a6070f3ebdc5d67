#pragma once

#include <string>

#include "base/file.h"

namespace tillstream {

/// Where DuckDB's library is, as LoadDuckdb() takes it: `given` when it is not empty; else in the
/// folder of this program; else, for a program in a build tree, where `make duckdb` puts it; else
/// what the system's loader finds.
std::string FindDuckdbLibrary(FileSystem& files, const std::string& given);

}  // namespace tillstream
