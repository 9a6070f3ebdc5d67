// Benchmarks without output to disk, on one core.
//
//   microbench --data=DIR [--sales=FILE --gzip=FILE] [options of Google Benchmark]
//
// Workloads, each in its file: parse_bench.cc (the whole sales file, from the page cache),
// encode_bench.cc and decode_bench.cc (the events of the dataset), base_bench.cc (CRC-32C, gzip).
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <string_view>

#include "input.h"

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  tillstream::bench::Input& input = tillstream::bench::ProcessInput();
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    const auto take = [&](std::string_view name, std::string* value) {
      if (argument.starts_with(name)) *value = argument.substr(name.size());
      return argument.starts_with(name);
    };
    if (!take("--data=", &input.data) && !take("--sales=", &input.sales) &&
        !take("--gzip=", &input.gzip)) {
      fmt::print(stderr, "error: {}: no option of microbench\n", argument);
      return 2;
    }
  }
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
