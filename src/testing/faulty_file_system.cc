#include "testing/faulty_file_system.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace tillstream {
namespace {

std::string Parent(const std::string& path) {
  const size_t slash = path.find_last_of('/');
  if (slash == std::string::npos) return "";
  return path.substr(0, slash);
}

}  // namespace

struct FaultyFileSystem::Inode {
  struct Range {
    size_t begin;
    size_t end;
  };
  bool is_directory = false;
  uint64_t number = 0;
  std::string content;
  std::string durable;
  /// Bytes that a failed sync lost: in memory still, but no later sync writes them.
  std::vector<Range> lost;

  /// [begin, end) was written again, or cut off.
  void ForgetLost(size_t begin, size_t end) {
    std::vector<Range> rest;
    for (const Range& range : lost) {
      if (range.begin < begin) rest.push_back({range.begin, std::min(range.end, begin)});
      if (range.end > end) rest.push_back({std::max(range.begin, end), range.end});
    }
    lost = rest;
  }
};

struct FaultyFileSystem::State {
  using Entries = std::map<std::string, std::shared_ptr<Inode>>;

  mutable Mutex mutex;
  Entries entries TILLSTREAM_GUARDED_BY(mutex);
  Entries durable_entries TILLSTREAM_GUARDED_BY(mutex);
  std::map<std::string, std::string> locks TILLSTREAM_GUARDED_BY(mutex);
  uint64_t next_inode TILLSTREAM_GUARDED_BY(mutex) = 1;
  int64_t generation TILLSTREAM_GUARDED_BY(mutex) = 0;
  std::map<FileOperation, int64_t> counts TILLSTREAM_GUARDED_BY(mutex);
  int64_t bytes_read TILLSTREAM_GUARDED_BY(mutex) = 0;
  bool off TILLSTREAM_GUARDED_BY(mutex) = false;
  std::optional<int64_t> operations_until_off TILLSTREAM_GUARDED_BY(mutex);
  std::set<FileOperation> failing_kinds TILLSTREAM_GUARDED_BY(mutex);
  std::optional<int64_t> operations_until_failure TILLSTREAM_GUARDED_BY(mutex);
  std::string failure_reason TILLSTREAM_GUARDED_BY(mutex);
  bool failed TILLSTREAM_GUARDED_BY(mutex) = false;

  /// Every operation asks first whether it may happen.
  Status Begin(FileOperation kind, const std::string& path) TILLSTREAM_REQUIRES(mutex) {
    TILLSTREAM_TRY(NeedPower(path));
    ++counts[kind];
    if (operations_until_off && (*operations_until_off)-- == 0) off = true;
    TILLSTREAM_TRY(NeedPower(path));
    if (operations_until_failure && failing_kinds.contains(kind) &&
        (*operations_until_failure)-- == 0) {
      operations_until_failure.reset();
      failed = true;
      return MakeError(ErrorCode::kIoError, "{}: {}", path, failure_reason);
    }
    return Ok();
  }

  Status NeedPower(const std::string& path) const TILLSTREAM_REQUIRES(mutex) {
    return off ? Status(MakeError(ErrorCode::kIoError, "{}: power is off", path)) : Ok();
  }

  Status NeedDirectory(const std::string& path) const TILLSTREAM_REQUIRES(mutex) {
    if (path.empty()) return Ok();
    const auto at = entries.find(path);
    if (at == entries.end()) {
      return MakeError(ErrorCode::kNotFound, "{}: no such file or directory", path);
    }
    if (!at->second->is_directory) {
      return MakeError(ErrorCode::kIoError, "{}: not a directory", path);
    }
    return Ok();
  }

  std::shared_ptr<Inode> Make(const std::string& path, bool is_directory)
      TILLSTREAM_REQUIRES(mutex) {
    auto inode = std::make_shared<Inode>();
    inode->is_directory = is_directory;
    inode->number = next_inode++;
    entries[path] = inode;
    return inode;
  }

  Status SyncEntries(const std::string& directory) TILLSTREAM_REQUIRES(mutex) {
    TILLSTREAM_TRY(Begin(FileOperation::kSyncDirectory, directory));
    std::erase_if(durable_entries,
                  [&](const auto& entry) { return Parent(entry.first) == directory; });
    for (const auto& entry : entries) {
      if (Parent(entry.first) == directory) durable_entries.insert(entry);
    }
    return Ok();
  }

  void MakeDurable(const std::string& path, const std::string& content) TILLSTREAM_REQUIRES(mutex) {
    for (std::string folder = Parent(path); !folder.empty(); folder = Parent(folder)) {
      if (!entries.contains(folder)) Make(folder, true);
      durable_entries[folder] = entries[folder];
    }
    if (!entries.contains(path)) Make(path, false);
    Inode& inode = *entries[path];
    inode.content = content;
    inode.durable = content;
    inode.lost.clear();
    durable_entries[path] = entries[path];
  }
};

class FaultyFileSystem::MemoryFile final : public File {
 public:
  MemoryFile(std::shared_ptr<State> state, std::shared_ptr<Inode> inode, std::string path,
             OpenMode mode, int64_t generation)
      : state_(std::move(state)),
        inode_(std::move(inode)),
        path_(std::move(path)),
        mode_(mode),
        generation_(generation) {}

  Result<size_t> ReadAt(int64_t offset, char* buffer, size_t size) override {
    MutexLock lock(state_->mutex);
    TILLSTREAM_TRY(NeedOpen());
    const std::string& content = inode_->content;
    const auto begin = std::min(static_cast<size_t>(offset), content.size());
    const size_t copied = content.copy(buffer, size, begin);
    state_->bytes_read += static_cast<int64_t>(copied);
    return copied;
  }

  Status Append(std::string_view data) override {
    MutexLock lock(state_->mutex);
    TILLSTREAM_TRY(NeedOpen());
    TILLSTREAM_CHECK(mode_ == OpenMode::kAppend);
    const Status begun = state_->Begin(FileOperation::kWrite, path_);
    inode_->content += begun ? data : data.substr(0, data.size() / 2);
    return begun;
  }

  Status WriteAt(int64_t offset, std::string_view data) override {
    MutexLock lock(state_->mutex);
    TILLSTREAM_TRY(NeedOpen());
    TILLSTREAM_CHECK(mode_ == OpenMode::kAppend);
    const Status begun = state_->Begin(FileOperation::kWrite, path_);
    if (!begun) data = data.substr(0, data.size() / 2);
    const auto at = static_cast<size_t>(offset);
    if (inode_->content.size() < at + data.size()) inode_->content.resize(at + data.size());
    inode_->content.replace(at, data.size(), data);
    inode_->ForgetLost(at, at + data.size());
    return begun;
  }

  Status Truncate(int64_t size_bytes) override {
    MutexLock lock(state_->mutex);
    TILLSTREAM_TRY(NeedOpen());
    TILLSTREAM_TRY(state_->Begin(FileOperation::kTruncate, path_));
    inode_->content.resize(static_cast<size_t>(size_bytes));
    inode_->ForgetLost(inode_->content.size(), std::string::npos);
    return Ok();
  }

  Status Sync() override {
    MutexLock lock(state_->mutex);
    TILLSTREAM_TRY(NeedOpen());
    const Status begun = state_->Begin(FileOperation::kSync, path_);
    if (!begun && state_->off) return begun;
    if (!begun) {
      const auto [here, there] = std::mismatch(inode_->content.begin(), inode_->content.end(),
                                               inode_->durable.begin(), inode_->durable.end());
      const auto same = static_cast<size_t>(here - inode_->content.begin());
      inode_->lost.push_back({same, inode_->content.size()});
      return begun;
    }
    inode_->durable = inode_->content;
    for (const Inode::Range& range : inode_->lost) {
      std::fill(inode_->durable.begin() + static_cast<ptrdiff_t>(range.begin),
                inode_->durable.begin() + static_cast<ptrdiff_t>(range.end), '\0');
    }
    return Ok();
  }

  Result<FileInfo> Info() override {
    MutexLock lock(state_->mutex);
    TILLSTREAM_TRY(NeedOpen());
    return FileInfo{static_cast<int64_t>(inode_->content.size()), 0, inode_->number, false};
  }

  const std::string& path() const override { return path_; }

 private:
  Status NeedOpen() const TILLSTREAM_REQUIRES(state_->mutex) {
    if (state_->generation != generation_) {
      return MakeError(ErrorCode::kIoError, "{}: opened before the power cut", path_);
    }
    return state_->NeedPower(path_);
  }

  const std::shared_ptr<State> state_;
  const std::shared_ptr<Inode> inode_;
  const std::string path_;
  const OpenMode mode_;
  const int64_t generation_;
};

class FaultyFileSystem::MemoryLock final : public FileLock {
 public:
  MemoryLock(std::shared_ptr<State> state, std::string path, int64_t generation)
      : state_(std::move(state)), path_(std::move(path)), generation_(generation) {}
  ~MemoryLock() override {
    MutexLock lock(state_->mutex);
    if (state_->generation == generation_) state_->locks.erase(path_);
  }

 private:
  const std::shared_ptr<State> state_;
  const std::string path_;
  const int64_t generation_;
};

FaultyFileSystem::FaultyFileSystem() : state_(std::make_shared<State>()) {}
FaultyFileSystem::~FaultyFileSystem() = default;

Result<std::unique_ptr<File>> FaultyFileSystem::Open(const std::string& path, OpenMode mode) {
  State& state = *state_;
  MutexLock lock(state.mutex);
  TILLSTREAM_TRY(state.NeedPower(path));
  TILLSTREAM_TRY(state.NeedDirectory(Parent(path)));
  auto at = state.entries.find(path);
  if (at == state.entries.end()) {
    if (mode == OpenMode::kRead) {
      return MakeError(ErrorCode::kNotFound, "{}: no such file or directory", path);
    }
    TILLSTREAM_TRY(state.Begin(FileOperation::kCreate, path));
    state.Make(path, false);
    at = state.entries.find(path);
  }
  if (at->second->is_directory) {
    return MakeError(ErrorCode::kIoError, "{}: is a directory", path);
  }
  return std::make_unique<MemoryFile>(state_, at->second, path, mode, state.generation);
}

Result<FileInfo> FaultyFileSystem::Info(const std::string& path) {
  State& state = *state_;
  MutexLock lock(state.mutex);
  TILLSTREAM_TRY(state.NeedPower(path));
  const auto at = state.entries.find(path);
  if (at == state.entries.end()) {
    return MakeError(ErrorCode::kNotFound, "{}: no such file or directory", path);
  }
  const Inode& inode = *at->second;
  return FileInfo{static_cast<int64_t>(inode.content.size()), 0, inode.number, inode.is_directory};
}

Result<std::vector<std::string>> FaultyFileSystem::List(const std::string& path) {
  State& state = *state_;
  MutexLock lock(state.mutex);
  TILLSTREAM_TRY(state.NeedPower(path));
  TILLSTREAM_TRY(state.NeedDirectory(path));
  std::vector<std::string> names;
  for (const auto& [entry, inode] : state.entries) {
    if (Parent(entry) == path) names.push_back(entry.substr(entry.find_last_of('/') + 1));
  }
  std::sort(names.begin(), names.end());
  return names;
}

Status FaultyFileSystem::MakeDirectory(const std::string& path) {
  const std::string parent = Parent(path);
  {
    MutexLock lock(state_->mutex);
    TILLSTREAM_TRY(state_->NeedPower(path));
    if (path.empty() || state_->entries.contains(path)) return state_->NeedDirectory(path);
  }
  TILLSTREAM_TRY(MakeDirectory(parent));
  MutexLock lock(state_->mutex);
  TILLSTREAM_TRY(state_->Begin(FileOperation::kMakeDirectory, path));
  state_->Make(path, true);
  return state_->SyncEntries(parent);
}

Status FaultyFileSystem::Rename(const std::string& source, const std::string& target) {
  State& state = *state_;
  MutexLock lock(state.mutex);
  TILLSTREAM_TRY(state.Begin(FileOperation::kRename, source));
  const auto at = state.entries.find(source);
  if (at == state.entries.end()) {
    return MakeError(ErrorCode::kIoError, "{}: no such file or directory", source);
  }
  const std::shared_ptr<Inode> inode = at->second;
  state.entries.erase(at);
  state.entries[target] = inode;
  return Ok();
}

Status FaultyFileSystem::Remove(const std::string& path) {
  State& state = *state_;
  MutexLock lock(state.mutex);
  TILLSTREAM_TRY(state.Begin(FileOperation::kRemove, path));
  state.entries.erase(path);
  return Ok();
}

Status FaultyFileSystem::SyncDirectory(const std::string& path) {
  MutexLock lock(state_->mutex);
  TILLSTREAM_TRY(state_->NeedPower(path));
  TILLSTREAM_TRY(state_->NeedDirectory(path));
  return state_->SyncEntries(path);
}

Result<std::unique_ptr<FileLock>> FaultyFileSystem::Lock(const std::string& path,
                                                         std::string_view holder) {
  TILLSTREAM_TRY(Open(path, OpenMode::kAppend));
  State& state = *state_;
  MutexLock lock(state.mutex);
  const auto at = state.locks.find(path);
  if (at != state.locks.end()) return Error{ErrorCode::kRefused, at->second};
  state.locks[path] = holder;
  return std::make_unique<MemoryLock>(state_, path, state.generation);
}

int64_t FaultyFileSystem::operation_count() const {
  MutexLock lock(state_->mutex);
  int64_t sum = 0;
  for (const auto& [kind, count] : state_->counts) sum += count;
  return sum;
}

int64_t FaultyFileSystem::operation_count(const std::set<FileOperation>& kinds) const {
  MutexLock lock(state_->mutex);
  int64_t sum = 0;
  for (const auto& [kind, count] : state_->counts) sum += kinds.contains(kind) ? count : 0;
  return sum;
}

int64_t FaultyFileSystem::bytes_read() const {
  MutexLock lock(state_->mutex);
  return state_->bytes_read;
}

void FaultyFileSystem::FailNth(const std::set<FileOperation>& kinds, int64_t n,
                               const std::string& reason) {
  MutexLock lock(state_->mutex);
  state_->failing_kinds = kinds;
  state_->operations_until_failure = n;
  state_->failure_reason = reason;
  state_->failed = false;
}

bool FaultyFileSystem::failed() const {
  MutexLock lock(state_->mutex);
  return state_->failed;
}

void FaultyFileSystem::TurnOffBefore(int64_t n) {
  MutexLock lock(state_->mutex);
  state_->operations_until_off = n;
}

void FaultyFileSystem::PowerCut(Survival survival, uint64_t seed) {
  State& state = *state_;
  MutexLock lock(state.mutex);
  std::mt19937_64 random(seed);
  const bool some = survival == Survival::kSome || survival == Survival::kSomeZero;
  if (survival != Survival::kAll) {
    State::Entries kept = state.durable_entries;
    for (const auto& [path, inode] : state.entries) {
      const bool parent_kept = Parent(path).empty() || kept.contains(Parent(path));
      if (some && parent_kept && random() % 2 == 0) kept[path] = inode;
    }
    std::erase_if(kept, [&](const auto& entry) {
      const std::string parent = Parent(entry.first);
      return !parent.empty() && !kept.contains(parent);
    });
    for (const auto& [path, inode] : kept) {
      std::string content = inode->durable;
      const size_t durable_size = content.size();
      if (some && inode->content.size() > durable_size && inode->lost.empty()) {
        const size_t extra = random() % (inode->content.size() - durable_size + 1);
        content.append(inode->content, durable_size, extra);
        if (survival == Survival::kSomeZero) {
          // What is not there is missing by whole blocks. Fewer zeros than eight cannot be told
          // from the end of a record: that much luck is left out.
          content.resize(std::max(content.size() / 512 * 512, durable_size));
          if (inode->content.size() - content.size() >= 8) {
            content.resize(inode->content.size(), '\0');
          }
        }
      }
      inode->content = content;
      inode->durable = content;
      inode->lost.clear();
    }
    state.entries = kept;
  }
  if (survival != Survival::kAll) state.durable_entries = state.entries;
  state.locks.clear();
  state.off = false;
  state.operations_until_off.reset();
  state.operations_until_failure.reset();
  ++state.generation;
}

std::map<std::string, std::string> FaultyFileSystem::Contents() const {
  MutexLock lock(state_->mutex);
  std::map<std::string, std::string> contents;
  for (const auto& [path, inode] : state_->entries) {
    const bool is_lock = path.find("/.locks/") != std::string::npos;
    if (!inode->is_directory && !is_lock) contents[path] = inode->content;
  }
  return contents;
}

void FaultyFileSystem::SetContents(const std::map<std::string, std::string>& contents) {
  MutexLock lock(state_->mutex);
  state_->entries.clear();
  state_->durable_entries.clear();
  for (const auto& [path, content] : contents) state_->MakeDurable(path, content);
}

void FaultyFileSystem::SetContent(const std::string& path, const std::string& content) {
  MutexLock lock(state_->mutex);
  state_->MakeDurable(path, content);
}

}  // namespace tillstream
