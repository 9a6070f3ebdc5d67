// That keys are placed as librdkafka places them; kafka.plans compares with Kafka's Java client.
#include "model/partitioner.h"

#include <gtest/gtest.h>
#include <librdkafka/rdkafka.h>

#include <random>
#include <string>

namespace tillstream {
namespace {

TEST(PartitionerTest, PlacesKeysAsLibrdkafkasMurmur2Does) {
  std::mt19937 random(1);  // NOLINT(cert-msc51-cpp): the same keys in every run
  for (int i = 0; i < 20'000; ++i) {
    std::string key(random() % 40, '\0');
    for (char& c : key) c = static_cast<char>(random());
    const auto count = static_cast<int32_t>(1 + random() % 100);
    const int32_t theirs =
        rd_kafka_msg_partitioner_murmur2(nullptr, key.data(), key.size(), count, nullptr, nullptr);
    ASSERT_EQ(PartitionOfKey(key, count).value(), theirs) << "key of " << key.size() << " bytes";
  }
}

}  // namespace
}  // namespace tillstream
