#include "app/partition_ends.h"

#include <algorithm>
#include <utility>

namespace tillstream {
namespace {

/// How long a call of the client may take, and each of the three tries of a request: librdkafka
/// waits for an offset without regard to the time that it was given.
constexpr std::chrono::seconds kKafkaDeadline{5};
constexpr const char* kSocketTimeout = "socket.timeout.ms=3000";

}  // namespace

AskedEnds::AskedEnds(OpenedLog log, Clock& clock)
    : log_(std::move(log)),
      clock_(clock),
      known_at_(clock.Monotonic()),
      thread_([this] { Work(); }) {}

AskedEnds::~AskedEnds() {
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void AskedEnds::Want(const std::vector<TopicPartition>& partitions) {
  const std::lock_guard lock(mutex_);
  if (partitions == wanted_) return;
  wanted_ = partitions;
  std::erase_if(ends_, [&](const auto& end) {
    return std::ranges::find(wanted_, end.first) == wanted_.end();
  });
  wake_.notify_all();
}

std::optional<PartitionEnds::End> AskedEnds::Find(const TopicPartition& partition) {
  const std::lock_guard lock(mutex_);
  const auto found = ends_.find(partition);
  return found == ends_.end() ? std::nullopt : std::optional(found->second);
}

std::chrono::nanoseconds AskedEnds::known_at() {
  const std::lock_guard lock(mutex_);
  return known_at_;
}

std::string AskedEnds::failure() {
  const std::lock_guard lock(mutex_);
  return failure_;
}

void AskedEnds::Work() {
  std::unique_lock lock(mutex_);
  while (!is_ending_) {
    const std::vector<TopicPartition> partitions = wanted_;
    lock.unlock();
    const Status all = AskForAll(partitions);
    lock.lock();
    failure_ = all ? "" : all.error().message;
    if (all) known_at_ = clock_.Monotonic();
    wake_.wait_for(lock, kAskInterval, [&] { return is_ending_ || wanted_ != partitions; });
  }
}

Status AskedEnds::AskForAll(const std::vector<TopicPartition>& partitions) {
  std::erase_if(readers_, [&](const auto& reader) {
    return std::ranges::find(partitions, reader.first) == partitions.end();
  });
  for (const TopicPartition& partition : partitions) {
    std::unique_ptr<LogReader>& reader = readers_[partition];
    if (reader == nullptr) {
      TILLSTREAM_ASSIGN(reader, log_.log->OpenReader(partition));
    }
    const auto asked_at = clock_.Monotonic();
    TILLSTREAM_ASSIGN(const Offset offset, reader->End());
    const std::lock_guard lock(mutex_);
    const auto known = ends_.find(partition);
    if (known == ends_.end() || known->second.offset != offset) {
      ends_[partition] = {offset, asked_at};
    }
  }
  return Ok();
}

Result<std::unique_ptr<PartitionEnds>> OpenEnds(Context& context, const LogOptions& options) {
  LogOptions own = options;
  own.kafka.deadline = kKafkaDeadline;
  if (own.on_kafka) own.kafka.properties.emplace_back(kSocketTimeout);
  TILLSTREAM_ASSIGN(OpenedLog log, OpenEventLog(context, own));
  return std::unique_ptr<PartitionEnds>(std::make_unique<AskedEnds>(std::move(log), context.clock));
}

}  // namespace tillstream
