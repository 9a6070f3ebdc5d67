#pragma once

#include <cstdint>
#include <functional>

namespace tillstream {

/// Calls work(i) for every i in [0, count) on at most `threads` threads, this one included. Which
/// thread takes which is not specified, so results must not depend on it. No call may wait for
/// another.
void ParallelFor(int32_t threads, int32_t count, const std::function<void(int32_t)>& work);

}  // namespace tillstream
