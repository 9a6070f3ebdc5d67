#include "web/library_versions.h"

#include <sodium.h>

#include <boost/version.hpp>

namespace tillstream {

std::vector<std::string> WebLibraryVersions() {
  return {"boost " + std::to_string(BOOST_VERSION / 100'000) + "." +
              std::to_string(BOOST_VERSION / 100 % 1'000),
          std::string("libsodium ") + sodium_version_string()};
}

}  // namespace tillstream
