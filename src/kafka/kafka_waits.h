#pragma once

#include <chrono>
#include <cstdint>

namespace tillstream {

/// How long a call of librdkafka waits for room in its queue, for acknowledgements or for the next
/// event before the caller looks again.
inline constexpr int kPollMs = 100;

/// A read that takes what is there.
inline constexpr std::chrono::milliseconds kNoWait{0};

/// Between two questions for what a broker does not know yet: the end of a partition, a new topic.
inline constexpr std::chrono::milliseconds kAskAgain{20};

/// A broker that does not know a topic yet, which the controller or other brokers do, will by then.
inline constexpr std::chrono::seconds kKnownWithin{5};

/// librdkafka's unit of its queue's limit.
inline constexpr int64_t kKibibyte = 1024;

}  // namespace tillstream
