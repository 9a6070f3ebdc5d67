// Writes a fixed stream at least once, at a steady pace, and says what it does: what
// test_zookeeper.py kills, stops and replaces.
//
//   position_writer SERVERS TOPIC POSITIONS BLOCKS BLOCK_EVENTS EVENTS_PER_SECOND SESSION_MS
//
// POSITIONS: idempotent or zookeeper://...; the stream is partition 0. Goes on where the position
// says, to BLOCKS blocks of BLOCK_EVENTS events, a total a block. Event k has the value k, and so
// have the totals, filled up to 60 bytes; 0 events a second are as many as possible. A line each,
// at once:
//
//   begins at N
//   appending N       before a block, with the position behind it
//   stored N          after a position was stored
//   done
//
// Exit code as tillstream's: 7 when another writer has the stream, 5 when a server is away.
#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <memory>
#include <random>
#include <span>
#include <string>

#include "base/clock.h"
#include "kafka/kafka_log.h"
#include "zookeeper/zookeeper_position_store.h"

namespace tillstream {
namespace {

constexpr int64_t kDayMs = 86'400'000;
constexpr int64_t kFirstDayMs = 1'296'259'200'000;  // 2011-01-29
constexpr std::chrono::minutes kSyncTimeout{2};
constexpr int64_t kNsPerSecond = 1'000'000'000;

void Say(const std::string& line) {
  fmt::print("{}\n", line);
  std::fflush(stdout);
}

/// Says what it stores.
class TellingStore final : public PositionStore {
 public:
  TellingStore(ZooKeeperConfig config, Clock& clock) : store_(std::move(config), clock) {}
  Result<std::optional<Entry>> Load(const StreamName& stream) override {
    return store_.Load(stream);
  }
  Result<PositionVersion> Store(const StreamName& stream, const PositionRecord& record,
                                std::optional<PositionVersion> expected) override {
    auto version = store_.Store(stream, record, expected);
    if (version) Say(fmt::format("stored {}", record.position.value()));
    return version;
  }
  std::string Describe() const override { return store_.Describe(); }

 private:
  ZooKeeperPositionStore store_;
};

struct Work {
  std::string topic;
  int64_t block_count = 0;
  int64_t block_events = 0;
  int64_t events_per_second = 0;
};

void Fill(RecordBlock* block, int64_t first, int64_t count, Timestamp time) {
  block->Clear(time);
  for (int64_t k = first; k < first + count; ++k) {
    block->Append(fmt::format("item-{:03}", k % 1000), fmt::format("{:<60}", k));
  }
}

Status Run(EventLog& log, const Work& work, Clock& clock) {
  WriterSpec spec;
  spec.events = {{work.topic, PartitionId(0)}};
  spec.totals = TopicPartition{work.topic + "-days", PartitionId(0)};
  spec.stream = "CA_1";
  spec.holder = fmt::format("process {}", ::getpid());
  TILLSTREAM_TRY(log.CreateTopic({spec.events.front().topic, 1}));
  TILLSTREAM_TRY(log.CreateTopic({spec.totals->topic, 1}));
  TILLSTREAM_ASSIGN(const auto writer, log.OpenWriter(spec));
  const int64_t begin = writer->position().value();
  Say(fmt::format("begins at {}", begin));
  const std::chrono::nanoseconds start = clock.Monotonic();
  RecordBlock block;
  while (writer->position().value() < work.block_count * work.block_events) {
    // A position may lie within a block: what is left of it comes first.
    const int64_t position = writer->position().value();
    const int64_t index = position / work.block_events;
    const int64_t count = (index + 1) * work.block_events - position;
    const Timestamp time(kFirstDayMs + index * kDayMs);
    Say(fmt::format("appending {}", position + count));
    Fill(&block, position, count, time);
    TILLSTREAM_TRY(writer->Append(block));
    if (writer->totals_count() <= index) {
      Fill(&block, writer->totals_count(), index + 1 - writer->totals_count(), time);
      TILLSTREAM_TRY(writer->AppendTotals(block));
    }
    if (work.events_per_second > 0) {
      const int64_t due = (position + count - begin) * kNsPerSecond / work.events_per_second;
      clock.SleepUntil(start + std::chrono::nanoseconds(due), {});
    }
  }
  TILLSTREAM_TRY(writer->Sync(kSyncTimeout));
  return Ok();
}

int64_t Number(const char* text) {
  const std::string_view digits = text;
  int64_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

int ExitCode(ErrorCode code) {
  constexpr int kRefusedExit = 7;
  constexpr int kUnavailableExit = 5;
  if (code == ErrorCode::kRefused) return kRefusedExit;
  return code == ErrorCode::kUnavailable || code == ErrorCode::kTimedOut ? kUnavailableExit : 1;
}

int Main(std::span<char*> arguments) {
  constexpr size_t kArgumentCount = 8;
  if (arguments.size() != kArgumentCount) return 2;
  const Work work = {arguments[2], Number(arguments[4]), Number(arguments[5]),
                     Number(arguments[6])};
  SystemClock clock;
  KafkaLogOptions options;
  options.config.bootstrap_servers = arguments[1];
  std::random_device random;
  options.owner = fmt::format("{:08x}{:08x}", random(), random());
  options.positions = PositionsMode::kIdempotent;
  std::unique_ptr<PositionStore> store;
  if (std::string_view(arguments[3]) != "idempotent") {
    auto config = ParseZooKeeperUrl(arguments[3]);
    if (!config) return 2;
    config->session_timeout = std::chrono::milliseconds(Number(arguments[7]));
    store = std::make_unique<TellingStore>(*std::move(config), clock);
    options.positions = PositionsMode::kStore;
    options.position_store = store.get();
  }
  const auto log = KafkaLog::Open(options, clock);
  const Status status = log ? Run(**log, work, clock) : Status(log.error());
  if (status) {
    Say("done");
    return 0;
  }
  fmt::print(stderr, "error: {}\n", status.error().message);
  return ExitCode(status.error().code);
}

}  // namespace
}  // namespace tillstream

int main(int argc, char** argv) { return tillstream::Main({argv, static_cast<size_t>(argc)}); }
