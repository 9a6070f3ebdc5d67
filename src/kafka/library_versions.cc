#include "kafka/library_versions.h"

#include <librdkafka/rdkafka.h>

namespace tillstream {

std::vector<std::string> KafkaLibraryVersions() {
  return {std::string("librdkafka ") + rd_kafka_version_str()};
}

}  // namespace tillstream
