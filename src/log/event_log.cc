#include "log/event_log.h"

#include <algorithm>
#include <numeric>

namespace tillstream {

std::string TopicPartition::ToString() const {
  return fmt::format("{}-{}", topic, partition.value());
}

int64_t EventsDealtTo(std::span<const int64_t> round, size_t index, Position position) {
  if (round.size() < 2) return position.value();
  const int64_t all = std::accumulate(round.begin(), round.end(), int64_t{0});
  const int64_t before =
      std::accumulate(round.begin(), round.begin() + static_cast<ptrdiff_t>(index), int64_t{0});
  const int64_t rest = position.value() % all - before;
  return position.value() / all * round[index] + std::clamp<int64_t>(rest, 0, round[index]);
}

}  // namespace tillstream
