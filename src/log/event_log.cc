#include "log/event_log.h"

namespace tillstream {

std::string TopicPartition::ToString() const {
  return fmt::format("{}-{}", topic, partition.value());
}

}  // namespace tillstream
