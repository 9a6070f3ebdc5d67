#pragma once

#include <string>

#include "base/file.h"
#include "base/result.h"
#include "dataset/dataset.h"

namespace tillstream::bench {

/// What a benchmark program reads, as its command line names it.
struct Input {
  std::string data;   ///< Folder of the dataset.
  std::string sales;  ///< The sales file, plain.
  std::string gzip;   ///< The same file, compressed.
};

/// That of this process; set before the first benchmark runs.
Input& ProcessInput();

FileSystem& Files();

/// The dataset in ProcessInput().data, loaded once a process.
const Dataset& LoadedDataset();

/// Ends the process with `error`'s message: a benchmark that cannot run has no figure.
[[noreturn]] void Die(const Error& error);

inline void Need(const Status& status) {
  if (!status) Die(status.error());
}
template <typename T>
T Need(Result<T> result) {
  if (!result) Die(result.error());
  return *std::move(result);
}

/// Processor time of this process so far, user and system together.
double CpuSeconds();

}  // namespace tillstream::bench
