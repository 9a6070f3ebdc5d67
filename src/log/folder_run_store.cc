#include "log/folder_run_store.h"

#include <chrono>
#include <memory>
#include <utility>

namespace tillstream {
namespace {

/// How long Update() waits for another process that is updating the same document.
constexpr std::chrono::seconds kLockWait{10};
constexpr std::chrono::milliseconds kLockPoll{20};

const char* SuffixOf(RunDocument document) {
  return document == RunDocument::kIdentity ? ".run" : ".clock";
}

}  // namespace

FolderRunStore::FolderRunStore(FileSystem& files, Clock& clock, std::string directory)
    : files_(files), clock_(clock), directory_(std::move(directory)) {}

std::string FolderRunStore::NameOf(const std::string& topic, RunDocument document) const {
  return JoinPath(directory_, topic + SuffixOf(document) + ".json");
}

Result<std::optional<std::string>> FolderRunStore::Load(const std::string& topic,
                                                        RunDocument document) {
  Result<std::string> text = ReadFile(files_, NameOf(topic, document));
  if (text) return std::optional<std::string>(*std::move(text));
  if (text.error().code == ErrorCode::kNotFound) return std::optional<std::string>();
  return text.error();
}

Status FolderRunStore::Store(const std::string& topic, RunDocument document,
                             const std::string& text) {
  return WriteFileAtomically(files_, NameOf(topic, document), text);
}

Status FolderRunStore::Update(const std::string& topic, RunDocument document,
                              const std::string& holder, const Merge& merge) {
  const std::string locks = JoinPath(directory_, ".locks");
  TILLSTREAM_TRY(files_.MakeDirectory(locks));
  const std::string path = JoinPath(locks, topic + SuffixOf(document) + ".lock");
  const auto deadline = clock_.Monotonic() + kLockWait;
  Result<std::unique_ptr<FileLock>> lock = Error{};
  while (true) {
    lock = files_.Lock(path, holder);
    if (lock || lock.error().code != ErrorCode::kRefused) break;
    if (clock_.Monotonic() >= deadline) {
      return MakeError(ErrorCode::kRefused, "run: {} has been starting for {} s; try again",
                       lock.error().message, kLockWait.count());
    }
    clock_.SleepUntil(clock_.Monotonic() + kLockPoll, {});
  }
  if (!lock) return lock.error();

  TILLSTREAM_ASSIGN(const std::optional<std::string> stored, Load(topic, document));
  TILLSTREAM_ASSIGN(const std::string text, merge(stored));
  if (stored == text) return Ok();
  return Store(topic, document, text);
}

}  // namespace tillstream
