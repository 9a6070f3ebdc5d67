#pragma once

#include <string>

namespace tillstream {

/// What `tillstream --version` prints: the program's version and those of its libraries.
std::string VersionText();

}  // namespace tillstream
