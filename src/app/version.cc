#include "app/version.h"

#include <toml++/toml.h>

#include <CLI/Version.hpp>

#include "base/library_versions.h"
#ifdef TILLSTREAM_KAFKA
#include "kafka/library_versions.h"
#include "zookeeper/library_versions.h"
#endif
#include "log/library_versions.h"
#include "postgres/library_versions.h"
#include "registry/library_versions.h"
#include "web/library_versions.h"

namespace tillstream {

std::string VersionText() {
  std::string text = "tillstream " TILLSTREAM_VERSION "\n";
  for (const std::string& line : BaseLibraryVersions()) text += line + "\n";
  for (const std::string& line : LogLibraryVersions()) text += line + "\n";
  for (const std::string& line : RegistryLibraryVersions()) text += line + "\n";
  for (const std::string& line : PostgresLibraryVersions()) text += line + "\n";
  for (const std::string& line : WebLibraryVersions()) text += line + "\n";
#ifdef TILLSTREAM_KAFKA
  for (const std::string& line : KafkaLibraryVersions()) text += line + "\n";
  for (const std::string& line : ZooKeeperLibraryVersions()) text += line + "\n";
#endif
  text += "cli11 " CLI11_VERSION "\n";
  text += "toml++ " + std::to_string(TOML_LIB_MAJOR) + "." + std::to_string(TOML_LIB_MINOR) + "." +
          std::to_string(TOML_LIB_PATCH) + "\n";
  return text;
}

}  // namespace tillstream
