#include "consume/folder_dead_letters.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/base64.h"
#include "consume/value_json.h"

namespace tillstream {
namespace {

constexpr size_t kWriteBytes = size_t{1} << 16;

/// How much of a file's end is looked at in one read for its last whole line.
constexpr size_t kTailBytes = 4096;

void AppendBytes(std::string_view bytes, bool is_there, std::string* out) {
  if (is_there) {
    out->append(1, '"').append(EncodeBase64(bytes)).append(1, '"');
  } else {
    *out += "null";
  }
}

std::string LineOf(const DeadLetter& letter) {
  const RecordView& record = letter.record;
  std::string line = "{\"topic\":";
  AppendJsonString(letter.partition.topic, &line);
  fmt::format_to(std::back_inserter(line), ",\"partition\":{},\"offset\":{},\"timestamp\":{},",
                 letter.partition.partition.value(), record.offset.value(),
                 record.timestamp.value());
  line += "\"error\":";
  AppendJsonString(letter.error, &line);
  line += ",\"key\":";
  AppendBytes(record.key, record.has_key, &line);
  line += ",\"value\":";
  AppendBytes(record.value, record.has_value, &line);
  line += ",\"headers\":[";
  for (size_t i = 0; i < record.headers.size(); ++i) {
    line += i > 0 ? ",[" : "[";
    AppendJsonString(record.headers[i].key, &line);
    line += ',';
    AppendBytes(record.headers[i].value, true, &line);
    line += ']';
  }
  line += "]}\n";
  return line;
}

/// Cuts what a crash left of a line at the end of the file.
Status CutUnfinishedLine(File& file) {
  TILLSTREAM_ASSIGN(const FileInfo info, file.Info());
  int64_t end = info.size_bytes;
  char bytes[kTailBytes];
  while (end > 0) {
    const int64_t from = std::max<int64_t>(0, end - static_cast<int64_t>(kTailBytes));
    TILLSTREAM_ASSIGN(const size_t size, file.ReadAt(from, bytes, static_cast<size_t>(end - from)));
    const size_t line_feed = std::string_view(bytes, size).rfind('\n');
    if (line_feed != std::string_view::npos) {
      end = from + static_cast<int64_t>(line_feed) + 1;
      break;
    }
    end = from;
  }
  return end == info.size_bytes ? Ok() : file.Truncate(end);
}

}  // namespace

Result<std::unique_ptr<FolderDeadLetters>> FolderDeadLetters::Open(FileSystem& files,
                                                                   std::string directory,
                                                                   const std::string& holder) {
  TILLSTREAM_TRY(files.MakeDirectory(directory));
  auto lock = files.Lock(JoinPath(directory, ".lock"), holder);
  if (!lock && lock.error().code == ErrorCode::kRefused) {
    return MakeError(ErrorCode::kRefused, "{}: {} keeps dead letters there; use another folder",
                     directory, lock.error().message);
  }
  if (!lock) return lock.error();
  return std::unique_ptr<FolderDeadLetters>(
      new FolderDeadLetters(files, std::move(directory), *std::move(lock)));
}

Result<FolderDeadLetters::Target*> FolderDeadLetters::TargetOf(const TopicPartition& partition) {
  Target& target = targets_[partition];
  if (target.file == nullptr) {
    TILLSTREAM_ASSIGN(
        target.file,
        files_.Open(JoinPath(directory_, partition.ToString() + ".jsonl"), OpenMode::kAppend));
    TILLSTREAM_TRY(CutUnfinishedLine(*target.file));
    has_new_files_ = true;
  }
  return &target;
}

Status FolderDeadLetters::Write(Target& target) {
  if (target.lines.empty()) return Ok();
  target.is_synced = false;
  TILLSTREAM_TRY(target.file->Append(target.lines));
  target.lines.clear();
  return Ok();
}

Status FolderDeadLetters::Put(const DeadLetter& letter) {
  TILLSTREAM_ASSIGN(Target* const target, TargetOf(letter.partition));
  target->lines += LineOf(letter);
  return target->lines.size() < kWriteBytes ? Ok() : Write(*target);
}

Status FolderDeadLetters::Sync() {
  for (auto& [unused, target] : targets_) {
    TILLSTREAM_TRY(Write(target));
    if (target.is_synced) continue;
    TILLSTREAM_TRY(target.file->Sync());
    target.is_synced = true;
  }
  if (!has_new_files_) return Ok();
  TILLSTREAM_TRY(files_.SyncDirectory(directory_));
  has_new_files_ = false;
  return Ok();
}

}  // namespace tillstream
