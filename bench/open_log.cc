// How long the writers of a log directory take to open: lock, recovery of what a crash left, sync.
// Workload: the log of a full replay that was ended by kill -9 late in the run.
//
//   open_log DIR [TOPIC]
//
// Opens the writers of all partitions one after the other, as replay does, and prints JSON: how
// many, seconds in all and of the slowest, events that the log holds, lines that recovery had to
// say.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "input.h"
#include "log/segment_log.h"
#include "model/names.h"

namespace tillstream::bench {
namespace {

double SecondsSince(Clock& clock, std::chrono::nanoseconds begin) {
  return static_cast<double>((clock.Monotonic() - begin).count()) / 1e9;
}

void OpenAll(const std::string& directory, const std::string& topic) {
  SystemClock clock;
  SegmentLogOptions options;
  options.directory = directory;
  int32_t repairs = 0;
  options.on_warning = [&](const std::string& text) {
    fmt::print(stderr, "{}\n", text);
    ++repairs;
  };
  const auto begin = clock.Monotonic();
  SegmentLog log(Files(), clock, options);
  std::vector<std::unique_ptr<LogWriter>> writers;
  double slowest = 0;
  int64_t events = 0;
  for (const TopicInfo& info : Need(log.ListTopics())) {
    if (info.name != topic) continue;
    for (int32_t partition = 0; partition < info.partition_count; ++partition) {
      const auto begin_one = clock.Monotonic();
      WriterSpec spec;
      spec.events = {{topic, PartitionId(partition)}};
      spec.totals = TopicPartition{TotalsTopic(topic), PartitionId(partition)};
      spec.holder = "open_log";
      writers.push_back(Need(log.OpenWriter(spec)));
      slowest = std::max(slowest, SecondsSince(clock, begin_one));
      events += writers.back()->position().value();
    }
  }
  fmt::print(
      "{{\"writers\": {}, \"seconds\": {:.6f}, \"slowest\": {:.6f}, \"cpu\": {:.6f}, "
      "\"events\": {}, \"repairs\": {}}}\n",
      writers.size(), SecondsSince(clock, begin), slowest, CpuSeconds(), events, repairs);
}

}  // namespace
}  // namespace tillstream::bench

int main(int argc, char** argv) {
  if (argc != 2 && argc != 3) {
    fmt::print(stderr, "usage: open_log DIR [TOPIC]\n");
    return 2;
  }
  tillstream::bench::OpenAll(argv[1], argc == 3 ? argv[2] : "sales");
  return 0;
}
