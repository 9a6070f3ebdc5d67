#include "zookeeper/library_versions.h"

#include <zookeeper/zookeeper_version.h>

namespace tillstream {

std::vector<std::string> ZooKeeperLibraryVersions() {
  // The library cannot say its own; its headers are of the same package.
  return {"zookeeper " ZOO_VERSION};
}

}  // namespace tillstream
