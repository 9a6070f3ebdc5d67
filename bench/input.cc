#include "input.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>

namespace tillstream::bench {

Input& ProcessInput() {
  static Input input;
  return input;
}

FileSystem& Files() {
  static const std::unique_ptr<FileSystem> files = MakePosixFileSystem();
  return *files;
}

const Dataset& LoadedDataset() {
  static const Dataset dataset = [] {
    FaultList faults;
    return Need(LoadDataset(Files(), ProcessInput().data, {}, &faults));
  }();
  return dataset;
}

void Die(const Error& error) {
  fmt::print(stderr, "error: {}\n", error.message);
  std::exit(EXIT_FAILURE);
}

double CpuSeconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace tillstream::bench
