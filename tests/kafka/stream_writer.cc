// Writes a fixed stream through KafkaWriter and syncs now and then: what the kill test kills and
// the measurements measure.
//
//   stream_writer SERVERS TOPIC PARTITION BLOCKS BLOCK_EVENTS SYNC_BLOCKS [PROPERTY=VALUE...]
//
// Goes on where the position says, to BLOCKS blocks of BLOCK_EVENTS events, a total a block; syncs
// every SYNC_BLOCKS blocks. Event k has the key "item-<k mod 1000>" and a value of 60 bytes that
// begins with k. The last line says what this start did, in events and seconds.
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <charconv>
#include <random>
#include <span>
#include <string>

#include "base/clock.h"
#include "kafka/kafka_log.h"

namespace tillstream {
namespace {

constexpr int64_t kDayMs = 86'400'000;
constexpr int64_t kFirstDayMs = 1'296'259'200'000;  // 2011-01-29
constexpr std::chrono::minutes kSyncTimeout{2};

struct Work {
  TopicPartition events;
  int64_t block_count = 0;
  int64_t block_events = 0;
  int64_t sync_blocks = 0;
};

double CpuSeconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

void Fill(RecordBlock* block, int64_t first, int64_t count, Timestamp time) {
  block->Clear(time);
  for (int64_t k = first; k < first + count; ++k) {
    block->Append(fmt::format("item-{:03}", k % 1000), fmt::format("{:<60}", k));
  }
}

Status Run(EventLog& log, const Work& work, Clock& clock) {
  const int32_t partition_count = work.events.partition.value() + 1;
  TILLSTREAM_TRY(log.CreateTopic({work.events.topic, partition_count}));
  WriterSpec spec;
  spec.events = {work.events};
  spec.totals = TopicPartition{work.events.topic + "-days", work.events.partition};
  spec.holder = fmt::format("process {}", ::getpid());
  TILLSTREAM_TRY(log.CreateTopic({spec.totals->topic, partition_count}));
  TILLSTREAM_ASSIGN(const auto writer, log.OpenWriter(spec));
  const int64_t begin = writer->position().value();
  fmt::print("begins at {}\n", begin);
  std::fflush(stdout);
  const double cpu_begin = CpuSeconds();
  const std::chrono::nanoseconds time_begin = clock.Monotonic();
  RecordBlock block;
  for (int64_t b = begin / work.block_events; b < work.block_count; ++b) {
    const Timestamp time(kFirstDayMs + b * kDayMs);
    Fill(&block, writer->position().value(), work.block_events, time);
    TILLSTREAM_TRY(writer->Append(block));
    Fill(&block, writer->totals_count(), 1, time);
    TILLSTREAM_TRY(writer->AppendTotals(block));
    if ((b + 1) % work.sync_blocks == 0) TILLSTREAM_TRY(writer->Sync(kSyncTimeout));
  }
  TILLSTREAM_TRY(writer->Sync(kSyncTimeout));
  const std::chrono::duration<double> time = clock.Monotonic() - time_begin;
  fmt::print("{} events, {:.3f} s, cpu {:.3f} s\n", writer->position().value() - begin,
             time.count(), CpuSeconds() - cpu_begin);
  return Ok();
}

int64_t Number(const char* text) {
  const std::string_view digits = text;
  int64_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

int Main(std::span<char*> arguments) {
  constexpr size_t kArgumentCount = 7;
  KafkaLogOptions options;
  bool is_right = arguments.size() >= kArgumentCount;
  for (size_t i = kArgumentCount; i < arguments.size(); ++i) {
    is_right = is_right && AddKafkaProperty(arguments[i], &options.config.properties);
  }
  if (!is_right) {
    fmt::print(stderr,
               "stream_writer SERVERS TOPIC PARTITION BLOCKS BLOCK_EVENTS SYNC_BLOCKS "
               "[PROPERTY=VALUE...]\n");
    return 2;
  }
  Work work;
  work.events = {arguments[2], PartitionId(static_cast<int32_t>(Number(arguments[3])))};
  work.block_count = Number(arguments[4]);
  work.block_events = Number(arguments[5]);
  work.sync_blocks = Number(arguments[6]);
  SystemClock clock;
  options.config.bootstrap_servers = arguments[1];
  std::random_device random;
  options.owner = fmt::format("{:08x}{:08x}", random(), random());
  const auto log = KafkaLog::Open(options, clock);
  Status status = log ? Run(**log, work, clock) : Status(log.error());
  if (status) return 0;
  fmt::print(stderr, "error: {}\n", status.error().message);
  return 1;
}

}  // namespace
}  // namespace tillstream

int main(int argc, char** argv) { return tillstream::Main({argv, static_cast<size_t>(argc)}); }
