#include "registry/library_versions.h"

#include <curl/curl.h>

namespace tillstream {

std::vector<std::string> RegistryLibraryVersions() {
  const curl_version_info_data* const curl = curl_version_info(CURLVERSION_NOW);
  std::vector<std::string> versions = {std::string("libcurl ") + curl->version};
  if (curl->ssl_version != nullptr) versions.push_back(std::string("tls ") + curl->ssl_version);
  return versions;
}

}  // namespace tillstream
