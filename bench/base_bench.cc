// Workload: CRC-32C of a batch's size (230 kB, in the cache) and of 64 MiB (from memory), beside a
// copy of the same bytes; the sales file inflated from gzip in the page cache.
#include <benchmark/benchmark.h>

#include <cstring>
#include <string>
#include <vector>

#include "base/crc32c.h"
#include "dataset/text_input.h"
#include "input.h"

namespace tillstream::bench {
namespace {

std::string Bytes(const benchmark::State& state) {
  std::string bytes(static_cast<size_t>(state.range(0)), '\0');
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 2654435761U >> 24);
  return bytes;
}

void Crc(benchmark::State& state) {
  const std::string bytes = Bytes(state);
  for (auto _ : state) benchmark::DoNotOptimize(Crc32c(bytes));
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations()) * state.range(0));
}
BENCHMARK(Crc)->Arg(230'000)->Arg(64 << 20);

void Copy(benchmark::State& state) {
  const std::string bytes = Bytes(state);
  std::string copy(bytes.size(), '\0');
  for (auto _ : state) {
    std::memcpy(copy.data(), bytes.data(), bytes.size());
    benchmark::DoNotOptimize(copy.data());
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations()) * state.range(0));
}
BENCHMARK(Copy)->Arg(230'000)->Arg(64 << 20);

void InflateSales(benchmark::State& state) {
  std::vector<char> text(size_t{256} << 10);
  int64_t bytes = 0;
  for (auto _ : state) {
    const auto input = Need(TextInput::Open(Files(), ProcessInput().gzip));
    while (const size_t size = Need(input->Read(text.data(), text.size()))) {
      benchmark::DoNotOptimize(text.data());
      bytes += static_cast<int64_t>(size);
    }
  }
  state.SetBytesProcessed(bytes);
}
BENCHMARK(InflateSales)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace tillstream::bench
