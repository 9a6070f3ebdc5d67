#pragma once

#include <memory>
#include <string>

#include "base/file.h"
#include "base/result.h"
#include "log/event_log.h"

namespace tillstream {

/// Takes the lock that makes a process the only writer of a partition, for as long as the result
/// lives. kRefused when another has it, with what that wrote of itself as `holder`.
Result<std::unique_ptr<FileLock>> TakePartitionLock(FileSystem& files,
                                                    const std::string& log_directory,
                                                    const TopicPartition& partition,
                                                    const std::string& holder);

}  // namespace tillstream
