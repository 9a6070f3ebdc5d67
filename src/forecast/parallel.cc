#include "forecast/parallel.h"

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

namespace tillstream {

void ParallelFor(int32_t threads, int32_t count, const std::function<void(int32_t)>& work) {
  std::atomic<int32_t> next{0};
  const auto run = [&] {
    for (int32_t i = next++; i < count; i = next++) work(i);
  };
  std::vector<std::jthread> pool;
  for (int32_t k = 1; k < std::min(threads, count); ++k) pool.emplace_back(run);
  run();
}

}  // namespace tillstream
