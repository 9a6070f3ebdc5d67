#include "log/recovery.h"

#include <algorithm>
#include <deque>

#include "log/segment_walker.h"

namespace tillstream {
namespace {

constexpr size_t kIndexReadBytesMax = size_t{64} << 20;

Result<SegmentWalker> OpenWalker(FileSystem& files, const SegmentPaths& paths, Offset base) {
  TILLSTREAM_ASSIGN(std::unique_ptr<File> file,
                    files.Open(paths.Path(base, kLogSuffix), OpenMode::kRead));
  return SegmentWalker(std::move(file), paths.Where(base), base, kHeaderReadBytes);
}

std::string UnfinishedText(const std::string& where, int64_t size_bytes, Offset next) {
  const std::string place =
      next > Offset(0) ? fmt::format("after offset {}", next.value() - 1) : "before offset 0";
  return fmt::format("{}: {} bytes {} are an unfinished batch; cut", where, size_bytes, place);
}

int64_t EndOf(const FoundBatch& batch) { return batch.position + batch.header.size_bytes(); }

/// Whether a batch that was walked over is whole; false when it is the unfinished end.
Result<bool> CheckWhole(SegmentWalker& walker, const FoundBatch& batch) {
  walker.MoveTo(batch.position, batch.header.base_offset);
  TILLSTREAM_ASSIGN(const BatchState state, walker.Look());
  if (state != BatchState::kComplete) return false;
  TILLSTREAM_ASSIGN(const std::string_view bytes, walker.Bytes());
  if (static_cast<int64_t>(bytes.size()) < batch.header.size_bytes()) return false;
  const Status crc = CheckBatchCrc(bytes);
  if (crc) return true;
  TILLSTREAM_ASSIGN(const bool unwritten, walker.EndsInUnwrittenBlocks());
  if (unwritten) return false;
  return CorruptAt(walker.where(), walker.position(), crc.error().message);
}

Result<bool> IndexIsPlausible(FileSystem& files, const std::string& path, size_t entry_bytes,
                              int64_t log_bytes, bool may_be_empty) {
  const Result<FileInfo> info = files.Info(path);
  if (!info && info.error().code == ErrorCode::kNotFound) return false;
  if (!info) return info.error();
  const int64_t size = info->size_bytes;
  const auto entry = static_cast<int64_t>(entry_bytes);
  // One entry for every interval, and the one that seals the time index.
  const int64_t size_max = (log_bytes / kIndexIntervalBytes + 1) * entry;
  return size % entry == 0 && size <= size_max && (size > 0 || may_be_empty);
}

}  // namespace

Result<RecoveredSegment> RecoverLastSegment(FileSystem& files, const SegmentPaths& paths,
                                            Offset base, int64_t recovery_bytes,
                                            const std::function<void(const std::string&)>& warn) {
  TILLSTREAM_ASSIGN(SegmentWalker walker, OpenWalker(files, paths, base));
  TILLSTREAM_ASSIGN(const int64_t file_size, walker.FileSize());
  RecoveredSegment found = {base, 0, 0, IndexBuilder(base)};
  // Batches that end within the last recovery_bytes of what has been walked: counted from the last
  // batch, since a file may be longer by blocks that were never written.
  std::deque<FoundBatch> unchecked;
  for (;;) {
    TILLSTREAM_ASSIGN(const BatchState state, walker.Look());
    if (state != BatchState::kComplete) break;
    unchecked.push_back({walker.position(), walker.header()});
    walker.Step();
    while (!unchecked.empty() && EndOf(unchecked.front()) <= walker.position() - recovery_bytes) {
      found.indexes.Add(unchecked.front().header, unchecked.front().position);
      unchecked.pop_front();
    }
  }
  found.end = walker.next_offset();
  found.size_bytes = walker.position();
  found.checked_from = unchecked.empty() ? walker.position() : unchecked.front().position;
  for (const FoundBatch& batch : unchecked) {
    TILLSTREAM_ASSIGN(const bool whole, CheckWhole(walker, batch));
    if (!whole) {
      found.end = batch.header.base_offset;
      found.size_bytes = batch.position;
      break;
    }
    found.indexes.Add(batch.header, batch.position);
  }
  if (found.size_bytes < file_size) {
    TILLSTREAM_ASSIGN(std::unique_ptr<File> log,
                      files.Open(paths.Path(base, kLogSuffix), OpenMode::kAppend));
    TILLSTREAM_TRY(log->Truncate(found.size_bytes));
    if (warn) warn(UnfinishedText(walker.where(), file_size - found.size_bytes, found.end));
  }
  return found;
}

void MakeUnsyncedAgain(File& file, int64_t begin, int64_t end) {
  constexpr int64_t kChunk = 1 << 20;
  ByteBuffer bytes;
  for (int64_t at = begin; at < end; at += kChunk) {
    bytes.Clear();
    const auto size = static_cast<size_t>(std::min(kChunk, end - at));
    const Result<size_t> got = file.ReadAt(at, bytes.Reserve(size), size);
    if (!got || *got < size) return;
    bytes.Commit(size);
    if (!file.WriteAt(at, bytes.view())) return;
  }
}

Result<IndexBuilder> BuildIndexes(FileSystem& files, const SegmentPaths& paths, Offset base,
                                  bool sealed) {
  TILLSTREAM_ASSIGN(SegmentWalker walker, OpenWalker(files, paths, base));
  IndexBuilder indexes(base);
  for (;;) {
    TILLSTREAM_ASSIGN(const BatchState state, walker.Look());
    if (state != BatchState::kComplete) break;
    indexes.Add(walker.header(), walker.position());
    walker.Step();
  }
  if (sealed) indexes.Seal();
  return indexes;
}

Status RepairSealedIndexes(FileSystem& files, const SegmentPaths& paths, Offset base) {
  TILLSTREAM_ASSIGN(const FileInfo log, files.Info(paths.Path(base, kLogSuffix)));
  const std::string offset_path = paths.Path(base, kOffsetIndexSuffix);
  const std::string time_path = paths.Path(base, kTimeIndexSuffix);
  TILLSTREAM_ASSIGN(const bool offset_ok,
                    IndexIsPlausible(files, offset_path, kOffsetEntryBytes, log.size_bytes, true));
  TILLSTREAM_ASSIGN(const bool time_ok,
                    IndexIsPlausible(files, time_path, kTimeEntryBytes, log.size_bytes, false));
  if (offset_ok && time_ok) return Ok();
  TILLSTREAM_ASSIGN(const IndexBuilder indexes, BuildIndexes(files, paths, base, true));
  TILLSTREAM_TRY(ReplaceIndex(files, offset_path, indexes.offset_index()));
  TILLSTREAM_TRY(ReplaceIndex(files, time_path, indexes.time_index()));
  return files.SyncDirectory(paths.directory());
}

Status ReplaceIndex(FileSystem& files, const std::string& path, std::string_view content) {
  TILLSTREAM_ASSIGN(std::unique_ptr<File> file, files.Open(path, OpenMode::kAppend));
  TILLSTREAM_TRY(BringIndexTo(*file, content));
  const Status synced = file->Sync();
  // What a failed sync lost must not be found again.
  if (!synced) (void)files.Remove(path);
  return synced;
}

Status BringIndexTo(File& file, std::string_view content) {
  TILLSTREAM_ASSIGN(const FileInfo info, file.Info());
  const size_t size = std::min<size_t>(static_cast<size_t>(info.size_bytes), kIndexReadBytesMax);
  std::string found(size, '\0');
  TILLSTREAM_ASSIGN(const size_t got, file.ReadAt(0, found.data(), found.size()));
  found.resize(got);
  const auto [here, there] =
      std::mismatch(found.begin(), found.end(), content.begin(), content.end());
  const auto same = static_cast<size_t>(here - found.begin());
  if (static_cast<int64_t>(same) < info.size_bytes) {
    TILLSTREAM_TRY(file.Truncate(static_cast<int64_t>(same)));
  }
  content.remove_prefix(same);
  return content.empty() ? Ok() : file.Append(content);
}

}  // namespace tillstream
