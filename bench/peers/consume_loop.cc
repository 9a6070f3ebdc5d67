// The floor under `tillstream consume -b`: rd_kafka_consume_batch_queue() in a loop.
//
//   consume_loop SERVERS TOPIC [NAME=VALUE...]
//
// Workload: all partitions of the topic from their beginning to their end, on one queue and one
// thread, read_committed, with consume's settings of librdkafka (kafka_config.cc) and any others
// that are given. Counts messages and bytes, decodes nothing.
//
// Prints JSON: messages, bytes (keys and values), seconds and processor seconds from the first
// question until the end of the last partition.
#include <fmt/format.h>

#include <array>
#include <string>

#include "base/clock.h"
#include "input.h"
#include "kafka/kafka_client.h"
#include "kafka/topic_admin.h"

namespace tillstream::bench {
namespace {

constexpr size_t kMessagesAtOnce = 4096;
/// A call waits so long for as many messages, so it adds that to the end of the run.
constexpr int kWaitMs = 10;

struct Counts {
  int64_t messages = 0;
  int64_t bytes = 0;
  int32_t ends = 0;
};

void Take(rd_kafka_message_t* message, Counts* counts) {
  if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
    ++counts->messages;
    counts->bytes += static_cast<int64_t>(message->len + message->key_len);
  } else if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
    ++counts->ends;
  } else {
    Die({ErrorCode::kUnavailable, rd_kafka_message_errstr(message)});
  }
  rd_kafka_message_destroy(message);
}

Counts Consume(KafkaClient& client, const std::string& name, int32_t partition_count) {
  const KafkaTopicPtr topic = Need(client.OpenTopic(name));
  const KafkaQueuePtr queue(rd_kafka_queue_new(client.handle()));
  for (int32_t i = 0; i < partition_count; ++i) {
    if (rd_kafka_consume_start_queue(topic.get(), i, RD_KAFKA_OFFSET_BEGINNING, queue.get()) != 0) {
      Die({ErrorCode::kUnavailable, rd_kafka_err2str(rd_kafka_last_error())});
    }
  }
  Counts counts;
  std::array<rd_kafka_message_t*, kMessagesAtOnce> messages{};
  while (counts.ends < partition_count) {
    const ssize_t count =
        rd_kafka_consume_batch_queue(queue.get(), kWaitMs, messages.data(), messages.size());
    for (ssize_t i = 0; i < count; ++i) Take(messages[static_cast<size_t>(i)], &counts);
  }
  for (int32_t i = 0; i < partition_count; ++i) rd_kafka_consume_stop(topic.get(), i);
  return counts;
}

void Run(const KafkaConfig& config, const std::string& topic) {
  SystemClock clock;
  const auto admin = Need(TopicAdmin::Open(config, clock));
  const int32_t partition_count = Need(admin->PartitionCount(topic));
  const KafkaProperties fixed = {
      {"isolation.level", "read_committed"},
      {"enable.partition.eof", "true"},
      {"enable.auto.commit", "false"},
  };
  const auto begin = clock.Monotonic();
  const double cpu_begin = CpuSeconds();
  const auto client = Need(KafkaClient::Open(config, KafkaRole::kReader, fixed));
  const Counts counts = Consume(*client, topic, partition_count);
  const std::chrono::duration<double> seconds = clock.Monotonic() - begin;
  fmt::print("{{\"messages\": {}, \"bytes\": {}, \"seconds\": {:.6f}, \"cpu\": {:.6f}}}\n",
             counts.messages, counts.bytes, seconds.count(), CpuSeconds() - cpu_begin);
}

}  // namespace
}  // namespace tillstream::bench

int main(int argc, char** argv) {
  constexpr int kFirstSetting = 3;
  if (argc < kFirstSetting) {
    fmt::print(stderr, "usage: consume_loop SERVERS TOPIC [NAME=VALUE...]\n");
    return 2;
  }
  tillstream::KafkaConfig config;
  config.bootstrap_servers = argv[1];
  for (int i = kFirstSetting; i < argc; ++i) {
    tillstream::bench::Need(tillstream::AddKafkaProperty(argv[i], &config.properties));
  }
  tillstream::bench::Run(config, argv[2]);
  return 0;
}
