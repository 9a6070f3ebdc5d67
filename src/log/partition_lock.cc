#include "log/partition_lock.h"

#include "log/segment_files.h"

namespace tillstream {

Result<std::unique_ptr<FileLock>> TakePartitionLock(FileSystem& files,
                                                    const std::string& log_directory,
                                                    const TopicPartition& partition,
                                                    const std::string& holder) {
  const std::string directory = JoinPath(log_directory, kLockDirectory);
  TILLSTREAM_TRY(files.MakeDirectory(directory));
  Result<std::unique_ptr<FileLock>> lock =
      files.Lock(JoinPath(directory, partition.ToString() + ".lock"), holder);
  if (!lock && lock.error().code == ErrorCode::kRefused) {
    return MakeError(ErrorCode::kRefused,
                     "log: {}: another writer holds it ({}); wait for its end, or stop it",
                     partition.ToString(), lock.error().message);
  }
  return lock;
}

}  // namespace tillstream
