#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/file.h"
#include "base/result.h"
#include "log/segment_files.h"
#include "log/segment_index.h"

namespace tillstream {

/// What a walk over the last segment of a partition found.
struct RecoveredSegment {
  Offset end;                ///< One past the last record.
  int64_t size_bytes = 0;    ///< Of the .log file.
  int64_t checked_from = 0;  ///< Position of the first batch whose CRC was checked.
  IndexBuilder indexes;      ///< With all entries pending.
};

/// Walks the segment `base` of a writer's partition whose .log is `log`. Batches that end within
/// the last `recovery_bytes` are checked against their CRC, of the others the header alone. An
/// unfinished end is cut and said to `warn`; the caller syncs. kCorrupt for damage that is none.
Result<RecoveredSegment> RecoverLastSegment(FileSystem& files, const SegmentPaths& paths,
                                            Offset base, int64_t recovery_bytes,
                                            const std::function<void(const std::string&)>& warn);

/// After a failed sync of bytes that another process wrote, and may have made durable: writes
/// [begin, end) of the file over itself, so that the system takes them for unsynced again, where it
/// would otherwise forget that they never reached the disk. Best effort.
void MakeUnsyncedAgain(File& file, int64_t begin, int64_t end);

/// Writes the indexes of a segment that will not grow again anew when one is missing or has a size
/// that it cannot have; syncs what it wrote.
Status RepairSealedIndexes(FileSystem& files, const SegmentPaths& paths, Offset base);

/// The indexes of a segment from its batches; `sealed` when no batch will follow.
Result<IndexBuilder> BuildIndexes(FileSystem& files, const SegmentPaths& paths, Offset base,
                                  bool sealed);

/// Makes an index file equal to `content`, durably but for its directory entry.
Status ReplaceIndex(FileSystem& files, const std::string& path, std::string_view content);

/// Makes the content of an index file equal to `content`, writing only what differs. No sync.
Status BringIndexTo(File& file, std::string_view content);

}  // namespace tillstream
