#include "app/duckdb_library.h"

#include <unistd.h>

#include <array>
#include <string_view>

namespace tillstream {
namespace {

constexpr const char* kLibrary = "libduckdb.so";

/// The folder of the running program; empty when the system does not say.
std::string ProgramFolder() {
  std::array<char, 4096> path{};
  const ssize_t size = ::readlink("/proc/self/exe", path.data(), path.size());
  if (size <= 0 || static_cast<size_t>(size) == path.size()) return "";
  const std::string_view text(path.data(), static_cast<size_t>(size));
  return std::string(text.substr(0, text.rfind('/')));
}

/// "/a" of "/a/build/release/src"; empty for other folders, since a folder that anybody may make,
/// such as one above a program in /tmp, is no place to load code from.
std::string SourceTreeOf(const std::string& folder) {
  constexpr std::string_view kEnd = "/src";
  constexpr std::string_view kBuild = "/build/";
  if (!folder.ends_with(kEnd)) return "";
  const std::string preset = folder.substr(0, folder.size() - kEnd.size());
  const size_t slash = preset.rfind('/');
  const size_t build = preset.rfind(kBuild);
  if (build == std::string::npos || build + kBuild.size() != slash + 1) return "";
  return preset.substr(0, build);
}

}  // namespace

std::string FindDuckdbLibrary(FileSystem& files, const std::string& given) {
  if (!given.empty()) return given;
  const std::string folder = ProgramFolder();
  if (folder.empty()) return kLibrary;
  const std::string beside = JoinPath(folder, kLibrary);
  if (files.Info(beside)) return beside;
  const std::string tree = SourceTreeOf(folder);
  const std::string fetched = JoinPath(JoinPath(tree, ".cache/duckdb"), kLibrary);
  return !tree.empty() && files.Info(fetched) ? fetched : kLibrary;
}

}  // namespace tillstream
