#include "app/supervisor_locks.h"

#include "log/partition_lock.h"
#include "log/segment_files.h"

namespace tillstream {
namespace {

/// How long generators without a supervisor may take to end: a day, made durable.
constexpr std::chrono::seconds kOrphansWait{2};
constexpr std::chrono::milliseconds kOrphansPoll{50};

}  // namespace

Result<std::unique_ptr<FileLock>> TakeSupervisorLock(Context& context, const LogOptions& log) {
  if (log.on_kafka) return std::unique_ptr<FileLock>();
  const std::string locks = JoinPath(log.directory, kLockDirectory);
  TILLSTREAM_TRY(context.files.MakeDirectory(locks));
  auto lock = context.files.Lock(JoinPath(locks, log.topic + ".supervisor.lock"), context.holder);
  if (lock || lock.error().code != ErrorCode::kRefused) return lock;
  return MakeError(ErrorCode::kRefused,
                   "log: topic {}: another supervisor runs its generators ({}); wait for its end, "
                   "or stop it",
                   log.topic, lock.error().message);
}

Status NeedAFreeStore(Context& context, const LogOptions& log,
                      const std::vector<TopicPartition>& partitions) {
  if (log.on_kafka || partitions.empty()) return Ok();
  const auto deadline = context.clock.Monotonic() + kOrphansWait;
  while (true) {
    Error refused;
    for (const TopicPartition& partition : partitions) {
      const auto lock = TakePartitionLock(context.files, log.directory, partition, context.holder);
      if (lock) return Ok();
      if (lock.error().code != ErrorCode::kRefused) return lock.error();
      if (refused.message.empty()) refused = lock.error();
    }
    if (context.clock.Monotonic() >= deadline || context.stop.stop_requested()) {
      if (partitions.size() == 1) return refused;
      refused.message += fmt::format("; all {} stores are held", partitions.size());
      return refused;
    }
    context.clock.SleepUntil(context.clock.Monotonic() + kOrphansPoll, context.stop);
  }
}

}  // namespace tillstream
